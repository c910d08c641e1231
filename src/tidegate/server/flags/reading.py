"""Where applications read what is served: OFREP, its events, and flagd's sync by HTTP."""

from collections.abc import Callable
from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from tidegate.ports import Flags
from tidegate.server.flags import events, ofrep, sync
from tidegate.server.flags.access import Access
from tidegate.server.flags.events import Events
from tidegate.server.flags.guard import Guarded
from tidegate.server.flags.ofrep import Ofrep
from tidegate.server.flags.places import Places
from tidegate.server.flags.snapshots import Snapshots
from tidegate.server.flags.sync import Sync

MOST_QUESTIONS: Final = 256
"""In work at once; each holds at most a body and an answer."""

MOST_LISTENERS: Final = 4096

PATHS: Final = ("/ofrep/", sync.PATH)


class Reading:
    """What is served of `flags`, to whom `access` lets in; `clock` gives seconds since 1970."""

    def __init__(self, flags: Flags, access: Access, clock: Callable[[], float]) -> None:
        self._access = access
        snapshots = Snapshots(flags, clock)
        self._events = Events(flags, snapshots)
        self._sync = Sync(snapshots=snapshots)
        listen_at = events.streams("" if access.open else access.ticket)
        self._ofrep = Ofrep(flags=flags, snapshots=snapshots, streams=listen_at, clock=clock)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where is read."""
        return PATHS

    def router(self) -> APIRouter:
        """The routes to mount beside the API, which leaves who may enter to them."""
        return APIRouter(routes=self._routes())

    def close(self) -> None:
        """Let go of those who listen."""
        self._events.close()

    def _routes(self) -> list[BaseRoute]:
        asked = partial(Guarded, check=self._may_read, places=Places(MOST_QUESTIONS, "questions"))
        listened = partial(Guarded, check=self._may_listen, places=Places(MOST_LISTENERS, "listeners"))
        return [
            Route(ofrep.ALL, asked(handler=self._ofrep.all), methods=["POST"]),
            Route(ofrep.ONE, asked(handler=self._ofrep.one), methods=["POST"]),
            Route(sync.PATH, asked(handler=self._sync.file), methods=["GET"]),
            Route(events.PATH, listened(handler=self._events.stream), methods=["GET"]),
        ]

    def _may_read(self, request: Request) -> None:
        self._access.check(request.headers)

    def _may_listen(self, request: Request) -> None:
        self._access.check(request.headers, request.query_params.get("ticket", ""))
