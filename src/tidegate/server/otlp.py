"""Where applications and browsers push metrics: `POST /v1/metrics`, as OTLP/HTTP says.

Answers are protobuf messages in the encoding of the push: 200 with how many data points were refused and why, else a
`google.rpc.Status`. 400 is a body that is not what it says, 401 a wrong token, 403 a page of an origin that is not
allowed, 408 a body that does not come, 413 one too large, 415 a type or compression that is none of OTLP's, 503 too
many pushes at once, to be repeated after a while.

There are two tokens. That of the API is for applications. The ingest token is for browsers, where anyone can read
it: it opens nothing but this, and what comes with it may speak of front ends only. Browsers push little, and have
places of their own, so that they cannot keep applications out. One push is decoded at a time, which bounds memory.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastapi import APIRouter, Request, Response
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from starlette.requests import ClientDisconnect

from tidegate.core.errors import Refused
from tidegate.observers.otlp.decoding import (
    MOST_BYTES,
    Encoding,
    Malformed,
    NotUnderstood,
    TooLarge,
    decode,
    encode,
    encoding_of,
    too_large,
)
from tidegate.observers.otlp.points import Point, Unused, points_of
from tidegate.observers.otlp.table import Outcome, Table

PATH: Final = "/v1/metrics"
MOST_IN_WORK: Final = 8
"""Pushes of applications, and as many of browsers."""

BODY_SECONDS: Final = 10.0
"""How long a body may take to come."""

RETRY_SECONDS: Final = 5
PREFLIGHT_SECONDS: Final = 600
"""How long a browser remembers what it may send."""


class Pusher(StrEnum):
    """Who pushes, by the token it has."""

    APPLICATION = "application"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """Bytes of a push, as it is sent and inflated."""

    sent: int
    inflated: int


_LIMITS: Final[Mapping[Pusher, _Limits]] = {
    Pusher.APPLICATION: _Limits(sent=MOST_BYTES, inflated=MOST_BYTES),
    Pusher.BROWSER: _Limits(sent=64 << 10, inflated=256 << 10),  # what a page that closes may still send
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may push: applications with `token`, browsers with `ingest_token` from pages of `origins`.

    Without an ingest token browsers may not, and without origins no page.
    """

    token: str
    ingest_token: str | None = None
    origins: frozenset[str] = frozenset()

    def pusher(self, authorization: str) -> Pusher | None:
        """Who has the bearer token of this header; none who may not push."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        if _same(given, self.token):
            return Pusher.APPLICATION
        return Pusher.BROWSER if self.ingest_token and _same(given, self.ingest_token) else None


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.strip().encode(), token.encode())


class _TurnedAwayError(Exception):
    """A push that is not looked at: the status of the answer, and what it says."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        super().__init__(message)


class Receiver:
    """Takes pushes into `table`; `clock` gives seconds since 1970."""

    def __init__(self, table: Table, access: Access, clock: Callable[[], float]) -> None:
        self._table = table
        self._access = access
        self._clock = clock
        self._in_work = Counter[Pusher]()
        self._decoding = asyncio.Lock()

    def router(self) -> APIRouter:
        """The routes to mount beside the API, which leaves who may enter to them."""
        router = APIRouter()
        router.add_api_route(PATH, self.push, methods=["POST"], response_model=None)
        router.add_api_route(PATH, self.preflight, methods=["OPTIONS"], response_model=None)
        return router

    async def preflight(self, request: Request) -> Response:
        """Tell a browser whether its page may push."""
        shared = self._shared(request)
        if not shared:
            return Response(status_code=403)
        allowed = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "authorization, content-type, content-encoding",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
        return Response(status_code=204, headers={**shared, **allowed})

    async def push(self, request: Request) -> Response:
        """Count what is pushed."""
        try:
            outcome = await self._outcome(request)
        except _TurnedAwayError as error:
            return self._answer(request, error.status, Status(message=str(error)), error.headers)
        except Refused as error:
            status = next(status for kind, status in _STATUSES if isinstance(error, kind))
            return self._answer(request, status, Status(message=str(error)))
        return self._answer(request, 200, _response(outcome))

    async def _outcome(self, request: Request) -> Outcome:
        pusher = self._admitted(request)
        encoding = encoding_of(request.headers.get("content-type", ""))
        with self._place(pusher):
            body = await _body(request, _LIMITS[pusher].sent)
            compression = request.headers.get("content-encoding", "")
            async with self._decoding:
                points = await asyncio.to_thread(self._points, pusher, body, encoding, compression)
            return self._table.accept(points, now=self._clock())

    def _points(
        self, pusher: Pusher, body: bytes, encoding: Encoding, compression: str
    ) -> tuple[Point | Unused, ...]:
        request = decode(body, encoding, compression, most_inflated=_LIMITS[pusher].inflated)
        return tuple(points_of(request, self._table.wanted, by_browser=pusher is Pusher.BROWSER))

    def _admitted(self, request: Request) -> Pusher:
        if self._shared(request) is None:
            raise _TurnedAwayError(403, "pages of this origin may not push")
        pusher = self._access.pusher(request.headers.get("authorization", ""))
        if pusher is None:
            raise _TurnedAwayError(401, "a token that may push is needed", {"WWW-Authenticate": "Bearer"})
        return pusher

    @contextmanager
    def _place(self, pusher: Pusher) -> Iterator[None]:
        """One of the places for pushes in work."""
        if self._in_work[pusher] >= MOST_IN_WORK:
            wait = {"Retry-After": str(RETRY_SECONDS)}
            raise _TurnedAwayError(503, f"{MOST_IN_WORK} pushes are in work: push again later", wait)
        self._in_work[pusher] += 1
        try:
            yield
        finally:
            self._in_work[pusher] -= 1

    def _shared(self, request: Request) -> Mapping[str, str] | None:
        """The headers that let a page read the answer; none if the page may not push."""
        origin = request.headers.get("origin")
        if origin is None:
            return {}
        if origin not in self._access.origins:
            return None
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def _answer(
        self, request: Request, status: int, message: Message, headers: Mapping[str, str] | None = None
    ) -> Response:
        """`message` in the encoding of the push, or in JSON if that is none."""
        try:
            encoding = encoding_of(request.headers.get("content-type", ""))
        except NotUnderstood:
            encoding = Encoding.JSON
        return Response(
            encode(message, encoding),
            status_code=status,
            headers={**(self._shared(request) or {}), **(headers or {}), "Content-Type": encoding},
        )


_STATUSES: Final = ((TooLarge, 413), (NotUnderstood, 415), (Malformed, 400))


async def _body(request: Request, most: int) -> bytes:
    """The body of a push, of which no more than `most` bytes are kept."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise too_large(f"{most} bytes")
    except (TimeoutError, ClientDisconnect) as error:
        raise _TurnedAwayError(408, f"the body did not come within {BODY_SECONDS:g} s") from error
    return bytes(body)


def _response(outcome: Outcome) -> ExportMetricsServiceResponse:
    """What whoever pushed is told; nothing if all was counted, as the specification asks."""
    if not outcome.refused:
        return ExportMetricsServiceResponse()
    return ExportMetricsServiceResponse(
        partial_success=ExportMetricsPartialSuccess(
            rejected_data_points=outcome.refused, error_message=outcome.why
        )
    )
