"""Switching a flag where no server answers: in the store, and whoever serves from that notices."""

import time

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import FlagKey
from tidegate.flags.switching import Position, Request, switched
from tidegate.server.caller import whoami
from tidegate.store.database import Store
from tidegate.temporal.state_dir import StateDir


def keep(request: Request, state: StateDir, store_url: str | None, why: str) -> str:
    """Keep what was requested; what was done, in words. `why` says what became of the server."""
    if not store_url and not state.store_file.exists():
        raise _never_served(state.store_url, why)
    store = Store.open(store_url or state.store_url)
    try:
        defined = store.flags.base()
        if defined is None:
            raise _never_served(store.name, why)
        done = switched(store.flags, defined, request)
    finally:
        store.close()
    return f"{done}\n{why}; it is kept in {store.name}, and in effect where flags are served from it"


def requested(flag: str, position: Position, reason: str) -> Request:
    """What is wanted, by whoever uses this machine, now."""
    return Request(flag=FlagKey(flag), position=position, by=whoami(), reason=reason, at=time.time())


def _never_served(store: str, why: str) -> Refused:
    hint = "name the --state-dir, or the --store, of the tidegate that serves the flag"
    return Refused([Problem(message=f"{why}, and no flags were ever served from {store}", hint=hint)])
