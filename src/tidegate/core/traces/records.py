"""Which spans are records of the same call.

A call may be recorded many times on its way: by the client's library, by the proxies between, by the server's
library. Each records what is below the one before, so that a span and the one below it are either the same call, or
the one below is a call that was made within it.

The side on which a span was recorded tells. `HOP`, `CLIENT` and `PRODUCER` are records of the caller's side, `SERVER`
and `CONSUMER` of the callee's.

* Below the callee's side everything is a call that the callee makes; but a second record by the same callee is the
  same call again, as frameworks within frameworks make them.
* Below the caller's side a record of the callee's side, or another one by the same caller, is the same call on its
  way; what another service records is a call that the callee makes, who left no record itself.
* Where several spans below the caller's side would be the same call, they are tries of it: each is a call. Only the
  entry stays one, whoever tried it how often: it ended as its last try did, and met the version of its first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.traces.forest import Forest
from tidegate.core.traces.loss import Loss
from tidegate.core.traces.span import Span, SpanKind

MOST_DEEP: Final = 100
"""Calls within each other."""

CALLEE_SIDE: Final = frozenset({SpanKind.SERVER, SpanKind.CONSUMER, SpanKind.INTERNAL})
"""An internal span is here only where it began a trace: its service then is who was called."""

NOT_WAITED_FOR: Final = frozenset({SpanKind.PRODUCER, SpanKind.CONSUMER})


@dataclass(slots=True, kw_only=True, eq=False)
class Recorded:
    """A call by its records, the caller's first, with the calls made within it.

    `around` are records of the caller that several tries share; those of the `final` one tell how it ended. `earlier`
    are records of tries before the last, where all are one call.
    """

    spans: list[Span]
    parent: "Recorded | None" = None
    around: Sequence[Span] = ()
    earlier: Sequence[Span] = ()
    final: bool = True
    depth: int = 1
    calls: list["Recorded"] = field(default_factory=list)

    @property
    def outer(self) -> Span:
        """The caller's record, whose clock the call has."""
        return self.spans[0]

    @property
    def first(self) -> Span:
        """The record nearest to the caller, also if other tries share it."""
        return self.around[0] if self.around else self.spans[0]

    @property
    def seconds(self) -> float:
        """How long it took its caller."""
        return self.outer.end - self.outer.start

    @property
    def callee_side(self) -> Span | None:
        """The callee's own record."""
        return next((span for span in self.spans if span.kind in CALLEE_SIDE), None)


class Place(Enum):
    """Where a span belongs, as seen from the one above it."""

    SAME = auto()  # the same call
    WITHIN = auto()  # a call that its callee makes
    BESIDE = auto()  # another call of its caller


def recorded(forest: Forest, root: Span) -> Recorded | Loss:
    """The call of a root with all calls within it."""
    entry = Recorded(spans=[root])
    waiting = [(root, entry)]
    while waiting:
        span, call = waiting.pop()
        if call.depth > MOST_DEEP:
            return Loss.TOO_DEEP
        if span.id in forest.below:
            waiting.extend(_placed(span, call, forest.below[span.id]))
    return entry


def _placed(above: Span, call: Recorded, below: Sequence[Span]) -> Iterator[tuple[Span, Recorded]]:
    places = [(span, place_of(above, span)) for span in below]
    same = [span for span, place in places if place is Place.SAME]
    yield from _same(above, call, same)
    for span, place in places:
        if place is not Place.SAME:
            parent = call.parent if place is Place.BESIDE else call
            yield span, _within(parent or call, [span])


def _same(above: Span, call: Recorded, same: Sequence[Span]) -> Sequence[tuple[Span, Recorded]]:
    if len(same) < 2 or above.kind in CALLEE_SIDE:
        call.spans.extend(same)
        return [(span, call) for span in same]
    if call.parent is None:
        call.earlier = (*call.earlier, *same[:-1])
        call.spans.append(same[-1])
        return [(span, call) for span in same]
    return list(zip(same, _tries(call, call.parent, same), strict=True))


def _tries(call: Recorded, parent: Recorded, same: Sequence[Span]) -> Sequence[Recorded]:
    """The call becomes the first of several tries that share what was recorded of it before."""
    call.around, call.spans = (*call.around, *call.spans), [same[0]]
    tries = [call, *(_within(parent, [span], around=call.around, final=False) for span in same[1:])]
    call.final, tries[-1].final = False, call.final
    return tries


def _within(
    parent: Recorded, spans: list[Span], *, around: Sequence[Span] = (), final: bool = True
) -> Recorded:
    call = Recorded(spans=spans, parent=parent, around=around, final=final, depth=parent.depth + 1)
    parent.calls.append(call)
    return call


def place_of(above: Span, span: Span) -> Place:
    """Where a span belongs, as seen from the one above it."""
    if above.kind in CALLEE_SIDE:
        again = span.kind in CALLEE_SIDE and _alike(above.service, span.service)
        return Place.SAME if again else Place.WITHIN
    if span.kind in CALLEE_SIDE:
        astray = above.kind is SpanKind.HOP and not _alike(above.peer, span.service)
        return Place.WITHIN if astray else Place.SAME
    if _by_callee(above, span):
        return Place.WITHIN
    if NOT_WAITED_FOR & {above.kind, span.kind}:
        return Place.BESIDE
    # Clients call their peers by names of their own, a mesh calls each always the same.
    elsewhere = above.kind is span.kind is SpanKind.HOP and not _alike(above.peer, span.peer)
    return Place.WITHIN if elsewhere else Place.SAME


def _by_callee(above: Span, span: Span) -> bool:
    """Whether a call was made by the callee of the one above it, of two records of callers."""
    if span.service is None:
        return False
    called = above.peer is not None and above.peer.service == span.service.service
    return called or not _alike(above.service, span.service)


def _alike(one: VersionedService | None, other: VersionedService | None) -> bool:
    """Whether both may be the same service; one that is not known may be any."""
    return one is None or other is None or one.service == other.service
