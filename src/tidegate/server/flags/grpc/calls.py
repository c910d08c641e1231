"""Calls by gRPC, as bytes in and bytes out: who may call, how many at once, and how one is turned away."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

MOST_STREAMS: Final = 4096
"""Applications that follow changes at once; more are told to come again."""

UNREAD_SECONDS: Final = 30.0
"""After this time who does not take what was sent is left."""

REFUSED_SECONDS: Final = 1.0
"""How long one who may not follow waits for the answer: flagd's providers come again at once."""

UNAVAILABLE: Final = grpc.StatusCode.UNAVAILABLE

Context = grpc.aio.ServicerContext[bytes, bytes]
Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
Admits = Callable[[str], bool]
"""Whether the bearer of this `authorization` may call; the header is empty where there is none."""

M = TypeVar("M", bound=Message)


class TurnedAway(Exception):  # noqa: N818 - an answer, not a mistake of ours
    """Why a call is not answered."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call: its message, and what stands beside it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def read(self, kind: type[M]) -> M:
        """The message as one of `kind`."""
        try:
            return kind.FromString(self.body)
        except DecodeError as error:
            told = f"not a {kind.DESCRIPTOR.full_name}"
            raise TurnedAway(grpc.StatusCode.INVALID_ARGUMENT, told) from error


Answer = Callable[[Asked], bytes]
Follow = Callable[[Asked], AsyncGenerator[bytes, None]]


class Calls:
    """Answers those whom `admits` lets in, and sends to as many as there are places, until closed."""

    def __init__(self, admits: Admits, most_streams: int = MOST_STREAMS) -> None:
        self._admits = admits
        self._most_streams = most_streams
        self._streams: set[asyncio.Timeout] = set()
        self._closed = False

    def close(self) -> None:
        """End every stream: gRPC tells of those that it must cut off itself, one by one."""
        self._closed = True
        for stream in self._streams:
            stream.reschedule(0)

    def answered(self, answer: Answer) -> Handler:
        """A method that answers a call with a message."""

        async def called(body: bytes, context: Context) -> bytes:
            try:
                return answer(self._asked(body, context))
            except TurnedAway as error:
                await context.abort(error.code, str(error))

        return grpc.unary_unary_rpc_method_handler(called)

    def followed(self, follow: Follow) -> Handler:
        """A method that answers a call with messages, until whoever calls has enough."""

        async def called(body: bytes, context: Context) -> None:
            try:
                asked = self._asked(body, context)
                async with self._place():
                    await _send_all(follow(asked), context)
            except TurnedAway as error:
                await asyncio.sleep(0 if self._closed else REFUSED_SECONDS)
                await context.abort(error.code, str(error))

        return grpc.unary_stream_rpc_method_handler(called)

    def _asked(self, body: bytes, context: Context) -> Asked:
        metadata = context.invocation_metadata() or ()
        headers = {key: value for key, value in metadata if isinstance(value, str)}
        if not self._admits(headers.get("authorization", "")):
            raise TurnedAway(grpc.StatusCode.UNAUTHENTICATED, "a token that may read flags is needed")
        return Asked(body=body, headers=headers)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._closed:
            raise _stopping()
        if len(self._streams) >= self._most_streams:
            raise TurnedAway(UNAVAILABLE, "too many follow the flags already: come again later")
        stream = asyncio.timeout(None)
        self._streams.add(stream)
        try:
            async with stream:
                yield
        except TimeoutError:
            raise _stopping() from None
        finally:
            self._streams.discard(stream)


def _stopping() -> TurnedAway:
    return TurnedAway(UNAVAILABLE, "tidegate is stopping: come again")


async def _send_all(messages: AsyncGenerator[bytes, None], context: Context) -> None:
    # Metadata go on their own: a status cannot be sent while they are on their way with the first message.
    await context.send_initial_metadata(())
    async with aclosing(messages) as sending:
        async for message in sending:
            try:
                async with asyncio.timeout(UNREAD_SECONDS):
                    await context.write(message)
            except TimeoutError as error:
                told = f"what was sent was not taken for {UNREAD_SECONDS:g} s"
                raise TurnedAway(grpc.StatusCode.RESOURCE_EXHAUSTED, told) from error
