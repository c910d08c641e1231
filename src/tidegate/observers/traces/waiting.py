"""Spans that wait until their trace is complete, in bounded memory.

Nothing says when a trace is complete. One whose entry is there and to which nothing came for a while is taken for it;
one without is given up after longer. Proxies of a mesh send what they recorded each second, applications each five
unless told otherwise, so that while applications send anything every trace waits for them.
"""

from dataclasses import dataclass, field

from tidegate.core.traces.forest import is_entry
from tidegate.core.traces.span import Span, SpanKind
from tidegate.observers.traces.losses import NotTaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how many seconds without a span a trace with an entry waits, and any trace since its first span.

    `quiet` is with applications that send spans, `hops_quiet` where only a mesh does.
    """

    hops_quiet: float = 2.5
    quiet: float = 7.0
    longest: float = 30.0


@dataclass(slots=True, kw_only=True)
class Trace:
    """The spans of one trace, which `began` and was `heard` last at a second since 1970.

    A `crowded` one had more than are kept.
    """

    began: float
    heard: float
    entered: bool = False
    crowded: bool = False
    spans: list[Span] = field(default_factory=list)


class Waiting:
    """Spans by trace: at most `most` in all, `longest` of one trace. So many `closed` traces are remembered."""

    def __init__(self, *, most: int, longest: int, closed: int, patience: Patience) -> None:
        self._most = most
        self._longest = longest
        self._most_closed = closed
        self._patience = patience
        self._traces: dict[str, Trace] = {}
        self._closed: dict[str, None] = {}
        self._spans = 0
        self._application_heard = float("-inf")

    def __len__(self) -> int:
        return self._spans

    def has_room(self, spans: int) -> bool:
        """Whether so many more can wait."""
        return self._spans + spans <= self._most

    def put(self, span: Span, *, now: float) -> NotTaken | None:
        """Let a span wait, or say why it cannot."""
        if span.trace in self._closed:
            return NotTaken.LATE
        if span.kind is not SpanKind.HOP:
            self._application_heard = now
        trace = self._traces.get(span.trace)
        if trace is None:
            trace = self._traces[span.trace] = Trace(began=now, heard=now)
        if len(trace.spans) >= self._longest:
            trace.crowded = True
            return NotTaken.CROWDED
        trace.spans.append(span)
        trace.heard = now
        trace.entered = trace.entered or is_entry(span)
        self._spans += 1
        return None

    def complete(self, *, now: float) -> list[Trace]:
        """Traces to which nothing more is expected; they are forgotten, and what still comes is late."""
        applications = now - self._application_heard < self._patience.longest
        quiet = self._patience.quiet if applications else self._patience.hops_quiet
        done = [
            id_
            for id_, trace in self._traces.items()
            if (trace.entered and now - trace.heard >= quiet) or now - trace.began >= self._patience.longest
        ]
        return [self._close(id_) for id_ in done]

    def _close(self, id_: str) -> Trace:
        trace = self._traces.pop(id_)
        self._spans -= len(trace.spans)
        self._closed[id_] = None
        if len(self._closed) > self._most_closed:
            del self._closed[next(iter(self._closed))]
        return trace
