"""The critical path: what the one who waited at the entry waited for, moment by moment.

Looked at from its end backwards, a call waited for that call within it that ended last, before that for the one that
had ended last before this one began, and so on; in between it was busy itself. So every moment belongs to one
callee, and together they are what the entry took.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tidegate.core.traces.journey import Call

Window = tuple[int, float, float]
"""A call by its index, and the part of it on the path: from, to."""


def waited(calls: Sequence[Call]) -> Mapping[int, float]:
    """The seconds that the entry waited for each callee itself, by the index of the call."""
    within = _awaited(calls)
    entry = calls[0]
    found: dict[int, float] = {}
    waiting: list[Window] = [(0, entry.start, entry.start + entry.seconds)]
    while waiting:
        number, start, end = waiting.pop()
        parts = list(_parts(calls, within.get(number, ()), start, end))
        found[number] = end - start - sum(to - since for _, since, to in parts)
        waiting.extend(parts)
    return found


def _awaited(calls: Sequence[Call]) -> Mapping[int, Sequence[int]]:
    within: dict[int, list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        if call.parent is not None and not call.asynchronous:
            within[call.parent].append(number)
    return within


def _parts(calls: Sequence[Call], within: Sequence[int], start: float, end: float) -> Iterator[Window]:
    """The calls within the time from `start` to `end` that were waited for, the last first."""
    ends = {number: min(end, calls[number].start + calls[number].seconds) for number in within}
    for number in sorted(within, key=lambda number: (ends[number], calls[number].start), reverse=True):
        since = max(start, calls[number].start)
        if since < ends[number] <= end:
            yield number, since, ends[number]
            end = since
