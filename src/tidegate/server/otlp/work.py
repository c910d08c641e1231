"""How many pushes are in work at once: few wait, and one is decoded at a time, which bounds memory.

Browsers push little, and have places of their own, so that they cannot keep applications out.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tidegate.server.otlp.access import Pusher
from tidegate.server.otlp.refusals import RETRY_SECONDS, Reason, TurnedAway

MOST_IN_WORK: Final = 8
"""Pushes of applications, and as many of browsers."""


class Work:
    """Places for pushes, whatever they come by; `decoding` is held by the one that is decoded."""

    def __init__(self) -> None:
        self._in_work = Counter[Pusher]()
        self.decoding = asyncio.Lock()

    @contextmanager
    def place(self, pusher: Pusher) -> Iterator[None]:
        """One of the places; raises `TurnedAway` when all are taken."""
        if self._in_work[pusher] >= MOST_IN_WORK:
            told = f"{MOST_IN_WORK} pushes are in work: push again later"
            raise TurnedAway(Reason.BUSY, told, RETRY_SECONDS)
        self._in_work[pusher] += 1
        try:
            yield
        finally:
            self._in_work[pusher] -= 1
