"""What is served, followed: once at first, and again after each change."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Final, Generic, TypeVar

from tidegate.core.flags.definitions import FlagSet
from tidegate.ports import Flags, ServedFlags

LEAST_SECONDS: Final = 0.05
"""Between two changes that one reader is told: the first of a burst goes out at once, the others together."""

T = TypeVar("T")


async def followed(flags: Flags, idle: float | None = None) -> AsyncGenerator[ServedFlags, None]:
    """The newest set, and the newest again after each change; the same again after `idle` seconds without one."""
    loop = asyncio.get_running_loop()
    served = flags.served()
    while True:
        yield served
        told = loop.time()
        newer = await _newer(flags, served, idle)
        if newer is not served:
            await asyncio.sleep(max(0.0, told + LEAST_SECONDS - loop.time()))
            newer = flags.served()
        served = newer


async def _newer(flags: Flags, served: ServedFlags, idle: float | None) -> ServedFlags:
    try:
        async with asyncio.timeout(idle):
            return await flags.changed(served.generation)
    except TimeoutError:
        return served


class PerGeneration(Generic[T]):
    """What `make` makes of a set, made once for all who ask for the same generation."""

    def __init__(self, make: Callable[[FlagSet], T]) -> None:
        self._make = make
        self._made: tuple[int, T] | None = None

    def of(self, served: ServedFlags) -> T:
        """What is made of this set."""
        if self._made is None or self._made[0] != served.generation:
            self._made = (served.generation, self._make(served.flags))
        return self._made[1]
