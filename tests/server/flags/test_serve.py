"""`tidegate flags serve`: what is served, to whom, and what becomes of it when files change or it starts again."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from openfeature.schemas.protobuf.flagd.sync.v1.sync_pb2 import FetchAllFlagsRequest, FetchAllFlagsResponse

from tidegate.core.errors import Refused, Unavailable
from tidegate.flags import files as following
from tidegate.server.flags.serve import Options, serve
from tidegate.server.flags.serving import FlagOptions
from tidegate.temporal.state_dir import ApiAddress, StateDir

ALL = "/ofrep/v1/evaluate/flags"


def document(default: str = "off", key: str = "instant-refund") -> dict[str, Any]:
    variants = {"on": True, "off": False}
    return {"flags": {key: {"state": "ENABLED", "variants": variants, "defaultVariant": default}}}


def written(path: Path, text: str = "", key: str = "instant-refund") -> Path:
    path.write_text(text or json.dumps(document(key=key)))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "shop.json")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.02)


class Served:
    """A tidegate that serves flags in this process: where, and what it has told."""

    def __init__(self, state: StateDir) -> None:
        self.state = state
        self.told: list[str] = []

    @property
    def address(self) -> ApiAddress:
        return self.state.flags()

    @property
    def api(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.address.token}"}

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: object = None
    ) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.address.url) as http:
            return await http.request(method, path, headers=headers, json=body)

    async def value(self, key: str = "instant-refund", headers: Mapping[str, str] | None = None) -> Any:
        return (await self.ask("POST", f"{ALL}/{key}", headers)).json().get("value")


@asynccontextmanager
async def serving(tmp_path: Path, *files: Path, open_: bool = True) -> AsyncIterator[Served]:
    served = Served(StateDir(tmp_path / "state"))
    flags = FlagOptions(files=files, grpc_port=0, open=open_)
    options = Options(state_dir=served.state.path, port=0, flags=flags)
    task = asyncio.create_task(serve(options, served.told.append))
    await eventually(lambda: task.done() or published(served))
    if task.done():
        await task
    yield served
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def published(served: Served) -> bool:
    try:
        return bool(served.address)
    except Unavailable:
        return False


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is waited for is in a file
            await asyncio.sleep(0.01)


async def test_what_it_tells(tmp_path: Path, file: Path) -> None:
    async with serving(tmp_path, file, written(tmp_path / "b.json", key="b")) as served:
        url, grpc_at = served.address.url, served.address.flags_grpc
        assert served.told == [
            f"{url} answers OFREP, its events and /flags.json, {grpc_at} the gRPC of flagd",
            "everyone on this machine may read 2 flags",
        ]
        assert (await served.ask("GET", "/health")).json() == {"status": "ok"}
    assert not published(served)


async def test_the_same_by_every_way(tmp_path: Path, file: Path) -> None:
    async with (
        serving(tmp_path, file) as served,
        grpc.aio.insecure_channel(served.address.flags_grpc) as channel,
    ):
        fetch: grpc.aio.UnaryUnaryMultiCallable[FetchAllFlagsRequest, FetchAllFlagsResponse] = (
            channel.unary_unary(
                "/flagd.sync.v1.FlagSyncService/FetchAllFlags",
                FetchAllFlagsRequest.SerializeToString,
                FetchAllFlagsResponse.FromString,
            )
        )
        by_grpc = json.loads((await fetch(FetchAllFlagsRequest())).flag_configuration)
        by_http = (await served.ask("GET", "/flags.json")).json()
        assert by_grpc == by_http == document()
        assert await served.value() is False


async def test_files_are_read_again_and_a_bad_one_changes_nothing(tmp_path: Path, file: Path) -> None:
    async with serving(tmp_path, file) as served:
        written(file, json.dumps(document("on")))
        await eventually(lambda: len(served.told) == 3)
        assert await served.value() is True
        written(file, '{"flags": {\n"instant-refund": 7}}')
        await eventually(lambda: len(served.told) == 4)
        assert served.told[3].startswith(f"what was served before stays served:\n{file}:2: ")
        await asyncio.sleep(0.1)
        assert (len(served.told), await served.value()) == (4, True)
        written(file)
        await eventually(lambda: len(served.told) == 5)
        assert await served.value() is False


async def test_guarded_flags_are_read_with_a_token_that_stays(tmp_path: Path, file: Path) -> None:
    """The one of the API is another at each start."""
    tokens = []
    for _ in range(2):
        async with serving(tmp_path, file, open_=False) as served:
            token = (served.state.path / "flags.token").read_text().strip()
            assert (await served.ask("POST", ALL)).status_code == 401
            assert await served.value(headers={"X-API-Key": token}) is False
            assert await served.value(headers=served.api) is False
            assert (
                served.told[1] == f"who has the token in {served.state.path / 'flags.token'} may read 1 flags"
            )
            tokens.append((token, served.address.token))
    (first, api), (second, other) = tokens
    assert (first == second, api != other) == (True, True)


WHY = {"by": "ann", "reason": "refunds twice"}


async def test_what_is_switched_off_stays_off_over_a_restart(tmp_path: Path, file: Path) -> None:
    """Everyone may read, and nobody switch without the token of the API, which no application has."""
    written(file, json.dumps(document("on")))
    async with serving(tmp_path, file) as served:
        assert await served.value() is True
        off = "/v1/flags/instant-refund/off"
        reader = {"Authorization": f"Bearer {served.state.flags_token()}"}
        for headers in ({}, reader):
            assert (await served.ask("POST", off, headers, WHY)).status_code == 401
        assert (await served.ask("POST", off, served.api, WHY)).status_code == 200
        assert await served.value() is False
    async with serving(tmp_path, file) as served:
        assert await served.value() is False
        assert (await served.ask("POST", "/v1/flags/instant-refund/on", served.api, WHY)).status_code == 200
        assert await served.value() is True


async def test_one_serves_the_flags_of_a_state_directory(tmp_path: Path, file: Path) -> None:
    async with serving(tmp_path, file):
        with pytest.raises(Refused, match="flags are already served from"):
            await serve(
                Options(state_dir=tmp_path / "state", port=0, flags=FlagOptions(files=(file,))), print
            )


async def test_problems_of_files_are_told_before_anything_is_served(tmp_path: Path, file: Path) -> None:
    written(file, "{")
    with pytest.raises(Refused, match=rf"{file}:1: "):
        async with serving(tmp_path, file):
            pass
    assert not (tmp_path / "state" / "flags.json").exists()


@pytest.mark.real
async def test_the_command(tmp_path: Path, file: Path) -> None:
    """It serves until it is stopped, though somebody listens, and leaves nothing behind."""
    state = StateDir(tmp_path / "state")
    command = ["flags", "serve", str(file), "--port", "0", "--grpc-port", "0", "--state-dir", str(state.path)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tidegate", *command, stdout=PIPE, stderr=PIPE, env=os.environ
    )
    served = Served(state)
    await eventually(lambda: published(served))
    assert await served.value() is False
    async with (
        httpx.AsyncClient() as http,
        http.stream("GET", f"{served.address.url}/ofrep/v1/events") as events,
    ):
        async for line in events.aiter_lines():
            if line.startswith("data: "):
                break
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, out, err.decode().count("\n")) == (0, b"", 2)
    assert not published(served)
