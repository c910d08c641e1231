"""Which calls are another try of one that ended badly.

Calls of one caller, during the same call, for the same operation of the same service, are tries of each other if
one begins after the other has ended badly. What runs side by side is fan-out. Each bad end is tried again at most
once, the latest first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from tidegate.core.ids import ServiceName
from tidegate.core.traces.forest import clock_of
from tidegate.core.traces.records import Recorded
from tidegate.core.traces.span import FAILED
from tidegate.core.traces.telling import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A call that is the `attempt`-th try, from two on, and the try before it."""

    of: Recorded
    attempt: int


def retries(siblings: Sequence[Recorded], told: Mapping[Recorded, Told]) -> Mapping[Recorded, Retry]:
    """Those of the calls within one call that are another try."""
    found: dict[Recorded, Retry] = {}
    if any(told[call].ending in FAILED for call in siblings):
        for alike in _alike(siblings, told):
            found |= _chained(alike, told)
    return found


def _alike(siblings: Sequence[Recorded], told: Mapping[Recorded, Told]) -> Iterable[Sequence[Recorded]]:
    """Calls that may be tries of each other, by one clock, as they began."""
    groups: dict[tuple[ServiceName, ServiceName, str], list[Recorded]] = defaultdict(list)
    for call in siblings:
        if not told[call].asynchronous:
            groups[clock_of(call.outer), told[call].callee.service, call.first.name].append(call)
    return groups.values()


def _chained(calls: Sequence[Recorded], told: Mapping[Recorded, Told]) -> Mapping[Recorded, Retry]:
    found: dict[Recorded, Retry] = {}
    failing: list[tuple[float, int]] = []  # those that go on, the first to end on top
    failed: list[int] = []
    for number, call in enumerate(calls):
        while failing and failing[0][0] <= call.outer.start:
            failed.append(heappop(failing)[1])
        if failed:
            before = calls[failed.pop()]
            attempt = found[before].attempt + 1 if before in found else 2
            found[call] = Retry(of=before, attempt=attempt)
        if told[call].ending in FAILED:
            heappush(failing, (call.outer.end, number))
    return found
