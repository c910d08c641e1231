"""When the calls within a call began, by its own clock.

Clocks of two services cannot be compared. Where the callee left a record of its own, the calls that it made are
placed by their distance from that record, which is all by one clock; how the callee's record lies within the
caller's is not known, and taken to be the middle. Else both clocks are taken to agree, unless a call that was
waited for would lie outside of the one around it: then those of its clock are moved together, as little as needed,
and it is told that when they began is a guess.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from tidegate.core.ids import ServiceName
from tidegate.core.traces.forest import clock_of
from tidegate.core.traces.records import Recorded
from tidegate.core.traces.span import FAILED, Span
from tidegate.core.traces.telling import Told

TOLERANCE: Final = 0.001
"""Seconds by which clocks of one place may differ unnoticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a call began, seconds since 1970 by the clock of the entry, and whether that is a guess."""

    start: float
    guessed: bool = False


def moments(calls: Mapping[Recorded, Told]) -> Mapping[Recorded, Moment]:
    """When each of `calls` began; each stands after the one around it."""
    found: dict[Recorded, Moment] = {}
    for call in calls:
        if call.parent is None:
            found[call] = Moment(start=call.outer.start)
        off = found[call].start - call.outer.start
        for clock, group in groupby(call.calls, key=lambda within: clock_of(within.outer)):
            alike = list(group)
            shift, guessed = _shift(call, clock, alike, calls)
            for within in alike:
                found[within] = Moment(start=within.outer.start + off + shift, guessed=guessed)
    return found


def _shift(
    call: Recorded, clock: ServiceName, group: Sequence[Recorded], told: Mapping[Recorded, Told]
) -> tuple[float, bool]:
    """By how many seconds another clock is behind that of the call, and whether that is a guess."""
    inner = call.callee_side
    if inner is not None and clock_of(inner) == clock:
        gap = (call.seconds - (inner.end - inner.start)) / 2
        return call.outer.start + max(0.0, gap) - inner.start, False
    awaited = [within.outer for within in group if not told[within].asynchronous]
    off = _outside(call.outer, awaited, gave_up=told[call].ending in FAILED) if awaited else 0.0
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
