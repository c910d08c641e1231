"""What is wired for an environment: sources of evidence, and who holds answers against contracts."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tidegate.bootstrap import Environment, assemble
from tidegate.core.contracts.records import Records
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import DatabaseName, FlagKey, MigrationName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.steps import Action, ExposeFlag, Migrate, RemoveFlag
from tidegate.flags.desk import FlagDesk
from tidegate.observers.contracts.observer import ContractObserver
from tidegate.observers.memory import MemoryContracts
from tidegate.store.database import Store


@pytest.mark.parametrize(
    ("records", "observers", "kind"),
    [
        (None, ["envoy", "traces"], MemoryContracts),
        (Records(), ["envoy", "traces", "contracts"], ContractObserver),
    ],
)
async def test_answers_are_looked_at_where_there_is_a_contracts_folder(
    tmp_path: Path, records: Records | None, observers: list[str], kind: type
) -> None:
    environment = Environment(mesh_dir=tmp_path / "mesh", state_dir=tmp_path, records=records)
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as store:
        parts = assemble(environment, store)
        await parts.aclose()
    judge = parts.activities.judge
    assert list(judge.observers) == observers
    assert isinstance(parts.contracts, kind)
    assert judge.contracts is judge.observers.get("contracts", parts.contracts) is parts.contracts


FLAG_STEPS = (
    ExposeFlag(flag=FlagKey("instant-refund"), off="off", on="on"),
    RemoveFlag(flag=FlagKey("instant-refund")),
)


@pytest.mark.parametrize("action", FLAG_STEPS)
async def test_steps_for_flags_are_refused_where_none_are_served(tmp_path: Path, action: Action) -> None:
    environment = Environment(mesh_dir=tmp_path / "mesh", state_dir=tmp_path)
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as store:
        parts = assemble(environment, store)
        (problem,) = await parts.actuators[action.kind].validate(action)
        await parts.aclose()
    assert str(problem) == "tidegate serves no flags here (give `tidegate up --flags FILE`)"


@pytest.mark.parametrize("action", FLAG_STEPS)
async def test_steps_for_flags_that_are_served_are_carried_out(tmp_path: Path, action: Action) -> None:
    flag = Flag(key=FlagKey("instant-refund"), variants={"on": True, "off": False}, default="on")
    if isinstance(action, ExposeFlag):
        flag = replace(flag, default="off")
    environment = Environment(mesh_dir=tmp_path / "mesh", state_dir=tmp_path)
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as store:
        desk = await FlagDesk.open(store.flags, FlagSet(flags={flag.key: flag}), lambda: 0.0)
        parts = assemble(environment, store, desk)
        assert await parts.actuators[action.kind].validate(action) == ()
        await parts.aclose()
        desk.close()


async def test_migrations_are_carried_out_on_the_databases_that_are_named(tmp_path: Path) -> None:
    database = Database(name=DatabaseName("shop"), url="postgresql://ann@127.0.0.1:1/shop")
    environment = Environment(mesh_dir=tmp_path / "mesh", state_dir=tmp_path, databases=(database,))
    migration = Migration(name=MigrationName("m"), operations=())
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as store:
        parts = assemble(environment, store)
        validate = parts.actuators["migration"].validate
        (away,) = await validate(Migrate(database=database.name, migration=migration, part=Part.EXPAND))
        (unknown,) = await validate(
            Migrate(database=DatabaseName("shpo"), migration=migration, part=Part.EXPAND)
        )
        (finding,) = await parts.activities.judge.checks.check(database.name, migration.name)
        await parts.aclose()
    assert away.message.startswith("database shop does not answer: ")
    assert unknown.message == "there is no database 'shpo'"
    assert finding.missing
    assert (list(parts.engines), len(parts.movers)) == (["shop"], 1)
