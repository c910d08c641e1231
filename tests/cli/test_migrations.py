"""`tidegate migrations` on an imagined database: whole outputs, exit codes, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tidegate.actuators.memory.engine import MemoryEngine
from tidegate.cli.migrations import migrations
from tidegate.core.errors import Refused, Unavailable
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.report import Mismatch
from tidegate.core.migrations.state import Backfilled, Course, MigrationState

FILE = """\
apiVersion: tidegate.dev/v1alpha1
kind: Migration
metadata: {name: amounts}
spec:
  operations:
    - alterColumn: {table: bookings, column: amount, type: numeric, up: "amount::numeric", down: "amount::text"}
    - sql: {up: "ANALYZE bookings", irreversible: there is nothing to undo}
"""
DATABASE = ("--database", "postgresql://ann@db.example.com/shop")
STATE = MigrationState(
    name=MigrationName("amounts"),
    schema="public",
    digest="",
    phase=Phase.DUAL_WRITE,
    course=Course.FORTH,
    backfills=(Backfilled(table="bookings", done=860_000, rows=2_000_000, rate=12_300.0),),
    waiting="replica eu lags by 14 s",
)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryEngine:
    monkeypatch.chdir(tmp_path)
    Path("amounts.yaml").write_text(FILE, encoding="utf-8")
    return MemoryEngine()


def run(engine: MemoryEngine, *arguments: str) -> Result:
    return CliRunner().invoke(migrations, arguments, obj=lambda _: engine)


def test_a_migration_goes_forth_and_back_by_hand(engine: MemoryEngine) -> None:
    forth = run(engine, "run", "amounts.yaml", *DATABASE)
    assert (forth.exit_code, forth.stdout) == (0, "amounts: switch is through\n")
    assert engine.log[-1] == "amounts forth switch"
    back = run(engine, "rollback", "amounts", *DATABASE, "--to", "expand")
    assert (back.exit_code, back.stdout) == (0, "amounts: back before dual-write\n")
    assert engine.log[-1] == "amounts back dual-write"
    again = run(engine, "rollback", "amounts.yaml", *DATABASE)
    assert (again.exit_code, again.stdout) == (0, "amounts: back before expand\n")


def test_contract_by_hand_wants_a_yes(engine: MemoryEngine) -> None:
    refused = run(engine, "run", "amounts.yaml", *DATABASE, "--to", "contract")
    assert isinstance(refused.exception, Refused)
    assert str(refused.exception) == (
        "amounts.yaml:1: contract of amounts cannot be undone and gives up: the old shape "
        "(if nothing needs that any more, say --yes)"
    )
    assert engine.log == []
    assert run(engine, "run", "amounts.yaml", *DATABASE, "--to", "contract", "--yes").exit_code == 0
    assert engine.log[-1] == "amounts forth contract"
    late = run(engine, "rollback", "amounts", *DATABASE)
    assert isinstance(late.exception, Refused)


def test_a_mismatch_stops_it_and_is_shown(engine: MemoryEngine) -> None:
    engine.mismatches = (
        Mismatch(check="row", table="bookings", said="they differ", rows=3, keys=("17", "text#5f2a")),
    )
    stopped = run(engine, "run", "amounts.yaml", *DATABASE)
    assert (stopped.exit_code, stopped.stderr) == (1, "tidegate: amounts: they differ\n")
    status = run(engine, "status", *DATABASE)
    assert (status.exit_code, status.stdout) == (
        1,
        (
            "amounts (shop, schema public)\n"
            "  stopped, backfill is through: the two shapes do not match\n"
            "  next: mend what it says, then go on with `tidegate migrations run`,\n"
            "  or go back with `tidegate migrations rollback amounts`\n"
        ),
    )
    found = run(engine, "verify", "amounts", *DATABASE)
    assert (found.exit_code, found.stdout) == (
        1,
        (
            "amounts: 1 mismatch between the shapes (0 rows compared, 0 of them one by one,\n"
            "  in 0 s)\n"
            "  bookings: they differ (3 rows), such as 17; text#5f2a\n"
        ),
    )
    as_json = json.loads(run(engine, "verify", "amounts.yaml", *DATABASE, "-o", "json").stdout)
    assert (as_json["matches"], as_json["mismatches"][0]["keys"]) == (False, ["17", "text#5f2a"])


def test_shapes_that_agree(engine: MemoryEngine) -> None:
    found = run(engine, "verify", "amounts.yaml", *DATABASE)
    assert (found.exit_code, found.stdout.splitlines()[0]) == (
        0,
        "amounts: both shapes agree (0 rows compared, 0 of them one by one, in 0 s)",
    )


def test_status_shows_progress_and_what_it_waits_for(engine: MemoryEngine) -> None:
    engine.put(STATE)
    status = run(engine, "status", *DATABASE)
    assert (status.exit_code, status.stdout) == (
        0,
        (
            "amounts (shop, schema public)\n"
            "  ██████████░░░░░░░░░░░░░░  backfill 43 %: 0.9 of 2.0 million rows, 12,300\n"
            "    rows/s, 2 min left; waits: replica eu lags by 14 s\n"
        ),
    )
    ((shown,),) = [
        each["migrations"] for each in json.loads(run(engine, "status", *DATABASE, "-o", "json").stdout)
    ]
    assert (shown["phase"], shown["course"], shown["progress"][:13]) == (
        "dual-write",
        "forth",
        "backfill 43 %",
    )


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (None, "next: nothing; the database is as it was before"),
        (Phase.VERIFY, "next: switch; the way back is open"),
        (Phase.CONTRACT, "next: nothing; the old shape is gone, and its restore point is in /r"),
    ],
)
def test_status_says_what_comes_next(engine: MemoryEngine, phase: Phase | None, said: str) -> None:
    engine.put(replace(STATE, phase=phase, course=Course.STILL, waiting="", restore_point="/r"))
    assert run(engine, "status", *DATABASE).stdout.splitlines()[-1].strip() == said


def test_status_of_an_empty_database(engine: MemoryEngine) -> None:
    assert run(engine, "status", *DATABASE, "--watch").stdout == "shop: no migration was ever begun here\n"


def test_a_plan_without_a_database_says_what_it_cannot_say(engine: MemoryEngine) -> None:
    shown = run(engine, "plan", "amounts.yaml")
    assert (shown.exit_code, shown.stdout) == (
        0,
        (
            "Migration amounts of schema public\n"
            "  alter column amount of bookings (amounts.yaml:6)\n"
            "  run your own SQL, without a way back: there is nothing to undo\n"
            "    (amounts.yaml:7)\n"
            "\n"
            "Its phases:\n"
            "  expand: what is new is put beside what is old, unseen by anybody\n"
            "  dual-write: a write in either shape appears in both; the new shape can be read\n"
            "    and written\n"
            "  backfill: rows from before get their new shape\n"
            "  verify: constraints are validated, and the two shapes compared\n"
            "  switch: the new shape is the one that is believed; the old one follows it\n"
            "  contract: the old shape goes, for good\n"
            "\n"
            "Statements, locks and the way back depend on the database: name it with\n"
            "  --database.\n"
        ),
    )


def test_what_is_not_known_is_refused_with_what_is(engine: MemoryEngine) -> None:
    engine.put(STATE)
    found = run(engine, "verify", "amount", *DATABASE)
    assert str(found.exception) == (
        "'amount' is no file, and no migration of this database (did you mean 'amounts'?)"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://db/shop?password=hunter2", "that is no URL that libpq reads"),
        ("postgresql://ann:hunter2@db/shop", "the URL holds a password"),
        ("postgresql://db/shop?password=hunter2", "the URL holds a password"),
        ("postgresql://ann:hunter2@part@db/shop", "the URL holds a password"),
        ("postgresql://[db/hunter2", "that is no URL that libpq reads"),
    ],
)
def test_a_bad_url_is_refused_and_not_repeated(engine: MemoryEngine, url: str, said: str) -> None:
    found = run(engine, "status", "--database", url)
    assert isinstance(found.exception, Refused)
    assert (said in str(found.exception), "hunter2" in str(found.exception) + found.output) == (True, False)


def test_a_database_that_does_not_answer(engine: MemoryEngine) -> None:
    engine.failure = Unavailable("database shop does not answer")
    assert isinstance(run(engine, "status", *DATABASE).exception, Unavailable)
