"""Comparisons that go on, as evidence: no answer is never a pass, and what was found is not forgotten by chance."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from tests.core.migrations.shapes import MIGRATION

from tidegate.actuators.postgres.checking import Checks
from tidegate.core.errors import EffectFailed, Problem, Refused, TidegateError, Unavailable
from tidegate.core.gates.evidence import Finding
from tidegate.core.ids import DatabaseName, MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.report import Mismatch, Report
from tidegate.core.migrations.state import Course, MigrationState
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.ports import Token

SHOP, SPLIT = DatabaseName("shop"), MigrationName("split")
GOOD = Report(at=0.0, seconds=0.1, rows=50, sampled=5)
BAD = replace(
    GOOD, mismatches=(Mismatch(check="row", table="users", said="differs", rows=1, keys=("id=7",)),)
)
STATE = MigrationState(name=SPLIT, schema="public", digest="", phase=Phase.DUAL_WRITE, course=Course.STILL)


@dataclass
class World:
    """An engine that says what it is told to, and a clock."""

    now: float = 0.0
    state_: MigrationState | None = STATE
    known: Migration | None = MIGRATION
    report: Report = GOOD
    error: TidegateError | None = None
    asked: list[bool] = field(default_factory=list)

    async def compared(self, migration: Migration, *, whole: bool = True) -> Report:
        assert migration == self.known
        self.asked.append(whole)
        if self.error:
            raise self.error
        return self.report

    async def state(self, name: MigrationName) -> MigrationState | None:
        assert name == SPLIT
        return self.state_

    async def remembered(self, name: MigrationName) -> Migration | None:
        assert name == SPLIT
        return self.known

    async def states(self) -> tuple[MigrationState, ...]:
        raise NotImplementedError

    async def planned(self, migration: Migration) -> Unfolding:
        raise NotImplementedError

    async def forth(self, migration: Migration, to: Phase, token: Token) -> str:
        raise NotImplementedError

    async def back(self, migration: Migration, to: Phase | None, token: Token) -> str:
        raise NotImplementedError


def look(checks: Checks, database: DatabaseName = SHOP) -> Finding:
    (found,) = asyncio.run(checks.check(database, SPLIT))
    return found


def checking(world: World) -> Checks:
    return Checks({SHOP: world}, clock=lambda: world.now)


def test_the_newest_comparison_counts_until_it_is_due_again() -> None:
    world = World()
    checks = checking(world)
    for world.now in (0.0, 59.0, 60.0, 61.0):
        assert look(checks) == Finding(
            name="data of split", reason="split: both shapes say the same of 50 rows"
        )
    assert world.asked == [False, False]


def test_after_a_mismatch_every_row_is_looked_at_before_all_is_well_again() -> None:
    world = World(report=BAD)
    checks = checking(world)
    assert look(checks).reason == "users: differs (1 row), such as id=7"
    world.now, world.report = 60.0, GOOD
    assert not look(checks).broken
    world.now = 120.0
    look(checks)
    assert world.asked == [False, True, False]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state_": None}, "no data: data of split: there are no two shapes yet (dual-write comes first)"),
        (
            {"state_": replace(STATE, phase=Phase.EXPAND)},
            "no data: data of split: there are no two shapes yet (dual-write comes first)",
        ),
        ({"known": None}, "source down: data of split: the database does not remember it"),
        ({"error": Unavailable("shop is away")}, "source down: data of split: shop is away"),
        ({"error": Refused([Problem(message="gone back")])}, "no data: data of split: gone back"),
        ({"error": EffectFailed("disk full")}, "source down: data of split: disk full"),
    ],
)
def test_what_is_not_known_is_missing_whatever_was_known_before(change: dict[str, object], why: str) -> None:
    world = World()
    checks = checking(world)
    assert look(checks).missing is None
    vars(world).update(change, now=100.0)
    found = look(checks)
    assert (found.broken, str(found.missing)) == (False, why)


def test_a_database_that_nobody_named_is_missing() -> None:
    found = look(checking(World()), DatabaseName("other"))
    assert str(found.missing) == "no data: data of split: no database other is known here"


def test_a_contracted_migration_has_nothing_to_compare() -> None:
    found = look(checking(World(state_=replace(STATE, phase=Phase.CONTRACT))))
    assert found == Finding(name="data of split", reason="split: contracted, only the new shape is left")


def test_looks_at_the_same_time_share_one_comparison() -> None:
    world = World()
    checks = checking(world)

    async def both() -> None:
        await asyncio.gather(checks.check(SHOP, SPLIT), checks.check(SHOP, SPLIT))

    asyncio.run(both())
    assert world.asked == [False]
