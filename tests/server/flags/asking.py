"""Flags in memory, served by the application under test."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette

from tidegate.core.flags.definitions import Flag, FlagSet, Json
from tidegate.core.ids import FlagKey
from tidegate.ports import ServedFlags
from tidegate.server.flags.access import Access
from tidegate.server.flags.reading import Reading

TOKEN = "of-the-flags"
API_TOKEN = "of-the-api"
NOW = 1_700_000_000.75
ACCESS = Access(token=TOKEN, also=API_TOKEN)
OPEN = Access(token=TOKEN, also=API_TOKEN, open=True)


def flag(key: str, *, on: Json = True, off: Json = False, default: str | None = "off") -> Flag:
    return Flag(key=FlagKey(key), variants={"on": on, "off": off}, default=default)


def set_of(*flags: Flag, metadata: Mapping[str, str] | None = None) -> FlagSet:
    return FlagSet(flags={each.key: each for each in flags}, metadata=metadata or {})


class MemoryFlags:
    """Serves what it was last told to, and remembers what was evaluated."""

    def __init__(self, flags: FlagSet) -> None:
        self._served = ServedFlags(generation=1, flags=flags)
        self._woken = asyncio.Event()
        self.noted: list[tuple[FlagKey, str | None]] = []

    def served(self) -> ServedFlags:
        return self._served

    def serve(self, flags: FlagSet) -> None:
        self._served = ServedFlags(generation=self._served.generation + 1, flags=flags)
        self._woken.set()
        self._woken = asyncio.Event()

    async def changed(self, after: int) -> ServedFlags:
        while self._served.generation <= after:
            await self._woken.wait()
        return self._served

    def evaluated(self, flag: FlagKey, variant: str | None) -> None:
        self.noted.append((flag, variant))


def reading(flags: MemoryFlags, access: Access = ACCESS) -> Reading:
    return Reading(flags, access, lambda: NOW)


@asynccontextmanager
async def asking(
    served: Reading, headers: Mapping[str, str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has only these routes, with the token unless headers are given."""
    transport = httpx.ASGITransport(Starlette(routes=served.router().routes))
    given = {"X-API-Key": TOKEN} if headers is None else headers
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1", headers=given) as client:
        yield client
