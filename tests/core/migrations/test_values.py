"""What the words of migrations say of themselves."""

import pytest

from tidegate.core.ids import DatabaseName, MigrationName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.phases import PARTS, PHASES, Part, Phase, before
from tidegate.core.migrations.report import Mismatch, Report
from tidegate.core.migrations.schema import Column, Constraint, Table
from tidegate.core.migrations.state import Backfilled
from tidegate.core.migrations.statements import Lock, MakeViews, Statement
from tidegate.core.migrations.unfolding import PhasePlan, Unfolding


def test_parts_go_through_every_phase_once_and_in_order() -> None:
    assert tuple(phase for part in Part for phase in PARTS[part]) == PHASES


def test_a_phase_comes_after_the_one_before() -> None:
    assert [before(phase) for phase in PHASES] == [None, *PHASES[:-1]]


def test_a_database_has_no_password_unless_one_is_named() -> None:
    assert Database(name=DatabaseName("shop"), url="postgresql://db/shop").password is None


@pytest.mark.parametrize(
    ("mismatches", "matches"),
    [((), True), ((Mismatch(check="row", table="t", said="differs", rows=1),), False)],
)
def test_a_report_matches_without_mismatches(mismatches: tuple[Mismatch, ...], matches: bool) -> None:
    assert Report(at=0.0, seconds=1.0, rows=10, sampled=1, mismatches=mismatches).matches is matches


@pytest.mark.parametrize(("done", "rate", "left"), [(40, 20.0, 3.0), (40, 0.0, None), (120, 20.0, 0.0)])
def test_time_left_at_the_present_rate(done: int, rate: float, left: float | None) -> None:
    assert Backfilled(table="t", done=done, rows=100, rate=rate).seconds_left == left


def _constraint(type_: str, *columns: str) -> Constraint:
    return Constraint(name=f"{type_}_{columns}", type=type_, columns=columns, definition="")  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("constraints", "key"),
    [
        ([], ()),
        ([_constraint("check", "id")], ()),
        ([_constraint("unique", "name")], ()),
        ([_constraint("unique", "name", "id")], ()),
        ([_constraint("unique", "name"), _constraint("unique", "id")], ("id",)),
        ([_constraint("unique", "id"), _constraint("primary_key", "id", "at")], ("id", "at")),
    ],
)
def test_a_key_is_never_null(constraints: list[Constraint], key: tuple[str, ...]) -> None:
    columns = (
        Column(name="id", type="bigint", not_null=True),
        Column(name="at", type="date", not_null=True),
        Column(name="name", type="text"),
    )
    assert Table(name="t", columns=columns, constraints=tuple(constraints)).key == key


def _unfolding(*locks: Lock) -> Unfolding:
    statements = tuple(Statement(sql="", summary="", lock=lock) for lock in locks)
    return Unfolding(
        name=MigrationName("m"),
        schema="public",
        old_schema="public",
        new_schema="public_m",
        phases=(
            PhasePlan(phase=Phase.EXPAND, forth=statements),
            PhasePlan(phase=Phase.DUAL_WRITE, forth=(MakeViews(),)),
        ),
    )


@pytest.mark.parametrize(
    ("locks", "strongest"),
    [((), Lock.NONE), ((Lock.SHARE, Lock.ACCESS_EXCLUSIVE, Lock.ROW_SHARE), Lock.ACCESS_EXCLUSIVE)],
)
def test_the_strongest_lock(locks: tuple[Lock, ...], strongest: Lock) -> None:
    assert _unfolding(*locks).strongest is strongest


def test_phases_by_name() -> None:
    assert list(_unfolding().by_phase) == [Phase.EXPAND, Phase.DUAL_WRITE]


@pytest.mark.parametrize(
    ("lock", "reads", "writes"),
    [
        (Lock.NONE, False, False),
        (Lock.SHARE_UPDATE_EXCLUSIVE, False, False),
        (Lock.SHARE, False, True),
        (Lock.EXCLUSIVE, False, True),
        (Lock.ACCESS_EXCLUSIVE, True, True),
    ],
)
def test_who_waits_for_a_lock(lock: Lock, reads: bool, writes: bool) -> None:
    assert (lock.stops_reads, lock.stops_writes) == (reads, writes)
