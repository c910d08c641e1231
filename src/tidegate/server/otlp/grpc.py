"""Pushes by OTLP/gRPC: the same signals by the methods of their services.

A status says why a push is turned away; one that may be pushed again is `UNAVAILABLE`, with a `RetryInfo` that says
when. Messages are inflated by gRPC, which refuses those that are too large. Source: the OTLP specification,
"OTLP/gRPC".
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final, NoReturn

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tidegate.core.errors import Refused
from tidegate.otlp.wire import MOST_BYTES, Push, too_large
from tidegate.server import grpc_port
from tidegate.server.grpc_port import Limits
from tidegate.server.otlp.access import LIMITS, Access
from tidegate.server.otlp.refusals import TurnedAway, refusal
from tidegate.server.otlp.signals import Signal, admitted
from tidegate.server.otlp.work import MOST_IN_WORK, Work

MOST_CALLS: Final = 4 * MOST_IN_WORK
"""Calls at once; those without a place among the pushes in work are told to come again, more are cut off."""

DETAILS: Final = "grpc-status-details-bin"

Context = grpc.aio.ServicerContext[bytes, bytes]


class GrpcReceiver(grpc.GenericRpcHandler):
    """Takes pushes of `signals` from whom `access` lets in, as far as there are places for `work`."""

    def __init__(self, signals: Iterable[Signal], access: Access, work: Work) -> None:
        self._signals = {signal.method: signal for signal in signals}
        self._access = access
        self._work = work

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """The method that is called, if there is one; gRPC calls this."""
        signal = self._signals.get(handler_call_details.method)
        if signal is None:
            return None
        return grpc.unary_unary_rpc_method_handler(partial(self._export, signal))

    async def _export(self, signal: Signal, body: bytes, context: Context) -> bytes:
        """Count what is pushed."""
        try:
            response = await self._taken(signal, body, _authorization(context))
            return response.SerializeToString()
        except Refused as error:
            await _turn_away(context, refusal(error))
        except TurnedAway as error:
            await _turn_away(context, error)

    async def _taken(self, signal: Signal, body: bytes, authorization: str) -> Message:
        pusher = admitted(signal, self._access, authorization)
        most = LIMITS[pusher].inflated
        if len(body) > most:
            raise too_large(f"{most} bytes")
        with self._work.place(pusher):
            return await signal.take(Push(body=body), pusher)


def _authorization(context: Context) -> str:
    given = (value for key, value in context.invocation_metadata() or () if key == "authorization")
    return next((value for value in given if isinstance(value, str)), "")


async def _turn_away(context: Context, error: TurnedAway) -> NoReturn:
    code, message = error.reason.grpc, str(error)
    status = Status(code=code.value[0], message=message)
    if error.seconds is not None:
        retry = RetryInfo()
        retry.retry_delay.FromMilliseconds(round(error.seconds * 1000))
        packed = Any()
        packed.Pack(retry)
        status.details.append(packed)
    await context.abort(code, message, ((DETAILS, status.SerializeToString()),))


def answering(receiver: GrpcReceiver, host: str, port: int) -> AbstractAsyncContextManager[int]:
    """Answer on a port, any if it is 0, until left; raises `Refused` where that is in use."""
    limits = Limits(most_calls=MOST_CALLS, options=(("grpc.max_receive_message_length", MOST_BYTES),))
    return grpc_port.answering(receiver, host, port, limits)
