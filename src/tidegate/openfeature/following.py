"""Follows what tidegate serves by flagd's synchronisation, in a thread of its own.

Cut off, it comes again, later and later and never at the same moment as others: a thousand applications are not to
fall upon a tidegate that has just started.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import grpc

# Nobody else publishes these messages for Python than the provider of flagd.
from openfeature.schemas.protobuf.flagd.sync.v1.sync_pb2 import SyncFlagsRequest, SyncFlagsResponse

METHOD: Final = "/flagd.sync.v1.FlagSyncService/SyncFlags"
MOST_BYTES: Final = 32 << 20
FIRST_SECONDS: Final = 0.1
LAST_SECONDS: Final = 5.0
"""Waits before it comes again: the first, and the longest."""

OPTIONS: Final = (
    ("grpc.max_receive_message_length", MOST_BYTES),
    # Each attempt is one of its own: gRPC does not remember that the last one failed, and wait on its own account.
    ("grpc.use_local_subchannel_pool", 1),
    # A peer that has vanished without a word is found out, though nothing changes for days.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told, in the thread that follows: definitions as they come, and why none come any more."""

    came: Callable[[str], None]
    lost: Callable[[str], None]


class Follower:
    """Follows the tidegate at `address`, host and port, as the bearer of `token`."""

    def __init__(self, address: str, token: str | None, listener: Listener) -> None:
        self._address = address
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._listener = listener
        self._stopped = Event()
        self._stream: grpc.Call | None = None

    def start(self) -> None:
        """Begin to follow."""
        Thread(target=self._follow, name="tidegate-flags", daemon=True).start()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.cancel()

    def _follow(self) -> None:
        waits = _waits()
        while not self._stopped.is_set():
            with grpc.insecure_channel(self._address, options=OPTIONS) as channel:
                came, why = self._come(channel)
            if not self._stopped.is_set():
                self._listener.lost(f"no flags come from {self._address}: {why}")
            waits = _waits() if came else waits
            self._stopped.wait(next(waits))

    def _come(self, channel: grpc.Channel) -> tuple[bool, str]:
        """Tell what comes until nothing does: whether anything came, and why no more."""
        came = False
        try:
            for response in self._called(channel):
                self._listener.came(response.flag_configuration)
                came = True
        except grpc.RpcError as error:
            return came, f"{error.code().name}: {error.details()}"
        except Exception as error:  # noqa: BLE001 - whatever came, this thread lives on: a kill may be next
            return came, f"{type(error).__name__}: {error}"
        return came, "the stream has ended"

    def _called(self, channel: grpc.Channel) -> Iterator[SyncFlagsResponse]:
        sync: grpc.UnaryStreamMultiCallable[SyncFlagsRequest, SyncFlagsResponse] = channel.unary_stream(
            METHOD, SyncFlagsRequest.SerializeToString, SyncFlagsResponse.FromString
        )
        stream = sync(SyncFlagsRequest(), metadata=self._metadata)
        self._stream = stream
        if self._stopped.is_set():
            stream.cancel()
        return iter(stream)


def _waits() -> Iterator[float]:
    longest = FIRST_SECONDS
    while True:
        yield longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads who comes again; no secret
        longest = min(LAST_SECONDS, 2 * longest)
