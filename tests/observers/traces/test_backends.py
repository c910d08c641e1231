"""One trace from Tempo and Jaeger, as they answer; the server here answers in the documented formats."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from tests.observers.traces.pushes import hop, in_json, push, shop, span, version

from tidegate.core.errors import Refused, Unavailable
from tidegate.observers.traces import backends
from tidegate.observers.traces.backends import Backend, trace_of

ID = "0" * 31 + "7"
LONG_AGO = 1_000.0
WRITTEN = push(*shop(7, status=500, start=LONG_AGO))
PLAIN = WRITTEN.SerializeToString()


def length(number: int) -> bytes:
    """A length as protobuf writes it."""
    return bytes([number % 128 | 128, number // 128]) if number > 127 else bytes([number])


def response(*pieces: bytes, partial: bool = False) -> bytes:
    """Tempo's TraceByIDResponse: trace, metrics, status."""
    traces = b"".join(b"\x0a" + length(len(piece)) + piece for piece in pieces)
    return traces + b"\x12\x02\x08\x01" + (b"\x18\x01" if partial else b"")


@dataclass
class Server:
    """Answers every request with the same bytes, and remembers what was asked."""

    status: int
    body: bytes
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        head = f"HTTP/1.1 {self.status} Said\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + self.body)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving(body: bytes, status: int = 200) -> AsyncIterator[Server]:
    server = Server(status, body)
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    async with listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


@pytest.mark.parametrize(
    ("backend", "body", "path", "accept"),
    [
        (Backend.TEMPO, response(PLAIN), "/api/v2/traces/", "application/protobuf"),
        (Backend.TEMPO_V1, PLAIN, "/api/traces/", "application/protobuf"),
        (Backend.JAEGER, in_json(WRITTEN), "/api/v3/traces/", "application/json"),
        (Backend.JAEGER, b'{"result":' + in_json(WRITTEN) + b"}", "/api/v3/traces/", "application/json"),
    ],
    ids=["tempo", "tempo of old", "jaeger", "jaeger wrapped"],
)
async def test_a_trace_is_a_journey(backend: Backend, body: bytes, path: str, accept: str) -> None:
    async with serving(body) as server:
        journey = await trace_of(server.url + "/", backend, ID.upper(), headers={"X-Scope-OrgID": "shop"})
    assert [str(call.edge.callee) for call in journey.calls] == [
        "front@1.0.0",
        "cart@1.0.0",
        "pay@2.0.0",
        "stock@1.0.0",
    ]
    assert (journey.trace, journey.whole, journey.failed) == (ID, True, True)
    assert [origin.at_fault for origin in journey.origins] == [version("pay@2.0.0")]
    (asked,) = server.asked
    assert asked.startswith(f"GET {path}{ID} HTTP/1.1\r\n")
    lines = {line.lower() for line in asked.splitlines()}
    assert {f"accept: {accept}", "accept-encoding: identity", "x-scope-orgid: shop"} <= lines


async def test_a_trace_in_pieces_is_one() -> None:
    pieces = [push(each).SerializeToString() for each in shop(7)]
    async with serving(response(*pieces)) as server:
        journey = await trace_of(server.url, Backend.TEMPO, ID)
    assert (len(journey.calls), journey.whole) == (4, True)


@pytest.mark.parametrize(
    "body",
    [
        response(PLAIN, partial=True),
        response(push(*shop(7, status=500), span(9, trace=0)).SerializeToString()),
    ],
    ids=["partial", "unusable span"],
)
async def test_of_a_part_of_a_trace_nothing_is_concluded(body: bytes) -> None:
    async with serving(body) as server:
        journey = await trace_of(server.url, Backend.TEMPO, ID)
    assert (journey.whole, journey.origins, len(journey.calls)) == (False, (), 4)


CYCLE = push(hop("a@1", "b@1", 1, parent=2), hop("b@1", "a@1", 2, parent=1)).SerializeToString()


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (404, b"", Refused, "there is no such trace"),
        (200, CYCLE, Refused, "its own ancestor"),
        (200, b"", Refused, "a trace without a call"),
        (200, b"<html>", Unavailable, "answers with something else: not a traces request"),
        (
            401,
            b"who?\n\xff",
            Unavailable,
            r"answers 401: who\?\\n\\ufffd \(check the address and who may ask",
        ),
        (302, b"", Unavailable, "answers 302"),
    ],
)
async def test_what_is_no_journey(status: int, body: bytes, error: type[Exception], words: str) -> None:
    async with serving(body, status) as server:
        with pytest.raises(error, match=words):
            await trace_of(server.url, Backend.TEMPO_V1, ID)


@pytest.mark.parametrize("body", [b"[", b"[1]", b"7", b'{"result": 7}', b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("backend", Backend)
async def test_anything_else_is_said_to_be(backend: Backend, body: bytes) -> None:
    async with serving(body) as server:
        with pytest.raises((Unavailable, Refused), match=r"something else|without a call"):
            await trace_of(server.url, backend, ID)


async def test_an_answer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "ANSWER_BYTES", 10)
    async with serving(bytes(11)) as server:
        with pytest.raises(Refused, match="more than 10 bytes"):
            await trace_of(server.url, Backend.TEMPO, ID)


async def test_nobody_answers() -> None:
    async with serving(b"") as server:
        pass
    with pytest.raises(Unavailable, match="does not answer"):
        await trace_of(server.url, Backend.JAEGER, ID)


async def test_an_answer_that_does_not_come() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unavailable, match=r"no answer within 0.05 s \(is jaeger up and reachable"):
            await trace_of(url, Backend.JAEGER, ID, timeout=0.05)


@pytest.mark.parametrize("id_", ["", "7", "g" * 32, "0" * 33, "../../metrics"])
async def test_what_is_no_id_is_not_asked_for(id_: str) -> None:
    with pytest.raises(Refused, match="give its 32 hexadecimal digits"):
        await trace_of("http://nowhere.invalid", Backend.TEMPO, id_)
