"""The methods of flagd's services, on a port."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import grpc

from tidegate.ports import Flags
from tidegate.server import grpc_port
from tidegate.server.flags import context
from tidegate.server.flags.grpc.calls import MOST_STREAMS, Admits, Calls, Handler
from tidegate.server.flags.grpc.evaluation import RESOLUTIONS, Resolver
from tidegate.server.flags.grpc.events import Events
from tidegate.server.flags.grpc.sync import Synchronisation
from tidegate.server.grpc_port import Limits

SYNC: Final = "flagd.sync.v1.FlagSyncService"
EVALUATION_V1: Final = "flagd.evaluation.v1.Service"
EVALUATION_V2: Final = "flagd.evaluation.v2.Service"

OPTIONS: Final = (
    ("grpc.max_receive_message_length", context.MOST_BYTES),
    # Applications that have vanished without a word give their place back.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Clients may look whether this server lives as often as they have been set up to.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),
)

LIMITS: Final = Limits(
    most_calls=2 * MOST_STREAMS,  # whoever evaluates finds room beside all who follow
    options=OPTIONS,
    grace_seconds=0.2,  # evaluations end by then, and who follows would never end by himself
)


class FlagServices(grpc.GenericRpcHandler):
    """Finds the method that is called; all of them are answered by `calls`."""

    def __init__(self, methods: Mapping[str, Handler], calls: Calls) -> None:
        self._methods = methods
        self._calls = calls

    def close(self) -> None:
        """End every stream."""
        self._calls.close()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "Handler | None":
        """The method that is called, if there is one; gRPC calls this."""
        return self._methods.get(handler_call_details.method)


def anybody(_authorization: str) -> bool:
    """Who may call where everybody may, as flagd has it."""
    return True


def flag_services(
    flags: Flags, admits: Admits = anybody, *, clock: Callable[[], float] = time.time
) -> FlagServices:
    """Synchronisation, evaluation and events of `flags`, for those whom `admits` lets in."""
    calls, sync, events = Calls(admits), Synchronisation(flags), Events(flags)
    resolver = Resolver(flags, clock)
    methods = {
        f"/{SYNC}/SyncFlags": calls.followed(sync.sync),
        f"/{SYNC}/FetchAllFlags": calls.answered(sync.fetch),
        f"/{SYNC}/GetMetadata": calls.answered(sync.metadata),
        f"/{EVALUATION_V1}/ResolveAll": calls.answered(resolver.all),
    }
    for service in (EVALUATION_V1, EVALUATION_V2):
        methods[f"/{service}/EventStream"] = calls.followed(events.stream)
        methods |= {f"/{service}/{each.name}": calls.answered(resolver.one(each)) for each in RESOLUTIONS}
    return FlagServices(methods, calls)


@asynccontextmanager
async def answering(services: FlagServices, host: str, port: int) -> AsyncIterator[int]:
    """Answer on a port, any if it is 0, until left; raises `Refused` where that is in use."""
    async with grpc_port.answering(services, host, port, LIMITS) as bound:
        try:
            yield bound
        finally:
            services.close()
