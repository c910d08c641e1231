"""Calls by gRPC, as bytes in and bytes out: who may call, how many at once, and how one is turned away."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
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
    """Answers those whom `admits` lets in, and sends to as many as there are places."""

    def __init__(self, admits: Admits, most_streams: int = MOST_STREAMS) -> None:
        self._admits = admits
        self._places = most_streams

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
                with self._place():
                    await _send_all(follow(asked), context)
            except TurnedAway as error:
                await asyncio.sleep(REFUSED_SECONDS)
                await context.abort(error.code, str(error))

        return grpc.unary_stream_rpc_method_handler(called)

    def _asked(self, body: bytes, context: Context) -> Asked:
        metadata = context.invocation_metadata() or ()
        headers = {key: value for key, value in metadata if isinstance(value, str)}
        if not self._admits(headers.get("authorization", "")):
            raise TurnedAway(grpc.StatusCode.UNAUTHENTICATED, "a token that may read flags is needed")
        return Asked(body=body, headers=headers)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places:
            raise TurnedAway(
                grpc.StatusCode.UNAVAILABLE, "too many follow the flags already: come again later"
            )
        self._places -= 1
        try:
            yield
        finally:
            self._places += 1


async def _send_all(messages: AsyncGenerator[bytes, None], context: Context) -> None:
    async with aclosing(messages) as sending:
        async for message in sending:
            try:
                async with asyncio.timeout(UNREAD_SECONDS):
                    await context.write(message)
            except TimeoutError as error:
                told = f"what was sent was not taken for {UNREAD_SECONDS:g} s"
                raise TurnedAway(grpc.StatusCode.RESOURCE_EXHAUSTED, told) from error
