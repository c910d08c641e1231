"""flagd's events: which flags have changed, for those who ask by gRPC and keep answers.

An application that comes again may have missed changes, and would go by answers that it keeps, of a flag that was
switched off meanwhile. So the first event names every flag.
"""

from collections.abc import AsyncGenerator, Mapping
from enum import StrEnum
from typing import Final

from google.protobuf.struct_pb2 import Struct
from openfeature.schemas.protobuf.flagd.evaluation.v2.evaluation_pb2 import (
    EventStreamRequest,
    EventStreamResponse,
)

from tidegate.core.flags.changes import Change, changes
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.ids import FlagKey
from tidegate.ports import Flags, ServedFlags
from tidegate.server.flags.changes import followed
from tidegate.server.flags.grpc.calls import Asked

KEEP_ALIVE_SECONDS: Final = 20.0
"""The pace of flagd."""


class EventType(StrEnum):
    """What is told."""

    READY = "provider_ready"
    CHANGED = "configuration_change"
    KEEP_ALIVE = "keep_alive"


class Events:
    """Tells of changes."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags
        self._changes = _LastChange()

    async def stream(self, asked: Asked) -> AsyncGenerator[bytes, None]:
        """Answer `EventStream`."""
        asked.read(EventStreamRequest)
        yield _event(EventType.READY)
        known = ServedFlags(generation=-1, flags=FlagSet())
        async for served in followed(self._flags, KEEP_ALIVE_SECONDS):
            yield (
                _KEEP_ALIVE if served.generation == known.generation else self._changes.between(known, served)
            )
            known = served


class _LastChange:
    """The event of one change, made once for all who followed it."""

    def __init__(self) -> None:
        self._generations = (-1, -1)
        self._event = b""

    def between(self, old: ServedFlags, new: ServedFlags) -> bytes:
        generations = (old.generation, new.generation)
        if generations != self._generations:
            self._generations = generations
            self._event = _event(EventType.CHANGED, changes(old.flags, new.flags))
        return self._event


def _event(kind: EventType, flags: Mapping[FlagKey, Change] | None = None) -> bytes:
    data = Struct()
    if flags is not None:
        data.update({"flags": {key: {"type": change.value} for key, change in sorted(flags.items())}})
    return EventStreamResponse(type=kind, data=data).SerializeToString()


_KEEP_ALIVE: Final = _event(EventType.KEEP_ALIVE)
