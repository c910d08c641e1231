"""`tidegate flags serve`: one process that serves flags and nothing else.

It may be killed at any moment: what is switched off, exposed and removed is in the store, and applications have their
last good values or defaults of their own.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tidegate.server.app import api_of
from tidegate.server.flags.serving import FlagOptions, Tell, flag_server
from tidegate.server.flags.switches import Switches
from tidegate.server.running import HOST, listen, server_of, until_interrupted
from tidegate.store.database import Store
from tidegate.temporal.state_dir import StateDir


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `tidegate flags serve` was asked for."""

    state_dir: Path
    port: int
    flags: FlagOptions


async def serve(options: Options, tell: Tell) -> None:
    """Run until interrupted; raises `Refused` or `Unavailable` when it cannot start."""
    state, token = StateDir.open(options.state_dir), secrets.token_urlsafe(32)
    async with _store(state) as store, flag_server(options.flags, state, store, token) as flags:
        with listen(options.port) as listener:
            switches = Switches(switching=flags.switching(), clock=time.time)
            api = api_of("Tidegate flags", token, [switches], [flags.reading])
            server = server_of(api, flags.reading.close)
            url = f"http://{HOST}:{listener.getsockname()[1]}"
            async with flags.published(url, tell):
                await until_interrupted(server.serve_until_cancelled(listener), *flags.work(tell))


@asynccontextmanager
async def _store(state: StateDir) -> AsyncIterator[Store]:
    store = await asyncio.to_thread(Store.open, state.store_url)
    try:
        yield store
    finally:
        store.close()
