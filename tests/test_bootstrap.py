"""What is wired for an environment: sources of evidence, and who holds answers against contracts."""

from contextlib import closing
from pathlib import Path

import pytest

from tidegate.bootstrap import Environment, assemble
from tidegate.core.contracts.records import Records
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
