"""Server-sent events, at the border of the application: what is told, to whom, and when it ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import Message
from tests.server.flags.asking import ACCESS, OPEN, TOKEN, MemoryFlags, flag, reading, set_of

from tidegate.server.flags import events
from tidegate.server.flags import reading as routes
from tidegate.server.flags.access import Access
from tidegate.server.flags.reading import Reading

ONE, OTHER = set_of(flag("a")), set_of(flag("a", default="on"))


class Listener:
    """One connection: the messages that were sent to it, and how far it reads."""

    def __init__(self, served: Reading, headers: Mapping[str, str], query: str) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.reads = asyncio.Event()
        self.reads.set()
        self._gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": events.PATH,
            "query_string": query.encode(),
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in ({"Host": "localhost"} | dict(headers)).items()
            ],
        }
        self.task = asyncio.create_task(
            Starlette(routes=served.router().routes)(scope, self._receive, self._send)
        )

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        self.sent.put_nowait(message)

    async def status(self) -> int:
        return int((await self._next())["status"])

    async def text(self) -> str:
        body: bytes = (await self._next())["body"]
        return body.decode()

    async def event(self) -> tuple[str, Any]:
        """The id of the next event, and what it says."""
        id_, name, data, *rest = (await self.text()).split("\n")
        assert (id_[:4], name, data[:6], rest) == ("id: ", "event: message", "data: ", ["", ""])
        return id_[4:], json.loads(data[6:])

    def leave(self) -> None:
        self._gone.set()

    async def _next(self) -> Message:
        return await asyncio.wait_for(self.sent.get(), 5)


@asynccontextmanager
async def listening(
    served: Reading, headers: Mapping[str, str] | None = None, query: str = ""
) -> AsyncIterator[Listener]:
    listener = Listener(served, {"X-API-Key": TOKEN} if headers is None else headers, query)
    yield listener
    listener.leave()
    await asyncio.wait_for(listener.task, 5)


async def begun(listener: Listener) -> str:
    """The id of the first event."""
    assert (await listener.status(), await listener.text()) == (200, "retry: 1000\n\n")
    return (await listener.event())[0]


async def test_who_begins_to_listen_is_told_at_once_and_then_of_changes() -> None:
    flags = MemoryFlags(ONE)
    async with listening(reading(flags)) as listener:
        assert (await listener.status(), await listener.text()) == (200, "retry: 1000\n\n")
        first, told = await listener.event()
        assert told == {
            "type": "refetchEvaluation",
            "etag": f'"{first}"',
            "lastModified": 1_700_000_000,
            "generation": 1,
        }
        flags.serve(OTHER)
        second, told = await listener.event()
        assert (second != first, told["etag"], told["generation"]) == (True, f'"{second}"', 2)


async def test_who_knows_is_told_of_the_next_change() -> None:
    flags = MemoryFlags(ONE)
    async with listening(reading(flags)) as listener:
        known = await begun(listener)
    async with listening(reading(flags), {"X-API-Key": TOKEN, "Last-Event-ID": known}) as listener:
        assert (await listener.status(), await listener.text()) == (200, "retry: 1000\n\n")
        flags.serve(OTHER)
        assert (await listener.event())[1]["generation"] == 2


async def test_what_is_served_as_before_is_not_told() -> None:
    flags = MemoryFlags(ONE)
    async with listening(reading(flags)) as listener:
        await begun(listener)
        flags.serve(ONE)
        await asyncio.sleep(0)
        flags.serve(OTHER)
        assert (await listener.event())[1]["generation"] == 3


async def test_who_reads_slowly_is_told_the_newest_alone() -> None:
    """A thousand changes cost no memory for those who do not read them."""
    flags = MemoryFlags(ONE)
    async with listening(reading(flags)) as listener:
        await begun(listener)
        listener.reads.clear()
        for _ in range(500):
            for each in (OTHER, ONE):
                flags.serve(each)
                await asyncio.sleep(0)
        flags.serve(set_of())
        listener.reads.set()
        told = [(await listener.event())[1]["generation"]]
        if told != [1002]:  # the one that was on its way
            told.append((await listener.event())[1]["generation"])
        assert told[-1] == 1002
        assert listener.sent.empty()


async def test_a_quiet_stream_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.01)
    async with listening(reading(MemoryFlags(ONE))) as listener:
        await begun(listener)
        assert [await listener.text() for _ in range(3)] == [":\n\n"] * 3


async def test_streams_end_when_closed_and_none_begin_after() -> None:
    served = reading(MemoryFlags(ONE))
    async with listening(served) as listener:
        await begun(listener)
        served.close()
        await asyncio.wait_for(listener.task, 5)
    async with listening(served) as listener:
        await asyncio.wait_for(listener.task, 5)


async def test_places_are_bounded_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_LISTENERS", 2)
    flags = MemoryFlags(ONE)
    served = reading(flags)
    router = served.router()
    monkeypatch.setattr(served, "router", lambda: router)
    async with listening(served) as first:
        await begun(first)
        async with listening(served) as second:
            await begun(second)
            async with listening(served) as third:
                assert await third.status() == 429
        async with listening(served) as fourth:
            await begun(fourth)


@pytest.mark.parametrize(
    ("access", "headers", "query", "wanted"),
    [
        (ACCESS, {"X-API-Key": TOKEN}, "", 200),
        (ACCESS, {}, f"ticket={ACCESS.ticket}", 200),
        (ACCESS, {}, f"ticket={TOKEN}", 401),
        (ACCESS, {}, "", 401),
        (OPEN, {}, "", 200),
        (OPEN, {"Host": "flags.example"}, "", 403),
        (OPEN, {"Origin": "https://shop.example"}, f"ticket={ACCESS.ticket}", 403),
    ],
)
async def test_who_may_listen(access: Access, headers: Mapping[str, str], query: str, wanted: int) -> None:
    async with listening(reading(MemoryFlags(ONE), access), headers, query) as listener:
        assert await listener.status() == wanted


@pytest.mark.parametrize(
    ("access", "address"),
    [(ACCESS, f"/ofrep/v1/events?ticket={ACCESS.ticket}"), (OPEN, "/ofrep/v1/events")],
)
def test_where_to_listen(access: Access, address: str) -> None:
    """Only a door that asks for a token needs a ticket."""
    told = json.loads(events.streams("" if access.open else access.ticket))
    assert told == [{"type": "sse", "endpoint": {"requestUri": address}, "inactivityDelaySec": 120}]


async def test_hundreds_are_told_of_one_change() -> None:
    flags, wanted = MemoryFlags(ONE), 300
    served = reading(flags)
    listeners = [Listener(served, {"X-API-Key": TOKEN}, "") for _ in range(wanted)]
    for listener in listeners:
        await begun(listener)
    flags.serve(OTHER)
    told = [(await listener.event())[1]["generation"] for listener in listeners]
    assert told == [2] * wanted
    served.close()
    await asyncio.gather(*(listener.task for listener in listeners))
