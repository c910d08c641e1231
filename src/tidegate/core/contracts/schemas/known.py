"""What one comparison of two specifications has found out so far: which parts are the same, and work left.

Most of two versions is the same, and large specifications refer to the same schemas thousands of times; so
the first question about any two schemas is whether they are equal together with all that they refer to.
"""

import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tidegate.core.contracts.specification import Cursor, Unresolved, Value
from tidegate.core.errors import Problem

WORK: Final = 100_000
"""Schemas read and merged in one comparison of two specifications: some ten seconds."""

Key = tuple[str, str]
Pair = tuple[Key, Key]


def key(cursor: Cursor) -> Key:
    """File and pointer."""
    return cursor.file, cursor.pointer


_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical(value: Value) -> str:
    """A text that is equal for equal JSON values only: it tells `true` from `1`."""
    return _encode(value)


class Exhausted(Exception):  # noqa: N818 - never leaves the package
    """The work that was allowed is done."""


@dataclass(slots=True, kw_only=True)
class Known:
    """Shared by all comparisons of schemas between the same two specifications."""

    left: int = WORK
    equal: dict[Pair, bool] = field(default_factory=dict)
    read: dict[Hashable, Any] = field(default_factory=dict)
    """What `reading` has read, by place and by what it was read for."""
    unread: set[Problem] = field(default_factory=set)
    """The doubts in place of which anything was taken to be allowed."""

    def spend(self, work: int) -> None:
        """Take from the work that is left; `Exhausted` once there is none."""
        self.left -= work
        if self.left < 0:
            raise Exhausted

    def same(self, old: Cursor, new: Cursor) -> bool:
        """Are the two known to be equal, with everything they refer to? Not if a reference leads nowhere."""
        start = (key(old), key(new))
        if start not in self.equal:
            try:
                self._explore(old, new, start)
            except Exhausted:
                return False
        return self.equal[start]

    def _explore(self, old: Cursor, new: Cursor, start: Pair) -> None:
        """Answer for all pairs that are referred to from here: a difference is one of whatever leads to it."""
        came_from: dict[Pair, list[Pair]] = {start: []}
        different: list[Pair] = []
        waiting = [(old, new)]
        while waiting:
            one, other = waiting.pop()
            pair = (key(one), key(other))
            below = self._alike(one, other)
            different += [pair] if below is None else []
            for target in below or ():
                inner = (key(target[0]), key(target[1]))
                if inner not in came_from and inner not in self.equal:
                    waiting.append(target)
                if self.equal.get(inner, True):
                    came_from.setdefault(inner, []).append(pair)
                else:
                    different.append(pair)
        self.equal |= dict.fromkeys(came_from, True)
        self._spread(different, came_from)

    def _spread(self, different: list[Pair], came_from: dict[Pair, list[Pair]]) -> None:
        while different:
            pair = different.pop()
            if self.equal.get(pair) is not False:
                self.equal[pair] = False
                different += came_from.get(pair, ())

    def _alike(self, old: Cursor, new: Cursor) -> "tuple[tuple[Cursor, Cursor], ...] | None":
        """What two equal texts refer to, in pairs; nothing where the texts differ or a reference fails."""
        text = canonical(old.value)
        self.spend(len(text) // 10_000)
        if text != canonical(new.value):
            return None
        if '"$' not in text:
            return ()
        pairs = list(zip(_targets(old), _targets(new), strict=True))
        followed = [
            (one, other) for one, other in pairs if isinstance(one, Cursor) and isinstance(other, Cursor)
        ]
        return tuple(followed) if len(followed) == len(pairs) else None


def _targets(cursor: Cursor) -> Iterator[Cursor | Unresolved]:
    """Where the references inside a value lead, in the order of their names."""
    waiting: list[Value] = [cursor.value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from _target(cursor, value)
            waiting += [value[name] for name in sorted(value)]
        elif isinstance(value, list):
            waiting += value


def _target(cursor: Cursor, value: dict[str, Value]) -> Iterator[Cursor | Unresolved]:
    for word in REFERENCES:
        if isinstance(ref := value.get(word), str):
            here = Cursor(specification=cursor.specification, file=cursor.file, value={"$ref": ref})
            end = here.resolved()
            yield end if isinstance(end, Unresolved) else here.hop()


REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
