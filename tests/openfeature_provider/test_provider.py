"""An application goes by what tidegate serves, at once when that changes, and by what it had when tidegate is gone."""

import json
from asyncio import Queue
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from openfeature.event import ProviderEvent
from openfeature.exception import ErrorCode
from openfeature.provider import ProviderStatus
from openfeature.schemas.protobuf.flagd.sync.v1.sync_pb2 import SyncFlagsResponse
from tests.openfeature_provider.watching import Application, application
from tests.server.flags.served import Served, checkout, flag_set

from tidegate.core.flags.definitions import FlagSet
from tidegate.core.flags.document import document
from tidegate.openfeature import TidegateProvider
from tidegate.openfeature.following import METHOD
from tidegate.server.flags.grpc.calls import Asked, Calls
from tidegate.server.flags.grpc.services import FlagServices, answering, anybody, flag_services

HOST = "127.0.0.1"
ON, OFF = (True, "on"), (False, "off")
NOTHING = (False, None)


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Iterator[Application]:
    with application(request.node.name) as made:
        yield made


@pytest.fixture
def served() -> Served:
    return Served(flag_set(checkout("on")))


@pytest.fixture
async def nowhere() -> int:
    """A port on which nobody answers yet."""
    async with answering(FlagServices({}, Calls(anybody)), HOST, 0) as port:
        return port


async def test_changes_are_pushed(app: Application, served: Served) -> None:
    async with answering(flag_services(served), HOST, 0) as port:
        assert await app.use(TidegateProvider(f"{HOST}:{port}")) == "ready"
        assert await app.checkout() == ON
        await app.told(ProviderEvent.PROVIDER_READY)
        await served.replace(flag_set(checkout("off")))
        changed = await app.told(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
        assert (changed.flags_changed, await app.checkout()) == (["checkout"], OFF)


async def test_what_came_last_is_kept_while_tidegate_is_gone(app: Application, served: Served) -> None:
    async with answering(flag_services(served), HOST, 0) as port:
        await app.use(TidegateProvider(f"{HOST}:{port}"))
    lost = await app.told(ProviderEvent.PROVIDER_STALE)
    assert f"no flags come from {HOST}:{port}: " in (lost.message or "")
    assert (await app.checkout(), app.client.get_provider_status()) == (ON, ProviderStatus.STALE)
    async with answering(flag_services(Served(flag_set(checkout("off")))), HOST, port):
        await app.told(ProviderEvent.PROVIDER_READY)
        await app.told(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
        assert (await app.checkout(), app.client.get_provider_status()) == (OFF, ProviderStatus.READY)


async def test_an_application_that_starts_alone_begins_with_what_was_kept(
    app: Application, served: Served, tmp_path: Path
) -> None:
    kept = tmp_path / "flags.json"
    async with answering(flag_services(served), HOST, 0) as port:
        before = TidegateProvider(f"{HOST}:{port}", cache_file=kept)
        await Application("before").use(before)
        before.shutdown()
    assert await app.use(TidegateProvider(f"{HOST}:{port}", cache_file=kept)) == "ready"
    assert await app.checkout() == ON
    await app.told(ProviderEvent.PROVIDER_STALE)
    await served.replace(flag_set(checkout("off")))
    async with answering(flag_services(served), HOST, port):
        await app.told(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
        assert await app.checkout() == OFF


@pytest.mark.parametrize("kept", [None, "not JSON"])
async def test_with_nothing_to_go_by_an_application_is_told_so(
    app: Application, served: Served, nowhere: int, tmp_path: Path, kept: str | None
) -> None:
    path = tmp_path / "flags.json"
    if kept is not None:
        path.write_text(kept)
    provider = TidegateProvider(f"{HOST}:{nowhere}", cache_file=path, wait_seconds=0.2)
    assert await app.use(provider) == "no flags have come within 0.2 s"
    found = app.client.get_boolean_details("checkout", True)
    assert (found.value, found.error_code) == (True, ErrorCode.PROVIDER_NOT_READY)
    async with answering(flag_services(served), HOST, nowhere):
        await app.told(ProviderEvent.PROVIDER_READY)
        assert await app.checkout() == ON


def response(definitions: str) -> bytes:
    return SyncFlagsResponse(flag_configuration=definitions).SerializeToString()


def of(flags: FlagSet) -> bytes:
    return response(json.dumps(document(flags)))


async def test_definitions_that_cannot_be_read_change_nothing(app: Application) -> None:
    to_send: Queue[bytes] = Queue()

    async def sync(_asked: Asked) -> AsyncGenerator[bytes, None]:
        while True:
            yield await to_send.get()

    calls = Calls(anybody)
    async with answering(FlagServices({METHOD: calls.followed(sync)}, calls), HOST, 0) as port:
        to_send.put_nowait(of(flag_set(checkout("on"))))
        await app.use(TidegateProvider(f"{HOST}:{port}"))
        to_send.put_nowait(response("{"))
        assert (await app.told(ProviderEvent.PROVIDER_ERROR)).error_code is ErrorCode.PARSE_ERROR
        assert await app.checkout() == ON
        to_send.put_nowait(of(flag_set(checkout("off"))))
        await app.told(ProviderEvent.PROVIDER_READY)
        assert await app.checkout() == OFF


async def test_flags_that_cannot_be_kept_are_served_all_the_same(
    app: Application, served: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with answering(flag_services(served), HOST, 0) as port:
        await app.use(TidegateProvider(f"{HOST}:{port}", cache_file=tmp_path / "nowhere" / "flags.json"))
        await served.replace(flag_set(checkout("off")))
        while await app.checkout() != OFF:
            await app.told(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
    assert "the flags cannot be kept" in caplog.text


@pytest.mark.parametrize(("token", "began"), [("right", "ready"), ("wrong", "no flags"), (None, "no flags")])
async def test_a_token_is_shown(app: Application, served: Served, token: str | None, began: str) -> None:
    services = flag_services(served, lambda authorization: authorization == "Bearer right")
    async with answering(services, HOST, 0) as port:
        came = await app.use(
            TidegateProvider(f"{HOST}:{port}", token=token, wait_seconds=5 if token == "right" else 0.1)
        )
        assert came.startswith(began)
