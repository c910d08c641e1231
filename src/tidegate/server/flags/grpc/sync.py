"""flagd's synchronisation: the whole set to whoever evaluates flags in process, and again after each change.

Source: flagd, "flagd.sync.v1", https://flagd.dev/reference/specifications/protos.
"""

import json
from collections.abc import AsyncGenerator
from typing import Final

import grpc
from google.protobuf.struct_pb2 import Struct
from openfeature.schemas.protobuf.flagd.sync.v1.sync_pb2 import (
    FetchAllFlagsRequest,
    FetchAllFlagsResponse,
    GetMetadataRequest,
    GetMetadataResponse,
    SyncFlagsRequest,
    SyncFlagsResponse,
)

from tidegate.core.flags.definitions import FlagSet
from tidegate.core.flags.document import document
from tidegate.ports import Flags
from tidegate.server.flags.changes import PerGeneration, followed
from tidegate.server.flags.grpc.calls import Asked, TurnedAway

SELECTOR_HEADER: Final = "flagd-selector"
"""Newer providers choose flags by this header, older ones in the message."""

SET_ID: Final = "flagSetId"


class Synchronisation:
    """Sends what is served."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags
        self._sent = PerGeneration(_sync)
        self._fetched = PerGeneration(_fetch)

    async def sync(self, asked: Asked) -> AsyncGenerator[bytes, None]:
        """Answer `SyncFlags`."""
        selector = _selector(asked, asked.read(SyncFlagsRequest).selector)
        async for served in followed(self._flags):
            _check(selector, served.flags)
            yield self._sent.of(served)

    def fetch(self, asked: Asked) -> bytes:
        """Answer `FetchAllFlags`."""
        served = self._flags.served()
        _check(_selector(asked, asked.read(FetchAllFlagsRequest).selector), served.flags)
        return self._fetched.of(served)

    def metadata(self, asked: Asked) -> bytes:
        """Answer `GetMetadata`: nothing is added to the contexts of applications."""
        asked.read(GetMetadataRequest)
        return GetMetadataResponse(metadata=Struct()).SerializeToString()


def _sync(flags: FlagSet) -> bytes:
    return SyncFlagsResponse(flag_configuration=_text(flags), sync_context=Struct()).SerializeToString()


def _fetch(flags: FlagSet) -> bytes:
    return FetchAllFlagsResponse(flag_configuration=_text(flags)).SerializeToString()


def _text(flags: FlagSet) -> str:
    return json.dumps(document(flags), ensure_ascii=False, separators=(",", ":"))


def _selector(asked: Asked, in_message: str) -> str:
    return asked.headers.get(SELECTOR_HEADER, in_message)


def _check(selector: str, flags: FlagSet) -> None:
    """One set is served: who asks for another is told so, since flags left out would be errors to the application."""
    if selector and selector != f"{SET_ID}={flags.metadata.get(SET_ID)}":
        told = f"selector {selector!r} names another set than the one that is served here: leave it out"
        raise TurnedAway(grpc.StatusCode.INVALID_ARGUMENT, told)
