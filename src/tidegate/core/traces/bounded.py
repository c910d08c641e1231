"""A table of bounded size, in which what has not been counted for the longest gives way to what is new."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Slot(Generic[Value]):
    value: Value
    used: int


class Bounded(Generic[Key, Value]):
    """At most `most` keys, each with a value that `fresh` makes; `forgotten` counts those that gave way."""

    def __init__(self, most: int, fresh: Callable[[], Value]) -> None:
        self.forgotten = 0
        self._most = most
        self._fresh = fresh
        self._slots: dict[Key, _Slot[Value]] = {}
        self._uses = 0

    def __getitem__(self, key: Key) -> Value:
        self._uses += 1
        slot = self._slots.get(key)
        if slot is None:
            if len(self._slots) >= self._most:
                self._forget()
            slot = self._slots[key] = _Slot(self._fresh(), 0)
        slot.used = self._uses
        return slot.value

    def items(self) -> Iterator[tuple[Key, Value]]:
        """Every key that is kept, with its value."""
        return ((key, slot.value) for key, slot in self._slots.items())

    def drop(self, unwanted: Callable[[Key], bool]) -> None:
        """Forget keys that nobody wants any more, which is no loss."""
        self._slots = {key: slot for key, slot in self._slots.items() if not unwanted(key)}

    def _forget(self) -> None:
        """Make room for many at once, so that a flood of new keys costs little for each."""
        oldest = sorted(self._slots, key=lambda key: self._slots[key].used)[: self._most // 10 + 1]
        for key in oldest:
            del self._slots[key]
        self.forgotten += len(oldest)
