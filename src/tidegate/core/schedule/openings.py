"""The stretches of time in which releases may begin, and those in which they may run.

All times are whole seconds since the moment from which is planned, all stretches half open and in order. Each
stretch for beginning lies inside one for running; where a release may not outlast its window they are the same.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Stretch = tuple[int, int]
DAY = 86_400
HORIZON = 5 * 365 * DAY
"""How far ahead is planned. What does not fit into five years of windows has no schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """When a release may begin, and when it may run."""

    begins: tuple[Stretch, ...] = ((0, HORIZON),)
    runs: tuple[Stretch, ...] = ((0, HORIZON),)

    def longest_at(self, at: int) -> int:
        """The longest release that may begin at a moment; -1 where none may."""
        position = bisect_right(self.begins, (at, HORIZON + 1)) - 1
        if position < 0 or self.begins[position][1] <= at:
            return -1
        return self._run_until(at) - at

    def opening_after(self, at: int) -> int | None:
        """When the next stretch for beginning starts; None after the last."""
        position = bisect_right(self.begins, (at, HORIZON + 1))
        return self.begins[position][0] if position < len(self.begins) else None

    def earliest(self, at: int, seconds: int) -> int | None:
        """When a release of so many seconds can begin, not before a moment; None if never."""
        begin: int | None = at
        while begin is not None and self.longest_at(begin) < seconds:
            begin = self.opening_after(begin)
        return begin

    def starts(self, seconds: int) -> Iterator[Stretch]:
        """All moments at which a release of so many seconds may begin, as stretches."""
        for begin, end in self.begins:
            last = min(end, self._run_until(begin) - seconds + 1)
            if last > begin:
                yield begin, last

    def _run_until(self, at: int) -> int:
        return self.runs[bisect_right(self.runs, (at, HORIZON + 1)) - 1][1]


def merged(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """The same time in the fewest stretches, in order."""
    begin, end = 0, 0
    for first, last in sorted(stretches):
        if first > end:
            if end > begin:
                yield begin, end
            begin = first
        end = max(end, last) if first <= end else last
    if end > begin:
        yield begin, end


def without(stretches: Iterable[Stretch], closed: Iterable[Stretch]) -> Iterator[Stretch]:
    """What is left of some stretches outside others; both in order and disjoint."""
    gaps = list(closed)
    for begin, end in stretches:
        at = begin
        for first, last in gaps[max(0, bisect_right(gaps, (begin, begin)) - 1) :]:
            if first >= end:
                break
            if first > at:
                yield at, first
            at = max(at, last)
        if at < end:
            yield at, end
