"""A service over an imagined world, its API, and a Temporal that can be taken away."""

import asyncio
import time
from asyncio import Barrier
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.temporal.harness import KINDS, Scene

from tidegate.core.ids import RolloutId
from tidegate.core.rollout.state import Rollout
from tidegate.observers.memory import MemoryBudgets, MemoryContracts
from tidegate.server.api import make_api
from tidegate.server.service import RolloutService
from tidegate.store.database import Store
from tidegate.temporal import judging
from tidegate.temporal.client import Cluster, Rollouts, connect

TOKEN = "the-token"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


@pytest.fixture
async def scene(temporal_address: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(judging, "LOOK_SECONDS", 0.01)
    return Scene.of(await connect(Cluster(address=temporal_address)), store, "web", "ledger")


@pytest.fixture
def service(scene: Scene) -> RolloutService:
    return RolloutService(
        actuators=dict.fromkeys(KINDS, scene.actuator),
        budgets=MemoryBudgets(),
        contracts=MemoryContracts(),
        store=scene.store,
        looks=scene.looks,
        rollouts=Rollouts(scene.client),
        environment="imagined",
        clock=time.time,
    )


@pytest.fixture
async def http(service: RolloutService) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_api(service, TOKEN), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers) as client:
        yield client


@pytest.fixture
def together(scene: Scene) -> Callable[[int], Rollouts]:
    """Rollouts that answer only once so many questions are open at the same time."""

    def made(number: int) -> Rollouts:
        barrier = Barrier(number)

        class Together(Rollouts):
            async def state(self, id_: RolloutId) -> Rollout:
                await asyncio.wait_for(barrier.wait(), 10)
                return await Rollouts(self.client).state(id_)

        return Together(scene.client)

    return made
