"""When the calls within a call began, by its own clock.

Clocks of two services cannot be compared. Where the callee left a record of its own, the calls that it made are
placed by their distance from that record, which is all by one clock; how the callee's record lies within the
caller's is not known, and taken to be the middle. Else both clocks are taken to agree, unless a call that was
waited for would lie outside of the one around it: then those of its clock are moved together, as little as needed,
and it is told that when they began is a guess.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.core.ids import ServiceName
from tidegate.core.traces.forest import clock_of
from tidegate.core.traces.records import Recorded
from tidegate.core.traces.span import FAILED, Ending, Span

TOLERANCE: Final = 0.001
"""Seconds by which clocks of one place may differ unnoticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a call began, seconds since 1970 by the clock of the entry, and whether that is a guess."""

    start: float
    guessed: bool = False


def moments(calls: Mapping[Recorded, Ending]) -> Mapping[Recorded, Moment]:
    """When each of `calls` began; each stands after the one around it."""
    found: dict[Recorded, Moment] = {}
    for call, ending in calls.items():
        start = found.setdefault(call, Moment(start=call.outer.start)).start
        for clock, group in _by_clock(call.calls).items():
            shift, guessed = _shift(call, clock, group, gave_up=ending in FAILED)
            for within in group:
                found[within] = Moment(
                    start=start + (within.outer.start + shift - call.outer.start), guessed=guessed
                )
    return found


def _by_clock(calls: Sequence[Recorded]) -> Mapping[ServiceName, Sequence[Recorded]]:
    groups: dict[ServiceName, list[Recorded]] = defaultdict(list)
    for call in calls:
        groups[clock_of(call.outer)].append(call)
    return groups


def _shift(
    call: Recorded, clock: ServiceName, group: Sequence[Recorded], *, gave_up: bool
) -> tuple[float, bool]:
    """By how many seconds another clock is behind that of the call, and whether that is a guess."""
    inner = call.callee_side
    if inner is not None and clock_of(inner) == clock:
        gap = (call.seconds - (inner.end - inner.start)) / 2
        return call.outer.start + max(0.0, gap) - inner.start, False
    awaited = [within.outer for within in group if not within.asynchronous]
    off = _outside(call.outer, awaited, gave_up=gave_up) if awaited else 0.0
    return off, off != 0.0


def _outside(around: Span, within: Sequence[Span], *, gave_up: bool) -> float:
    """By how many seconds spans must be moved to lie within the one around them.

    They may go on after a caller that gave up, but not begin then.
    """
    early = max(around.start - span.start for span in within)
    late = max((span.start if gave_up else span.end) - around.end for span in within)
    if early > TOLERANCE:
        return early
    return -max(0.0, min(late, -early)) if late > TOLERANCE else 0.0
