"""One Unleash for all tests of this folder; each test has flags of its own."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.actuators.conformance import tokens
from tests.unleash.server import ADMIN, ENVIRONMENT, UnleashServer, running

from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag
from tidegate.core.telemetry import Secret
from tidegate.ports import Token
from tidegate.sources.flag_systems import FlagSystem
from tidegate.sources.flag_systems import UnleashServer as Address

NUMBERS = count(1)


@pytest.fixture(scope="session")
def unleash() -> Iterator[UnleashServer]:
    with running() as server:
        yield server


@pytest.fixture
def system(unleash: UnleashServer, tmp_path: Path) -> FlagSystem:
    return reached(unleash.url, tmp_path)


@pytest.fixture
async def actuator(system: FlagSystem) -> AsyncIterator[UnleashActuator]:
    made = UnleashActuator(system)
    yield made
    await made.aclose()


def reached(url: str, folder: Path, token: str = ADMIN, environment: str = ENVIRONMENT) -> FlagSystem:
    """How an Unleash is reached with a token."""
    file = folder / f"token-{len(list(folder.iterdir()))}"
    file.write_text(f"{token}\n")
    return FlagSystem(
        name="ours",
        unleash=Address(url=url, environment=environment, token=Secret(file=str(file)), timeout=20),
    )


@pytest.fixture
def key(unleash: UnleashServer) -> str:
    return unleash.create(f"flag-{next(NUMBERS)}")


@pytest.fixture
def expose(key: str) -> ExposeFlag:
    return ExposeFlag(flag=FlagKey(key), off="off", on="on")


def fresh(key: str) -> Iterator[Token]:
    return tokens("shop-1", f"flag/{key}")


async def words(effect: Awaitable[object]) -> str:
    with pytest.raises(EffectFailed) as failure:
        await effect
    return str(failure.value)
