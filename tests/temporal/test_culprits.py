"""Two releases at once, one of them guilty, and the harm shows at a third service: on a real Temporal server."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.temporal.harness import Scene, Travellers, canary, side_by_side, statuses, version_of
from tests.temporal.test_workflow import hurry

from tidegate.core.attribution.answer import Basis
from tidegate.core.ids import ServiceName
from tidegate.core.rollout.state import Phase
from tidegate.core.strategy import Gate, Guard
from tidegate.store.database import Store
from tidegate.store.journeys import decoded_journey
from tidegate.temporal import attributing, watching, witness
from tidegate.temporal.client import Cluster, connect

pytestmark = pytest.mark.real

GUARD_ONLY = Gate(guards=(Guard(service="ledger", success_rate=0.99),))
GUARDED = canary(0.3, 1.0, gates=(GUARD_ONLY,))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


@pytest.fixture
async def scene(temporal_address: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    hurry(monkeypatch)
    monkeypatch.setattr(attributing, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(witness, "LOOK_SECONDS", 0.0)
    made = Scene.of(await connect(Cluster(address=temporal_address)), store, "web", "cart", "ledger")
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.01)
    made.travellers = Travellers(made.world, version_of("ledger", "1.0.0"))
    yield made
    await made.replay()


async def test_the_guilty_release_goes_back_and_the_innocent_one_completes(scene: Scene) -> None:
    assert scene.travellers is not None
    scene.travellers.bad[version_of("cart")] = 0.4
    async with scene.worker():
        id_ = await scene.begin(side_by_side("web", "cart", strategy=GUARDED))
        rollout = await scene.end(id_)
    assert rollout.phase is Phase.PARTIAL
    assert statuses(rollout) == {
        **dict.fromkeys(["deploy/cart", "expose/cart"], "reverted"),
        "retire/cart": "skipped",
        **dict.fromkeys(["deploy/web", "expose/web", "retire/web", "milestone/exposed"], "done"),
    }
    live = scene.world.live()
    assert {name: set(live[ServiceName(name)]) for name in ("cart", "web")} == {
        "cart": {"1.0.0"},
        "web": {"2.0.0"},
    }
    attributed = [entry.summary for entry in scene.store.journal(id_) if entry.kind == "attributed"]
    assert attributed
    for summary in attributed:
        assert summary.startswith("at fault: one (cart@2.0.0), by traces: cart@2.0.0: ")
    (kept,) = scene.store.failing_of(id_)
    assert decoded_journey(kept.journey).met == {"cart": version_of("cart")}


async def test_where_nothing_tells_them_apart_releases_are_switched_off_in_turn(scene: Scene) -> None:
    """One of them exhausts what all share, so that whoever calls fails alike."""
    assert scene.travellers is not None
    scene.travellers.bad[version_of("cart")] = 0.6
    scene.travellers.exhausted, scene.travellers.journeys = True, 0
    async with scene.worker():
        id_ = await scene.begin(side_by_side("web", "cart", strategy=GUARDED))
        rollout = await scene.end(id_)
    assert statuses(rollout)["expose/cart"] == "reverted"
    assert statuses(rollout)["expose/web"] == "done"
    assert rollout.attribution is not None
    assert (rollout.attribution.basis, rollout.attribution.culprits) == (Basis.TOGGLES, (version_of("cart"),))
    watched = [entry.summary for entry in scene.store.journal(id_) if entry.kind == "watched"]
    assert watched[-1].startswith("with cart@2.0.0 switched off 0 of ")
