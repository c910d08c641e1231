"""The spans of one trace as a forest: each once, below its parent, those inside a service skipped through.

A trace has one root if nothing is missing. What lacks its parent is a root of its own, and the forest is not whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.core.ids import ServiceName
from tidegate.core.traces.loss import Loss
from tidegate.core.traces.span import Span, SpanKind

MOST_SPANS: Final = 5_000
"""Of one trace."""

Below = dict[str, list[Span]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """The roots, and by the id of a span those right below it, in the order of `in_order`."""

    roots: Sequence[Span]
    below: Mapping[str, Sequence[Span]]
    whole: bool


def forest_of(spans: Iterable[Span]) -> Forest | Loss:
    """The forest of spans of one trace, or why there is none."""
    by_id = _once(spans)
    if isinstance(by_id, Loss):
        return by_id
    roots, children = _parents(by_id)
    tops, below, reached = _without_internal(roots, children)
    if reached < len(by_id):
        return Loss.CYCLE
    for siblings in below.values():
        if len(siblings) > 1:
            siblings.sort(key=in_order)
    whole = len(roots) == 1 and is_entry(roots[0])
    return Forest(roots=sorted(tops, key=in_order), below=below, whole=whole) if tops else Loss.NO_CALL


def is_entry(span: Span) -> bool:
    """Whether a root is where its journey began: nothing was called before it, or only by somebody outside."""
    return not span.parent or (span.kind is SpanKind.HOP and span.service is None)


def clock_of(span: Span) -> ServiceName:
    """Whose clock a span has."""
    return span.service.service if span.service else ServiceName("")


def in_order(span: Span) -> tuple[str, float, str]:
    """What spans are sorted by: times of different clocks are never compared."""
    return clock_of(span), span.start, span.id


def _once(spans: Iterable[Span]) -> dict[str, Span] | Loss:
    found: dict[str, Span] = {}
    trace: str | None = None
    for span in spans:
        if not 0 <= span.end - span.start < float("inf"):
            return Loss.BACKWARDS
        if span.trace != (trace := trace or span.trace):
            return Loss.MIXED
        known = found.setdefault(span.id, span)
        if known is not span:
            found[span.id] = min(known, span, key=repr)
        elif len(found) > MOST_SPANS:
            return Loss.TOO_LARGE
    return found


def _parents(by_id: Mapping[str, Span]) -> tuple[list[Span], Below]:
    roots: list[Span] = []
    children: Below = defaultdict(list)
    for span in by_id.values():
        if span.parent and span.parent in by_id:
            children[span.parent].append(span)
        else:
            roots.append(span)
    return roots, children


def _without_internal(roots: Sequence[Span], children: Below) -> tuple[list[Span], Below, int]:
    """Roots and children without internal spans, and how many spans of all sorts there are below the roots.

    An internal span that begins a trace stays: it is work that its service began by itself.
    """
    tops: list[Span] = []
    below: Below = defaultdict(list)
    reached = 0
    waiting: list[tuple[Span, Span | None]] = [(root, None) for root in roots]
    while waiting:
        span, above = waiting.pop()
        reached += 1
        if span.kind is not SpanKind.INTERNAL or not span.parent:
            (below[above.id] if above else tops).append(span)
            above = span
        waiting.extend((child, above) for child in children.get(span.id, ()))
    return tops, below, reached
