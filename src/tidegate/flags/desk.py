"""The desk: knows what is served of feature flags, keeps it in the store, and wakes whoever waits for news.

    files ──► base ─┐
    rollouts ──► exposures, removals ─┼──► store, one generation for each state ──► served set ──► whoever waits
    people ──► switches ─┘

A change is kept before it is served. Several processes may serve from one store: each looks at the generation often
enough that what is switched off in one is off in all at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeVar

from tidegate.core.errors import Unavailable
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.flags.serving import served
from tidegate.core.ids import FlagKey
from tidegate.ports import ServedFlags
from tidegate.store.flags import FlagsRecord, FlagStore

LOOK_SECONDS: Final = 0.2
"""Between two looks at the generation, for what other processes changed."""

FLUSH_SECONDS: Final = 5.0
"""Between two times at which the store is told which flags were evaluated."""

Tell = Callable[[str], None]
_Answer = TypeVar("_Answer")


class FlagDesk:
    """Serves flags (port `Flags`). `open` is the way to get one; `clock` gives seconds since 1970.

    It belongs to one event loop, and to it alone.
    """

    def __init__(self, store: FlagStore, base: FlagSet, clock: Callable[[], float]) -> None:
        self.base = base
        self.record = FlagsRecord(generation=-1)
        self._store = store
        self._clock = clock
        self._served = ServedFlags(generation=-1, flags=FlagSet())
        self._news = asyncio.Event()
        self._seen: set[FlagKey] = set()
        # Threads of its own: a switch never waits behind other work.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="flags")

    @classmethod
    async def open(cls, store: FlagStore, base: FlagSet, clock: Callable[[], float]) -> "FlagDesk":
        """A desk that serves `base` with what the store knows of exposures, removals and switches."""
        desk = cls(store, base, clock)
        try:
            await desk.with_base(base)
        except BaseException:
            desk.close()
            raise
        return desk

    def close(self) -> None:
        """Let go of its threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # What is served

    def served(self) -> ServedFlags:
        """The newest good set."""
        return self._served

    async def changed(self, after: int) -> ServedFlags:
        """The newest set, once its generation is above `after`."""
        while self._served.generation <= after:
            await self._news.wait()
        return self._served

    def evaluated(self, flag: FlagKey, variant: str | None) -> None:  # noqa: ARG002 - the port tells more than is kept
        """Note that a flag was evaluated just now."""
        if flag in self._served.flags.flags:  # whoever asks for what is not there fills no memory
            self._seen.add(flag)

    async def evaluations(self) -> Mapping[FlagKey, float]:
        """When each flag was evaluated last, in seconds since 1970."""
        kept = await self.ask(FlagStore.evaluated)
        return {**kept, **dict.fromkeys(self._seen, self._clock())}

    # What changes it

    async def with_base(self, base: FlagSet) -> None:
        """Serve what is defined from now on."""
        self.base = base
        await self.change(lambda store: store.set_base(base))

    async def change(self, change: Callable[[FlagStore], _Answer]) -> _Answer:
        """Change what the store says, and serve that before this returns."""
        answer = await self.ask(change)
        await self.refresh()
        return answer

    async def ask(self, question: Callable[[FlagStore], _Answer]) -> _Answer:
        """Ask the store something."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, question, self._store)

    def defined(self) -> FlagSet:
        """What is defined: in the files, or restored by a rollout that had removed it."""
        restored = {flag.key: flag for flag in self.record.restored}
        return replace(self.base, flags={**restored, **self.base.flags})

    async def refresh(self) -> None:
        """Serve what the store says now."""
        record = await self.ask(FlagStore.flags)
        if record.generation <= self.record.generation:
            return
        self.record = record
        flags = served(self.defined(), record.exposures, record.switches, record.removals)
        if flags != self._served.flags or self._served.generation < 0:
            self._serve(ServedFlags(generation=record.generation, flags=flags))

    def _serve(self, newest: ServedFlags) -> None:
        """Wake everybody at once: one event for all who wait, another for those who wait from now on."""
        self._served = newest
        news, self._news = self._news, asyncio.Event()
        news.set()

    # What goes on all the time

    async def keep(self, tell: Tell) -> None:
        """Notice what others change, and keep which flags were evaluated, until cancelled."""
        try:
            await asyncio.gather(
                _again(LOOK_SECONDS, self._look, tell), _again(FLUSH_SECONDS, self._flush, tell)
            )
        finally:
            with suppress(Unavailable):
                await self._flush()

    async def _look(self) -> None:
        if await self.ask(FlagStore.generation) > self.record.generation:
            await self.refresh()

    async def _flush(self) -> None:
        seen, self._seen = self._seen, set()
        if not seen:
            return
        at = dict.fromkeys(seen, self._clock())
        try:
            await self.ask(lambda store: store.note_evaluated(at))
        except Unavailable:
            self._seen |= seen
            raise


async def _again(seconds: float, work: Callable[[], Awaitable[None]], tell: Tell) -> None:
    """Do the work again and again; what keeps it from being done is told once."""
    told = ""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
            told = ""
        except Unavailable as error:
            if str(error) != told:
                told = str(error)
                tell(f"flags are served as they were: {told}")
