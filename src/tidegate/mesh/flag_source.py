"""Where the services of a mesh get their feature flags: an address on this machine that may change, and a token.

Both lie in the mesh directory, so that it does not matter which is there first, who serves flags or the mesh.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from tidegate.mesh.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagSource:
    """Who serves flags by flagd's synchronisation over gRPC: `address` is host and port, `token` may read them."""

    address: str
    token: str


def flag_source(layout: Layout) -> FlagSource | None:
    """Where flags are served at this moment, if anywhere."""
    try:
        told = json.loads(layout.flags.read_text(encoding="utf-8"))
        return FlagSource(address=str(told["address"]), token=str(told["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def told(layout: Layout, source: FlagSource) -> Iterator[None]:
    """Have the services of a mesh ask there, as long as this lasts."""
    layout.root.mkdir(parents=True, exist_ok=True)
    fresh = layout.flags.with_name(f".{layout.flags.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(source), file)
    fresh.replace(layout.flags)
    try:
        yield
    finally:
        if flag_source(layout) == source:  # somebody else may serve them since
            layout.flags.unlink(missing_ok=True)
