"""Pushes by OTLP/HTTP: `POST /v1/metrics` and `POST /v1/traces`.

Answers are protobuf messages in the encoding of the push: 200 with how much was refused and why, else a
`google.rpc.Status`. 400 is a body that is not what it says, 401 a wrong token, 403 a page of an origin that is not
allowed or a signal that browsers may not push, 408 a body that does not come, 413 one too large, 415 a type or
compression that is none of OTLP's, 503 too many pushes at once, or no room, to be repeated after a while.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from math import ceil
from typing import Final

from fastapi import APIRouter, Request, Response
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from starlette.requests import ClientDisconnect

from tidegate.core.errors import Refused
from tidegate.otlp.wire import Encoding, NotUnderstood, Push, encode, encoding_of, too_large
from tidegate.server.otlp.access import LIMITS, Access, Pusher
from tidegate.server.otlp.refusals import Reason, TurnedAway, refusal
from tidegate.server.otlp.signals import Signal, admitted
from tidegate.server.otlp.work import Work

BODY_SECONDS: Final = 10.0
"""How long a body may take to come."""

PREFLIGHT_SECONDS: Final = 600
"""How long a browser remembers what it may send."""


class Receiver:
    """Takes pushes of `signals` from whom `access` lets in, as far as there are places for `work`."""

    def __init__(self, signals: Iterable[Signal], access: Access, work: Work) -> None:
        self._signals = tuple(signals)
        self._access = access
        self._work = work

    @property
    def paths(self) -> tuple[str, ...]:
        """Where is pushed."""
        return tuple(signal.path for signal in self._signals)

    def router(self) -> APIRouter:
        """The routes to mount beside the API, which leaves who may enter to them."""
        router = APIRouter()
        for signal in self._signals:
            push, preflight = partial(self._push, signal), partial(self._preflight, signal)
            router.add_api_route(signal.path, push, methods=["POST"], response_model=None)
            router.add_api_route(signal.path, preflight, methods=["OPTIONS"], response_model=None)
        return router

    async def _preflight(self, signal: Signal, request: Request) -> Response:
        """Tell a browser whether its page may push."""
        shared = self._shared(request)
        if not shared or Pusher.BROWSER not in signal.pushers:
            return Response(status_code=403)
        allowed = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "authorization, content-type, content-encoding",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
        return Response(status_code=204, headers={**shared, **allowed})

    async def _push(self, signal: Signal, request: Request) -> Response:
        """Count what is pushed."""
        try:
            return self._answer(request, 200, await self._taken(signal, request))
        except Refused as error:
            return self._turned_away(request, refusal(error))
        except TurnedAway as error:
            return self._turned_away(request, error)

    async def _taken(self, signal: Signal, request: Request) -> Message:
        pusher = self._admitted(signal, request)
        encoding = encoding_of(request.headers.get("content-type", ""))
        with self._work.place(pusher):
            push = Push(
                body=await _body(request, LIMITS[pusher].sent),
                encoding=encoding,
                compression=request.headers.get("content-encoding", ""),
                most_inflated=LIMITS[pusher].inflated,
            )
            return await signal.take(push, pusher)

    def _admitted(self, signal: Signal, request: Request) -> Pusher:
        if self._shared(request) is None:
            raise TurnedAway(Reason.FORBIDDEN, "pages of this origin may not push")
        return admitted(signal, self._access, request.headers.get("authorization", ""))

    def _shared(self, request: Request) -> Mapping[str, str] | None:
        """The headers that let a page read the answer; none if the page may not push."""
        origin = request.headers.get("origin")
        if origin is None:
            return {}
        if origin not in self._access.origins:
            return None
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def _turned_away(self, request: Request, error: TurnedAway) -> Response:
        headers = {"WWW-Authenticate": "Bearer"} if error.reason is Reason.WHO else {}
        if error.seconds is not None:
            headers["Retry-After"] = str(ceil(error.seconds))
        return self._answer(request, error.reason.http, Status(message=str(error)), headers)

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
        raise TurnedAway(Reason.SLOW, f"the body did not come within {BODY_SECONDS:g} s") from error
    return bytes(body)
