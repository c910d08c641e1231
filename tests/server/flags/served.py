"""Flags as they are served in a test: a set that can be replaced."""

import asyncio

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import FlagKey
from tidegate.ports import ServedFlags

CHECKOUT = FlagKey("checkout")
VARIANTS = {"on": True, "off": False}


def checkout(default: str = "on") -> Flag:
    """A flag that everybody is served the default of."""
    return Flag(key=CHECKOUT, variants=VARIANTS, default=default, metadata={"owner": "group:shop"})


def flag_set(*flags: Flag, **metadata: str) -> FlagSet:
    return FlagSet(flags={flag.key: flag for flag in flags}, metadata=metadata)


class Served:
    """Serves a set until it is given another; remembers what was evaluated."""

    def __init__(self, flags: FlagSet, generation: int = 1) -> None:
        self._served = ServedFlags(generation=generation, flags=flags)
        self._changed = asyncio.Condition()
        self.evaluations: list[tuple[FlagKey, str | None]] = []

    def served(self) -> ServedFlags:
        return self._served

    async def changed(self, after: int) -> ServedFlags:
        async with self._changed:
            await self._changed.wait_for(lambda: self._served.generation > after)
        return self._served

    def evaluated(self, flag: FlagKey, variant: str | None) -> None:
        self.evaluations.append((flag, variant))

    async def replace(self, flags: FlagSet) -> None:
        """Serve another set, and let everybody know who waits for one."""
        self._served = ServedFlags(generation=self._served.generation + 1, flags=flags)
        async with self._changed:
            self._changed.notify_all()
