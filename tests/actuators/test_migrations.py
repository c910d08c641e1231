"""Parts of migrations as steps of a rollout, on imagined databases."""

import pytest
from tests.actuators.conformance import tokens, walk

from tidegate.actuators.memory.engine import MemoryEngine
from tidegate.actuators.postgres.actuator import MigrationActuator
from tidegate.core.errors import EffectFailed, Problem, Refused, Unavailable
from tidegate.core.ids import DatabaseName, MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Part
from tidegate.core.migrations.report import Mismatch
from tidegate.core.plan.steps import Migrate, Milestone

SHOP = DatabaseName("shop")
MIGRATION = Migration(name=MigrationName("m"), operations=())


def part(name: Part, database: str = SHOP) -> Migrate:
    return Migrate(database=DatabaseName(database), migration=MIGRATION, part=name)


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine()


@pytest.fixture
def actuator(engine: MemoryEngine) -> MigrationActuator:
    return MigrationActuator({SHOP: engine})


async def test_it_is_an_actuator(engine: MemoryEngine, actuator: MigrationActuator) -> None:
    await walk(actuator, part(Part.EXPAND), tokens("r", "migration/m/expand"), lambda: tuple(engine.log))


async def test_parts_go_forth_and_back_phase_by_phase(
    engine: MemoryEngine, actuator: MigrationActuator
) -> None:
    fresh = tokens("r", "m")
    for each in (Part.EXPAND, Part.BACKFILL, Part.SWITCH):
        await actuator.apply(part(each), 1.0, next(fresh))
        assert await actuator.verify(part(each), 1.0) is None
    await actuator.revert(part(Part.SWITCH), next(fresh))
    assert await actuator.verify(part(Part.SWITCH), 0.0) is None
    assert await actuator.verify(part(Part.BACKFILL), 0.0) == "m: verify is through"
    await actuator.revert(part(Part.BACKFILL), next(fresh))
    assert engine.log == [
        *(f"m forth {phase}" for phase in ("expand", "dual-write", "backfill", "verify", "switch")),
        *(f"m back {phase}" for phase in ("switch", "verify", "backfill")),
    ]


@pytest.mark.parametrize("late", [Part.BACKFILL, Part.SWITCH, Part.CONTRACT])
async def test_a_part_takes_none_before_it_along(
    engine: MemoryEngine, actuator: MigrationActuator, late: Part
) -> None:
    with pytest.raises(EffectFailed, match=f"{late} of m comes after .*, which is not through"):
        await actuator.apply(part(late), 1.0, next(tokens("r", "m")))
    assert engine.log == []


async def test_what_was_contracted_stays_so(engine: MemoryEngine, actuator: MigrationActuator) -> None:
    fresh = tokens("r", "m")
    for each in Part:
        if each is Part.CONTRACT:
            said = await actuator.revert(part(each), next(fresh))
            assert said.summary == "contract of m had not begun"
        await actuator.apply(part(each), 1.0, next(fresh))
    with pytest.raises(EffectFailed, match="m has begun to contract: the old shape is gone for good"):
        await actuator.revert(part(Part.CONTRACT), next(fresh))
    with pytest.raises(EffectFailed, match="there is no way back"):
        await actuator.revert(part(Part.SWITCH), next(fresh))
    assert engine.log[-1] == "m forth contract"


async def test_a_mismatch_fails_the_effect(engine: MemoryEngine, actuator: MigrationActuator) -> None:
    fresh = tokens("r", "m")
    await actuator.apply(part(Part.EXPAND), 1.0, next(fresh))
    engine.mismatches = (Mismatch(check="row", table="t", said="1 row differs", rows=1),)
    with pytest.raises(EffectFailed, match="1 row differs"):
        await actuator.apply(part(Part.BACKFILL), 1.0, next(fresh))
    said = await actuator.verify(part(Part.BACKFILL), 1.0)
    assert said == "m: stopped, backfill is through: the two shapes do not match"


async def test_problems_are_found_before_anything_is_changed(
    engine: MemoryEngine, actuator: MigrationActuator
) -> None:
    (unknown,) = await actuator.validate(part(Part.EXPAND, "shpo"))
    assert str(unknown) == (
        "there is no database 'shpo' (did you mean 'shop'?; `tidegate up --databases FILE` adds one)"
    )
    (none,) = await MigrationActuator({}).validate(part(Part.EXPAND))
    assert none.hint == "known: none; `tidegate up --databases FILE` adds one"
    with pytest.raises(EffectFailed, match="there is no database 'shpo'"):
        await actuator.apply(part(Part.EXPAND, "shpo"), 1.0, next(tokens("r", "m")))
    engine.failure = Refused([Problem(message="table t has no key")])
    assert await actuator.validate(part(Part.EXPAND)) == (Problem(message="table t has no key"),)
    engine.failure = Unavailable("it does not answer")
    assert await actuator.validate(part(Part.EXPAND)) == (Problem(message="it does not answer"),)


async def test_what_its_author_must_mend_fails_the_effect_in_words(
    engine: MemoryEngine, actuator: MigrationActuator
) -> None:
    engine.refusal = Refused([Problem(message="table t changed since it was planned", hint="plan again")])
    with pytest.raises(EffectFailed, match=r"table t changed since it was planned \(plan again\)"):
        await actuator.apply(part(Part.EXPAND), 1.0, next(tokens("r", "m")))


async def test_nothing_but_migrations() -> None:
    with pytest.raises(EffectFailed, match="a database cannot carry out a step of kind 'milestone'"):
        await MigrationActuator({}).validate(Milestone(name="done"))
