"""Why spans, traces or counts could not be used: the words of `TraceReading.lost`."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from tidegate.core.traces.span import Span

MOST_AHEAD = 300.0
"""Seconds by which the clock of who recorded a span may be fast; one that is more so is broken."""

MOST_BEHIND = 3600.0
"""Seconds after which nobody waits for a span any more."""


class Loss(StrEnum):
    """One reason, in the singular; other sources of spans have reasons of their own."""

    BACKWARDS = "a span that ends before it begins"
    FUTURE = "a span from the future"
    PAST = "a span from the past"
    NO_CALL = "a trace without a call"
    TOO_LARGE = "a trace with too many spans"
    TOO_DEEP = "a trace with too many calls within each other"
    MIXED = "spans of several traces taken for one"
    CYCLE = "a trace in which a span is its own ancestor"
    INCOMPLETE = "a journey that lacks spans"
    UNVERSIONED = "a journey through a version that is unknown"
    FORGOTTEN = "a count that gave way to newer ones"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A trace that cannot be read as a journey."""

    trace: str
    loss: Loss


def flaw_of(span: Span, now: float) -> Loss | None:
    """Why a span cannot be used at `now`, seconds since 1970; none if it can."""
    if not span.start <= span.end or not isfinite(span.end - span.start):
        return Loss.BACKWARDS
    if span.end > now + MOST_AHEAD:
        return Loss.FUTURE
    return Loss.PAST if span.end < now - MOST_BEHIND else None
