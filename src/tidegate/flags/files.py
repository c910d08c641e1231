"""Flag files that change while they are served: read again, and the last good set stays served while one is bad."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from tidegate.core.errors import Refused, Unavailable
from tidegate.core.flags.definitions import FlagSet
from tidegate.flags.desk import FlagDesk, Tell

LOOK_SECONDS: Final = 0.5
"""Between two looks at the files."""

_Stamp: TypeAlias = tuple[int, int, int, int] | None


class FlagFiles:
    """The files of a desk; `read` reads them all, and raises `Refused` with every problem found.

    `stamps` are the files as the set was read that the desk has; None where the files are to be read at once.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[Sequence[Path]], FlagSet]) -> None:
        self._paths = tuple(paths)
        self._read = read
        self._stamps: tuple[_Stamp, ...] | None = None

    def read(self) -> FlagSet:
        """What they say now."""
        # First the stamps: what changes while they are read is read again.
        self._stamps = self._looked()
        return self._read(self._paths)

    async def follow(self, desk: FlagDesk, tell: Tell) -> None:
        """Serve each good version of the files, and tell of each bad one once, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if await asyncio.to_thread(self._looked) != self._stamps:
                await self._serve(desk, tell)

    async def _serve(self, desk: FlagDesk, tell: Tell) -> None:
        try:
            flags = await asyncio.to_thread(self.read)
            await desk.with_base(flags)
        except Refused as refused:
            tell(f"what was served before stays served:\n{refused}")
        except Unavailable as error:
            self._stamps = None  # the files are good: once the store answers they are read again
            tell(f"what was served before stays served: {error}")
        else:
            tell(f"the flag files were read again: {len(flags.flags)} defined")

    def _looked(self) -> tuple[_Stamp, ...]:
        return tuple(map(_stamp, self._paths))


def _stamp(path: Path) -> _Stamp:
    """What changes with a file, also when another one takes its place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev
