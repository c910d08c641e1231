"""Trying again while somebody is in the way, in pauses that grow and are never quite the same."""

import random
import time
from asyncio import sleep
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeVar

import psycopg

from tidegate.actuators.postgres.troubles import Kind, trouble
from tidegate.core.errors import EffectFailed

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 10.0

Answer = TypeVar("Answer")
Tell = Callable[[str], Awaitable[None]]
"""Says for what is waited at this moment; the empty text that it is waited no more."""


class Busy(Exception):  # noqa: N818 - not a failure yet: it is tried again
    """Somebody is in the way, in words."""


async def insisted(
    attempt: Callable[[], Awaitable[Answer]], *, what: str, patience: float, tell: Tell
) -> Answer:
    """What an attempt gives, made again for `patience` seconds while somebody is in the way; then `EffectFailed`.

    What cannot be mended by waiting is `EffectFailed` at once, but for a lost connection, which is left to the caller.
    """
    over = time.monotonic() + patience
    for pause in _pauses():
        try:
            answer = await attempt()
        except Busy as busy:
            said = str(busy)
        except psycopg.Error as error:
            said = _busy(error, what)
        else:
            await tell("")
            return answer
        if time.monotonic() + pause >= over:
            raise EffectFailed(f"{what}: {said}; it was tried for {patience:.0f} s")
        await tell(f"{what}: {said}")
        await sleep(pause)
    raise AssertionError  # pauses never end


def _busy(error: psycopg.Error, what: str) -> str:
    """Why it is worth another try; raises where it is not."""
    found = trouble(error)
    if found.kind is Kind.LOST:
        raise error
    if found.kind is Kind.BUSY:
        return found.said
    raise EffectFailed(f"{what}: {found.said}{_NEXT.get(found.kind, '')}") from None


_NEXT: Final = {Kind.FULL: "; mend that, and it goes on from there"}


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311 - no secret: it keeps runners apart
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
