"""One trace by its id, from where production keeps traces.

Answers are bounded in size and time. Nothing of the environment is used: no proxies, no .netrc. Sources: the HTTP
APIs of Grafana Tempo (`/api/v2/traces`, and `/api/traces` of older releases) and of Jaeger (`/api/v3/traces`).
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import httpx
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.traces.assemble import journey_of
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.span import Span
from tidegate.observers.traces.decoding import TRACES
from tidegate.observers.traces.spans import spans_of
from tidegate.otlp.wire import Encoding, Push, decode

ANSWER_BYTES: Final = 16 << 20
ERROR_LENGTH: Final = 200
_ID: Final = re.compile(r"[0-9a-f]{32}")


class Backend(StrEnum):
    """What keeps the traces."""

    TEMPO = "tempo"
    TEMPO_V1 = "tempo-v1"
    JAEGER = "jaeger"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The spans of a trace as they are on record; a `partial` one has more than the backend gives."""

    request: ExportTraceServiceRequest
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Api:
    """Where a backend has traces, in which type they are asked for, and how an answer is read."""

    path: str
    accept: str
    read: Callable[[bytes], _Found]


async def trace_of(
    url: str,
    backend: Backend,
    trace: str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109 - what is asked for is one answer in time
) -> Journey:
    """The journey of a trace at the backend that answers at `url`; `headers` say who asks, `timeout` is in seconds.

    Raises `Refused` where there is no such trace or it is no journey, `Unavailable` where there is no answer.
    """
    id_ = trace.strip().lower()
    if not _ID.fullmatch(id_):
        raise _refused(f"{trace!r} is no trace id", "give its 32 hexadecimal digits")
    api = _APIS[backend]
    asked = {**(headers or {}), "Accept": api.accept, "Accept-Encoding": "identity"}
    place = f"{url.rstrip('/')}{api.path}/{id_}"
    try:
        async with asyncio.timeout(timeout):
            status, content = await _asked(place, asked)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        reason = str(error) or f"no answer within {timeout:g} s"
        raise Unavailable(f"{place} does not answer: {reason}", f"is {backend} up and reachable?") from None
    _check(place, status, content)
    return await asyncio.to_thread(_journey, place, api, content)


async def _asked(place: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    content = bytearray()
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False) as client,
        client.stream("GET", place, headers=headers, timeout=None) as response,
    ):
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > ANSWER_BYTES:
                raise _refused(f"{place} answers with more than {ANSWER_BYTES} bytes", "look at it there")
    return response.status_code, bytes(content)


def _check(place: str, status: int, content: bytes) -> None:
    if status == httpx.codes.NOT_FOUND:
        raise _refused(f"{place}: there is no such trace", "see whether it was sampled, and is kept still")
    if status != httpx.codes.OK:
        words = ascii(content[:ERROR_LENGTH].decode(errors="replace").strip())[1:-1]
        raise Unavailable(f"{place} answers {status}: {words}", "check the address and who may ask")


def _journey(place: str, api: _Api, content: bytes) -> Journey:
    try:
        found = api.read(content)
    except (Refused, DecodeError, ValueError, RecursionError) as error:
        raise Unavailable(f"{place} answers with something else: {error}", "check the address") from error
    read = tuple(spans_of(found.request, now=None))
    journey = journey_of(each for each in read if isinstance(each, Span))
    if not isinstance(journey, Journey):
        raise _refused(f"{place}: {journey.loss}", "look at it there")
    left_out = any(not isinstance(each, Span) for each in read)
    return replace(journey, whole=False, origins=()) if found.partial or left_out else journey


def _of_protobuf(content: bytes) -> _Found:
    return _Found(request=decode(Push(body=content), TRACES))


def _of_response(content: bytes) -> _Found:
    """Tempo's `TraceByIDResponse`: the trace is field 1, and field 3 says that it is partial.

    A field that comes in pieces is all of them, one after the other.
    """
    read = UnknownFieldSet(Empty.FromString(content))
    fields = [read[number] for number in range(len(read))]
    pieces = [field.data for field in fields if field.field_number == 1 and isinstance(field.data, bytes)]
    partial = any(field.field_number == 3 and field.data == 1 for field in fields)
    return replace(_of_protobuf(b"".join(pieces)), partial=partial)


def _of_json(content: bytes) -> _Found:
    """Jaeger's JSON, which newer releases wrap."""
    body = json.loads(content)
    if isinstance(body, dict) and "result" in body:
        content = json.dumps(body["result"]).encode()
    return _Found(request=decode(Push(body=content, encoding=Encoding.JSON), TRACES))


_APIS: Final[Mapping[Backend, _Api]] = {
    Backend.TEMPO: _Api(path="/api/v2/traces", accept="application/protobuf", read=_of_response),
    Backend.TEMPO_V1: _Api(path="/api/traces", accept="application/protobuf", read=_of_protobuf),
    Backend.JAEGER: _Api(path="/api/v3/traces", accept="application/json", read=_of_json),
}


def _refused(message: str, hint: str) -> Refused:
    return Refused([Problem(message=message, hint=hint)])
