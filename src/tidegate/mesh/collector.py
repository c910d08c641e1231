"""Who receives a mesh's spans: an address that may change, and a token that does not.

Both lie in the mesh directory, so that it does not matter which is there first, the receiver or the mesh. The token
opens nothing but the receiver of traces and metrics.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import replace
from typing import Final

from tidegate.mesh import store
from tidegate.mesh.dataplane import DataPlane
from tidegate.mesh.layout import Layout

PORTS: Final = range(1, 65536)


def trace_token(layout: Layout) -> str:
    """The token that spans are sent with; made the first time, for this user's eyes only."""
    if not layout.token.exists():
        _make_token(layout)
    return layout.token.read_text(encoding="ascii")


def _make_token(layout: Layout) -> None:
    """Complete before it has its name; whoever was first made it."""
    layout.root.mkdir(parents=True, exist_ok=True)
    fresh = layout.token.with_name(f".{layout.token.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, secrets.token_urlsafe(32).encode())
        with suppress(FileExistsError):
            os.link(fresh, layout.token)
    finally:
        os.close(descriptor)
        fresh.unlink()


def collector_port(layout: Layout) -> int | None:
    """Where spans are received on the loopback address, if anywhere."""
    try:
        port = int(layout.collector.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None
    return port if port in PORTS else None


def set_collector(layout: Layout, port: int | None) -> None:
    """Send spans to a port on the loopback address from now on, or nowhere; a mesh that runs is told at once."""
    with store.locked(layout):
        store.write(layout.collector, "" if port is None else str(port))
        if not layout.wanted.exists():
            return
        state = store.load(layout)
        if state.tracing is None or state.collector == port:
            return
        told = replace(state, collector=port, generation=state.generation + 1)
        store.save(layout, told)
        DataPlane(layout).apply(told)
        store.save_acked(layout, told)
