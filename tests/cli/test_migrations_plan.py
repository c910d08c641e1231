"""The plan of a migration on a database, as it is printed."""

import json

from tidegate.cli.migrations_plan_text import planned
from tidegate.cli.migrations_plan_values import values
from tidegate.core.errors import Location, Problem
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.statements import Effort, Lock, MakeViews, Statement
from tidegate.core.migrations.unfolding import Pair, PhasePlan, Reshape, Return, Unfolding

TABLE = ("bookings",)
ADD = Statement(
    sql="ALTER TABLE bookings\n  ADD COLUMN _tidegate_new_amount numeric",
    summary="add column _tidegate_new_amount to bookings",
    lock=Lock.ACCESS_EXCLUSIVE,
    tables=TABLE,
)
DROP = Statement(
    sql="ALTER TABLE bookings DROP COLUMN _tidegate_new_amount",
    summary="drop column _tidegate_new_amount of bookings",
    lock=Lock.ACCESS_EXCLUSIVE,
    tables=TABLE,
)
VALIDATE = Statement(
    sql="ALTER TABLE bookings VALIDATE CONSTRAINT c",
    summary="check every row of bookings against constraint c",
    lock=Lock.SHARE_UPDATE_EXCLUSIVE,
    effort=Effort.SCAN,
    tables=TABLE,
)
UNFOLDING = Unfolding(
    name=MigrationName("amounts"),
    schema="public",
    old_schema="public",
    new_schema="public_amounts",
    phases=(
        PhasePlan(phase=Phase.EXPAND, forth=(ADD,), back=(DROP,)),
        PhasePlan(phase=Phase.DUAL_WRITE, forth=(MakeViews(),)),
        PhasePlan(phase=Phase.BACKFILL),
        PhasePlan(phase=Phase.VERIFY, forth=(VALIDATE,)),
        PhasePlan(phase=Phase.CONTRACT),
    ),
    reshapes=(
        Reshape(
            table="bookings",
            new_table="bookings",
            key=("id",),
            old=(("id", "id"), ("amount", "amount")),
            new=(("id", "id"), ("_tidegate_new_amount", "amount")),
            added=(Pair(column="_tidegate_new_amount", type="numeric", up="amount::numeric"),),
            dropped=(Return(column="amount", type="text", down="amount::text"),),
            rows=2_000_000,
        ),
    ),
    lost=("column amount (text) of bookings",),
    warnings=(
        Problem(message="view totals reads it", location=Location(file="m.yaml", line=6), hint="move it"),
    ),
)
MIGRATION = Migration(name=MigrationName("amounts"), operations=())

TEXT = """\
Migration amounts of schema public
  new versions of applications set search_path to public_amounts
  old ones keep public
  bookings: about 2.0 million rows

expand: what is new is put beside what is old, unseen by anybody
  add column _tidegate_new_amount to bookings
      ACCESS EXCLUSIVE on bookings: readers and writers wait 2.2 s at worst
  way back:
    drop column _tidegate_new_amount of bookings

dual-write: a write in either shape appears in both; the new shape can be read
  and written
  make the version schema: a view for every table
  way back: there is nothing to undo

backfill: rows from before get their new shape
  update bookings by its key id, about 2.0 million rows
      in batches of at most 5,000 rows, about 0.1 s each, 50% of the time;
        writers of the same rows wait for one batch
  way back: there is nothing to undo

verify: constraints are validated, and the two shapes compared
  check every row of bookings against constraint c
      SHARE UPDATE EXCLUSIVE on bookings: nobody waits
      takes longer the more rows there are: each is read
  way back: there is nothing to undo

contract: the old shape goes, for good
  no way back: what it gives up is gone

Given up for good at contract:
  column amount (text) of bookings

Warnings:
  m.yaml:6: view totals reads it (move it)"""


def test_each_phase_says_what_it_does_and_who_waits() -> None:
    lines = list(planned(UNFOLDING, MIGRATION, sql=False))
    assert "\n".join(lines) == TEXT
    assert max(len(part) for line in lines for part in line.splitlines()) <= 80


def test_statements_are_shown_as_they_are() -> None:
    lines = list(planned(UNFOLDING, MIGRATION, sql=True))
    assert [line for line in lines if "| " in line][:3] == [
        "      | ALTER TABLE bookings",
        "      |   ADD COLUMN _tidegate_new_amount numeric",
        "      | ALTER TABLE bookings DROP COLUMN _tidegate_new_amount",
    ]


def test_a_program_gets_all_of_it() -> None:
    found = json.loads(json.dumps(values(UNFOLDING, MIGRATION)))
    assert found["strongestLock"] == "ACCESS EXCLUSIVE"
    assert found["phases"][0]["forth"] == [
        {
            "summary": ADD.summary,
            "sql": ADD.sql,
            "lock": "ACCESS EXCLUSIVE",
            "tables": ["bookings"],
            "waits": "readers and writers",
            "atWorstSeconds": 2.2,
            "effort": "catalog",
        }
    ]
    assert found["phases"][1]["forth"] == [{"summary": "make the version schema: a view for every table"}]
    assert (found["rows"], found["lost"]) == ({"bookings": 2_000_000}, ["column amount (text) of bookings"])
    assert found["warnings"] == [
        {"file": "m.yaml", "line": 6, "message": "view totals reads it", "hint": "move it"}
    ]
