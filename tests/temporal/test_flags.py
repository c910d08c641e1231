"""Releases and flags in one rollout, and what the flag does goes back without them: on a real Temporal server."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.core.worlds import catalog_of, change_of, exposure_of, flag_of, release_of, service_of
from tests.temporal.harness import GATED, Scene, Users, canary, statuses, version_of
from tests.temporal.test_workflow import hurry

from tidegate.core.attribution.answer import Basis
from tidegate.core.change import OnFailure
from tidegate.core.gates.evidence import CallEdge, Counts, VersionedService
from tidegate.core.ids import FlagKey, ServiceName, StepId, Version, flag_as_service
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout.events import RollbackRequested
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.core.strategy import Gate, Guard, Strategy
from tidegate.store.database import Store
from tidegate.temporal import attributing, watching
from tidegate.temporal.client import Cluster, connect

pytestmark = pytest.mark.real

REFUNDS = FlagKey("refunds")
GUARDED = canary(0.3, 1.0, gates=(Gate(guards=(Guard(service="ledger", success_rate=0.99),)),))
HELD = canary(0.3, 1.0, gates=(Gate(),), bake=60.0)
"""Stays in its first stage."""


@dataclass
class Flagged(Users):
    """Some users have the flag on: so many of their requests fail, and so many calls to the ledger of everyone's."""

    broken: float = 0.0
    exhausted: float = 0.0

    def __call__(self, seconds: float) -> Mapping[CallEdge, Counts]:
        on = self.world.flags.get(REFUNDS, {}).get("", 0.0)
        self.bad[version_of("ledger", "1.0.0")] = self.exhausted if on else 0.0
        served = {"on": on, "off": 1.0 - on}
        failing = {"on": self.broken, "off": 0.0}
        return {**super().__call__(seconds), **self._by_variant(served, failing)}

    def _by_variant(
        self, served: Mapping[str, float], failing: Mapping[str, float]
    ) -> Mapping[CallEdge, Counts]:
        return {
            CallEdge(caller=None, callee=variant(name)): Counts(
                requests=int(self.requests * share), bad=int(self.requests * share * failing[name])
            )
            for name, share in served.items()
        }


def variant(name: str) -> VersionedService:
    return VersionedService(service=flag_as_service(REFUNDS), version=Version(name))


def planned(*names: str, strategy: Strategy, implemented_by: Sequence[str] = ()) -> Plan:
    """Releases side by side, and the flag."""
    exposure = exposure_of(REFUNDS, services=dict.fromkeys(implemented_by, "2.0.0"))
    change = change_of(
        *(release_of(name, strategy=strategy) for name in names),
        exposures=[replace(exposure, strategy=strategy)],
        on_failure=OnFailure.AFFECTED,
    )
    made = make_plan(catalog_of(*map(service_of, names), flags=[flag_of(REFUNDS)]), change)
    assert isinstance(made, Plan), made
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


@pytest.fixture
async def scene(temporal_address: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    hurry(monkeypatch)
    monkeypatch.setattr(attributing, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.01)
    made = Scene.of(await connect(Cluster(address=temporal_address)), store, "pay", "web", "ledger")
    yield made
    await made.replay()


async def test_a_flag_that_does_harm_goes_back_and_the_release_that_implements_it_stays(scene: Scene) -> None:
    scene.users = Flagged(scene.world, broken=0.4)
    async with scene.worker():
        rollout = await scene.end(await scene.begin(planned("pay", strategy=GATED, implemented_by=["pay"])))
    assert rollout.phase is Phase.PARTIAL
    assert statuses(rollout) == {
        **dict.fromkeys(["deploy/pay", "expose/pay", "retire/pay", "milestone/exposed"], "done"),
        "flag/refunds": "reverted",
    }
    assert scene.world.flags == {REFUNDS: {"": 0.0}}
    assert set(scene.world.live()[ServiceName("pay")]) == {"2.0.0"}
    verdict = rollout.steps[StepId("flag/refunds")].verdict
    assert verdict is not None
    assert verdict.reason.startswith("refunds on is worse than off in errors: ")


async def test_of_two_canaries_and_a_flag_the_flag_is_switched_off_first(scene: Scene) -> None:
    """It exhausts what all share, so that whoever calls fails alike."""
    scene.users = Flagged(scene.world, exhausted=0.3)
    async with scene.worker():
        id_ = await scene.begin(planned("pay", "web", strategy=GUARDED))
        rollout = await scene.end(id_)
    assert statuses(rollout)["flag/refunds"] == "reverted"
    assert [statuses(rollout)[f"expose/{name}"] for name in ("pay", "web")] == ["done", "done"]
    assert rollout.attribution is not None
    assert (rollout.attribution.basis, rollout.attribution.culprits) == (Basis.TOGGLES, (variant("on"),))
    (watched,) = [entry.summary for entry in scene.store.journal(id_) if entry.kind == "watched"]
    assert watched.startswith("with flag/refunds@on switched off 0 of ")
    moved = [deed for deed in scene.deeds() if deed.endswith("2.0.0 gets 0% of the traffic")]
    assert not moved, "no traffic went back"


async def test_a_flag_that_a_person_switches_off_goes_back_while_releases_go_on(scene: Scene) -> None:
    scene.users = Flagged(scene.world)
    async with scene.worker():
        id_ = await scene.begin(planned("pay", strategy=HELD))
        await scene.until_status(id_, "flag/refunds", StepStatus.JUDGING)
        await scene.until_status(id_, "expose/pay", StepStatus.JUDGING)
        wish = RollbackRequested(at=0.0, by="ann", reason="refunds come twice", step=StepId("flag/refunds"))
        await scene.rollouts.operate(id_, wish)
        rollout = await scene.until_status(id_, "flag/refunds", StepStatus.REVERTED)
        assert rollout.steps[StepId("expose/pay")].status is StepStatus.JUDGING
        assert scene.world.flags == {REFUNDS: {"": 0.0}}
        await scene.rollouts.operate(id_, replace(wish, step=None, reason="enough"))
        assert (await scene.end(id_)).phase is Phase.ROLLED_BACK
