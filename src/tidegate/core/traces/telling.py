"""What the records of one call tell together: who was called, how it ended, what was said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.traces.records import CALLEE_SIDE, NOT_WAITED_FOR, Recorded
from tidegate.core.traces.span import UNKNOWN, UNKNOWN_VERSION, Ending, Span, SpanKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the records of a call tell; the words are those of `journey.Call`."""

    callee: VersionedService
    ending: Ending
    status: int | None
    asynchronous: bool
    name: str
    said: str


def told(call: Recorded) -> Told:
    """What the records of a call tell: of the outcome those nearest to the caller, of what was done the nearest to
    the callee.
    """
    if (span := _only_hop(call)) is not None and span.peer is not None:
        return Told(
            callee=span.peer,
            ending=span.ending,
            status=span.status,
            asynchronous=False,
            name=span.name,
            said=span.said,
        )
    return Told(
        callee=callee_of(call),
        ending=ending_of(call),
        status=next((span.status for span in call.spans if span.status is not None), None),
        asynchronous=any(span.kind in NOT_WAITED_FOR for span in (*call.around, *call.spans)),
        name=next((span.name for span in reversed(call.spans) if span.name), ""),
        said=next((span.said for span in reversed(call.spans) if span.said), ""),
    )


def _only_hop(call: Recorded) -> Span | None:
    """The record of a call that a mesh alone recorded: what there is most of, and simple."""
    span = call.outer
    alone = span.kind is SpanKind.HOP and len(call.spans) == 1 and not call.around
    return span if alone and span.peer is not None and span.peer.version != UNKNOWN_VERSION else None


def callee_of(call: Recorded) -> VersionedService:
    """Who was called, by whoever knows best; one whose version is known before any other."""
    known = list(_callees(call))
    versioned = (callee for callee in known if callee.version != UNKNOWN_VERSION)
    return next(versioned, known[0] if known else UNKNOWN)


def _callees(call: Recorded) -> Iterator[VersionedService]:
    """A mesh knows where it sent a call, a callee who it is, a caller how it names the other."""
    spans = (*call.earlier, *call.spans, *call.around)
    yield from (span.peer for span in spans if span.kind is SpanKind.HOP and span.peer)
    yield from (span.service for span in spans if span.kind in CALLEE_SIDE and span.service)
    yield from (
        within.outer.service
        for within in call.calls
        if within.outer.kind not in CALLEE_SIDE and within.outer.service
    )
    yield from (span.peer for span in spans if span.peer)


def caller_of(call: Recorded, within: VersionedService | None) -> VersionedService | None:
    """Who made the call, `within` being the callee of the call around it; none if it came from outside."""
    own = None if call.first.kind in CALLEE_SIDE else call.first.service
    if own is None or (within is not None and within.service == own.service):
        return within
    return own


def ending_of(call: Recorded) -> Ending:
    """How a call ended for its caller.

    The record nearest to the caller decides, unless it only says that all was well and knows no status: libraries
    say so of what they do not look at.
    """
    spans = (*call.around, *call.spans) if call.final else call.spans
    for number, span in enumerate(spans):
        if span.ending is not Ending.OK:
            return _precisely(span, spans[number + 1 :])
        if span.status is not None:
            return Ending.OK
    return Ending.OK


def _precisely(span: Span, nearer: Sequence[Span]) -> Ending:
    """What a bad ending was; a bare error is explained by the records `nearer` to the callee.

    A callee that thinks it answered well, but worked for longer than its caller waited, was given up.
    """
    if span.ending is not Ending.ERROR or span.status is not None:
        return span.ending
    worse = (other.ending for other in nearer if other.ending is not Ending.OK)
    outlasted = any(other.end - other.start > span.end - span.start for other in nearer)
    return next(worse, Ending.TIMED_OUT if outlasted else span.ending)
