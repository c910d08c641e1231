"""A canary that answers without a field which its contract requires, behind a real Envoy: the gate goes back."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.actuators.conformance import settled
from tests.mesh.worlds import processes_of

from tidegate.actuators.mesh import MeshActuator
from tidegate.core.contracts.records import Records
from tidegate.core.gates.verdict import Outcome
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.steps import Action, Deploy, Expose, Step
from tidegate.core.strategy import Conformance, Gate, Stage
from tidegate.mesh import tap
from tidegate.mesh import up as meshes
from tidegate.mesh.layout import Layout
from tidegate.observers.contracts.library import Library
from tidegate.observers.contracts.observer import ContractObserver
from tidegate.observers.envoy import EnvoyObserver
from tidegate.observers.memory import MemoryBudgets, MemoryDataChecks
from tidegate.ports import Token
from tidegate.sources.mesh import digest_of
from tidegate.sources.specifications import read_specification
from tidegate.store.database import Store
from tidegate.temporal.judging import Judge, Looks
from tidegate.temporal.messages import JudgeOrder

from .worlds import NEW, OLD, PAY, document, offers, recorded, specified

pytestmark = pytest.mark.real

KIND = {"apiVersion": "tidegate.dev/v1alpha1"}
CALLS = [{"service": "pay", "path": "/v1/pay", "sends": ["amount"], "needs": ["paid"]}]
VERSIONS = {
    "web-1.0.0": {"/do": {"answers": ["page"], "calls": CALLS}},
    "pay-1.0.0": {"/v1/pay": {"requires": ["amount"], "answers": ["paid", "receipt"]}},
    "pay-2.0.0": {"/v1/pay": {"requires": ["amount"], "answers": ["paid"]}},
}
EXPOSE = Expose(service=PAY, old=OLD, new=NEW)
GATE = Gate(conformance=Conformance(sample=1.0))


def write_files(folder: Path) -> Path:
    for name, endpoints in VERSIONS.items():
        service, _, number = name.partition("-")
        spec = {"version": number, "endpoints": endpoints}
        write(folder / f"{name}.yaml", "ServiceVersion", service, spec)
    services = [{"name": name, "artifact": f"{name}-1.0.0.yaml"} for name in ("web", "pay")]
    load = {"rate": 40, "users": 500, "journeys": [{"name": "visit", "path": "/do"}]}
    spec = {"entry": "web", "tap": True, "services": services, "load": load}
    return write(folder / "mesh.yaml", "Mesh", "test", spec)


def write(path: Path, kind: str, name: str, spec: Any) -> Path:
    path.write_text(yaml.safe_dump({**KIND, "kind": kind, "metadata": {"name": name}, "spec": spec}))
    return path


def records(folder: Path) -> Records:
    file = folder / "pay-api.json"
    file.write_text(json.dumps(document("/v1/pay", "paid", "receipt")))
    both = (recorded(PAY, number, offers(pay_api="1.0.0")) for number in (OLD, NEW))
    return Records.of((specified("1.0.0", str(file)), *both))


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Layout]:
    layout = Layout.of(tmp_path / "mesh")
    try:
        meshes.up(layout.root, write_files(tmp_path), load=True)
        yield layout
    finally:
        meshes.down(layout.root)
    assert processes_of(layout) == []


async def half_of_the_users(mesh: Layout, folder: Path) -> None:
    artifact = folder / "pay-2.0.0.yaml"
    deploy = Deploy(service=PAY, version=NEW, artifact=str(artifact), digest=digest_of(artifact))
    actuator = MeshActuator(mesh.root)
    effects: tuple[tuple[Action, float], ...] = ((deploy, 1.0), (EXPOSE, 0.5))
    for attempt, (action, exposure) in enumerate(effects, 1):
        token = Token(rollout=RolloutId("r"), step=StepId("expose/pay"), attempt=attempt)
        await actuator.apply(action, exposure, token)
        await settled(actuator, action, exposure)


async def test_a_field_that_is_dropped_is_harm_although_nobody_fails(mesh: Layout, tmp_path: Path) -> None:
    await half_of_the_users(mesh, tmp_path)
    library = Library(records(tmp_path), lambda file: read_specification(Path(file)))
    observer = ContractObserver(tap.looker(mesh.root), library)
    step = Step(
        id=StepId("expose/pay"), action=EXPOSE, stages=(Stage(exposure=0.5, bake=1, wait=40, gates=(GATE,)),)
    )
    order = JudgeOrder(rollout=RolloutId("r"), step=step, stage=0, attempt=1, began_at=time.time())
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as store:
        judge = Judge(
            checks=MemoryDataChecks(),
            observers={"envoy": EnvoyObserver(mesh.root), "contracts": observer},
            budgets=MemoryBudgets(),
            contracts=observer,
            store=store,
            looks=Looks(),
            clock=time.time,
        )
        async with asyncio.timeout(50):
            answer = await judge.verdict(order)
        await observer.aclose()
        remarks = [entry.summary for entry in store.journal(order.rollout)]
    assert answer.outcome is Outcome.FAIL
    checks = {check.name: check for check in answer.checks}
    conformance = checks["conformance"]
    assert conformance.canary_bad == conformance.canary_requests > 0
    assert (conformance.control_bad, checks["errors"].canary_bad) == (0, 0)
    assert conformance.example == (
        """POST /v1/pay answered 200: the body lacks 'receipt' in {"paid": <string of 4>}"""
    )
    assert remarks == [
        "web 1.0.0 calls POST /v1/pay of pay-api, and nothing is on record of what it consumes"
    ]
