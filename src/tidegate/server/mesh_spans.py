"""The spans of the local mesh come to this process while it runs, and to nobody after it.

The mesh may come up before or after; without it, or if it cannot be told, everything else works as it would.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tidegate.core.errors import TidegateError
from tidegate.mesh.collector import collector_port, set_collector
from tidegate.mesh.layout import Layout

Tell = Callable[[str], None]


@asynccontextmanager
async def mesh_spans(layout: Layout, port: int, tell: Tell) -> AsyncIterator[None]:
    """Have the mesh send its spans to a port on the loopback address, as long as this lasts."""
    await _send(layout, port, tell)
    try:
        yield
    finally:
        if collector_port(layout) == port:  # somebody else may have asked for them since
            await _send(layout, None, tell)


async def _send(layout: Layout, port: int | None, tell: Tell) -> None:
    try:
        await asyncio.to_thread(set_collector, layout, port)
    except (TidegateError, OSError) as error:
        where = "here" if port else "here no more"
        tell(f"the mesh in {layout.root} was not told to send spans {where}: {error}")
