"""Server-sent events: whoever listens is told that what is served has changed, and asks again.

An event says no more than which generation is served, so one that is told late tells as much, and who reads slowly
is told the newest alone. Who begins to listen is told at once, unless it says that it knows: what changed between its
last question and now is not missed. Sources: open-feature/protocol, ADR 0008; the HTML standard, "Server-sent events".
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import StreamingResponse

from tidegate.core.flags.definitions import Json
from tidegate.ports import Flags
from tidegate.server.flags.answers import written
from tidegate.server.flags.changes import LEAST_SECONDS
from tidegate.server.flags.snapshots import Snapshot, Snapshots
from tidegate.server.flags.tags import quoted

PATH: Final = "/ofrep/v1/events"
KEEP_ALIVE_SECONDS: Final = 15.0
INACTIVITY_SECONDS: Final = 120
"""After so long in the background an application may stop listening; the default of ADR 0008."""

RETRY: Final = b"retry: 1000\n\n"
KEEP_ALIVE: Final = b":\n\n"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def streams(ticket: str) -> bytes:
    """Where to listen, as answers of OFREP say it; the origin is that of the answer."""
    endpoint = {"requestUri": f"{PATH}?ticket={ticket}" if ticket else PATH}
    return written([{"type": "sse", "endpoint": endpoint, "inactivityDelaySec": INACTIVITY_SECONDS}])


class Events:
    """Tells of changes until closed."""

    def __init__(self, flags: Flags, snapshots: Snapshots) -> None:
        self._flags = flags
        self._snapshots = snapshots
        self._closed = False
        self._waits: set[asyncio.Timeout] = set()

    async def stream(self, request: Request) -> StreamingResponse:
        """What has changed since the event that the header names, and from then on."""
        events = self._events(request.headers.get("last-event-id", ""))
        return StreamingResponse(events, headers=HEADERS, media_type="text/event-stream")

    def close(self) -> None:
        """End every stream, also those that begin from now on; whoever listened tries again after a second."""
        self._closed = True
        for wait in self._waits:
            wait.reschedule(0)

    async def _events(self, known: str) -> AsyncIterator[bytes]:
        yield RETRY
        while not self._closed:
            snapshot = self._snapshots.newest()
            if snapshot.tag != known:
                known = snapshot.tag
                yield _event(snapshot)
                await asyncio.sleep(LEAST_SECONDS)
            elif not await self._changed(snapshot.generation):
                yield KEEP_ALIVE

    async def _changed(self, generation: int) -> bool:
        """Wait for a newer generation, not for long."""
        wait = asyncio.timeout(KEEP_ALIVE_SECONDS)
        self._waits.add(wait)
        try:
            async with wait:
                await self._flags.changed(generation)
        except TimeoutError:
            return False
        finally:
            self._waits.discard(wait)
        return True


def _event(snapshot: Snapshot) -> bytes:
    data: Json = {
        "type": "refetchEvaluation",
        "etag": quoted(snapshot.tag),
        "lastModified": int(snapshot.since),
        "generation": snapshot.generation,
    }
    return b"id: %b\nevent: message\ndata: %b\n\n" % (snapshot.tag.encode(), written(data))
