"""A port on which the flags of a test are served."""

from collections.abc import AsyncIterator

import grpc.aio
import pytest
from tests.server.flags.served import Served, checkout, flag_set

from tidegate.server.flags.grpc.services import answering, flag_services


@pytest.fixture
def served() -> Served:
    return Served(flag_set(checkout("on"), flagSetId="shop"))


@pytest.fixture
async def port(served: Served) -> AsyncIterator[int]:
    async with answering(flag_services(served, clock=lambda: 0.0), "127.0.0.1", 0) as bound:
        yield bound


@pytest.fixture
async def channel(port: int) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
