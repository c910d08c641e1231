"""Providers of flagd work with tidegate as they are, asking or evaluating in process."""

import asyncio
from collections.abc import AsyncIterator
from queue import Queue

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode
from tests.server.flags.served import CHECKOUT, VARIANTS, Served, checkout, flag_set

from tidegate.core.flags.definitions import Flag

TARGETED = Flag(
    key=CHECKOUT,
    variants=VARIANTS,
    default="off",
    targeting={"if": [{"starts_with": [{"var": "targetingKey"}, "a"]}, "on", None]},
)
ON, OFF = (True, "on"), (False, "off")
SECONDS = 30


@pytest.fixture(params=[ResolverType.RPC, ResolverType.IN_PROCESS])
async def client(request: pytest.FixtureRequest, port: int) -> AsyncIterator[OpenFeatureClient]:
    provider = FlagdProvider(host="127.0.0.1", port=port, resolver_type=request.param, deadline_ms=10_000)
    await asyncio.to_thread(api.set_provider_and_wait, provider, "flagd")
    yield api.get_client("flagd")
    await asyncio.to_thread(api.clear_providers)


async def ask(client: OpenFeatureClient, user: str) -> tuple[bool, str | None]:
    found = await asyncio.to_thread(
        client.get_boolean_details, CHECKOUT, False, EvaluationContext(user, {"age": 18})
    )
    return found.value, found.variant


async def test_changes_are_told_and_obeyed(served: Served, client: OpenFeatureClient) -> None:
    told: Queue[EventDetails] = Queue()
    client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, told.put)
    assert await ask(client, "ada") == ON
    for flags, ada, bob in ((flag_set(checkout("off")), OFF, OFF), (flag_set(TARGETED), ON, OFF)):
        await served.replace(flags)
        while await ask(client, "ada") != ada:
            await asyncio.to_thread(told.get, timeout=SECONDS)
        assert await ask(client, "bob") == bob


async def test_a_flag_that_is_not_served_is_not_found(client: OpenFeatureClient) -> None:
    found = await asyncio.to_thread(client.get_boolean_details, "nobody-knows", True)
    assert (found.value, found.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
