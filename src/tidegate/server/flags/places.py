"""How many questions are in work at once, and how many listen: bounded, so that memory is."""

from collections.abc import Iterator
from contextlib import contextmanager

from tidegate.server.flags.refusals import Reason, Refusal


class Places:
    """At most `most` of what `name` says, such as questions."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """One of the places; raises `Refusal` when all are taken."""
        if self._taken >= self._most:
            raise Refusal(Reason.BUSY, f"there are {self._most} {self._name} already: ask again later")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
