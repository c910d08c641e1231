"""Everything that traces come to, in bounded memory: spans wait for their trace, and are then counted and forgotten.

Pushes come from threads, so that whoever serves stays free; a lock is held for some hundred spans at a time. What
does not fit is turned away as a whole, before anything of it is taken, so that it can be pushed again. Whatever is
taken ends up counted or lost, by reason: nothing disappears.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock
from typing import Final

from tidegate.core.errors import Unavailable
from tidegate.core.ids import ServiceName
from tidegate.core.traces.assemble import Unusable, journey_of
from tidegate.core.traces.counting import Journeys
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.reading import TraceReading
from tidegate.core.traces.span import Span
from tidegate.observers.traces.failing import Failing, Kept
from tidegate.observers.traces.losses import Loss, Unused
from tidegate.observers.traces.names import MANY_OPERATIONS, Names
from tidegate.observers.traces.spans import Window
from tidegate.observers.traces.waiting import Patience, Trace, Waiting

AT_ONCE: Final = 256
"""Spans, or traces, for which the lock is held."""

SWEEP_SECONDS: Final = 0.5
LONGEST_MESSAGE: Final = 1_000
"""Characters of what is told of a push."""


class Full(Unavailable):
    """There is no room for a push now; after `seconds` there may be."""

    def __init__(self, message: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(message, "push it again later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is kept, for how long, and how far the clock of who pushes may be from ours."""

    spans: int = 100_000
    spans_of_trace: int = 1_000
    closed: int = 50_000
    versions: int = 2_000
    operations: int = 5_000
    forget_seconds: float = 900.0
    late_seconds: float = 300.0
    skew_seconds: float = 60.0
    patience: Patience = field(default_factory=Patience)
    kept: Kept = field(default_factory=Kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a push: how many spans were refused, and why."""

    refused: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of every span that was received: those `counted`, those `waiting`, and those lost, by reason."""

    received: int
    counted: int
    waiting: int
    lost: int


class TraceTable:
    """Traces since it was made, as the port `Traces`; `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float], bounds: Bounds | None = None) -> None:
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._lock = Lock()
        self._began = self._swept = self._forgot = clock()
        self._wanted: dict[ServiceName, float] = {}
        self._names = Names(versions=self._bounds.versions, operations=self._bounds.operations)
        self._failing = Failing(self._bounds.kept)
        self._journeys = Journeys()
        self._lost = Counter[str]()
        self._received = self._counted = 0
        self._waiting = Waiting(
            most=self._bounds.spans,
            longest=self._bounds.spans_of_trace,
            closed=self._bounds.closed,
            patience=self._bounds.patience,
        )

    # What is pushed

    @property
    def window(self) -> Window:
        """Which times are believed now."""
        now = self._clock()
        return Window(oldest=now - self._bounds.late_seconds, newest=now + self._bounds.skew_seconds)

    def accept(self, pushed: Sequence[Span | Unused]) -> Outcome:
        """Take what a push has, each span that cannot be used being refused alone; raises `Full`."""
        self.sweep()
        with self._lock:
            if not self._waiting.has_room(len(pushed)):
                told = f"{len(self._waiting)} spans wait for their traces, and no more than {self._bounds.spans} may"
                raise Full(told, self._bounds.patience.quiet)
        refused = Counter[str]()
        for some in _batches(pushed):
            with self._lock:
                refused.update(self._take(some))
        return Outcome(refused=refused.total(), why=_told(refused))

    def _take(self, spans: Iterable[Span | Unused]) -> Counter[str]:
        now, refused = self._clock(), Counter[str]()
        for span in spans:
            unused = span if isinstance(span, Unused) else self._placed(span, now)
            self._received += unused.spans if unused else 1
            if unused:
                refused[unused.why] += unused.spans
        self._lost.update(refused)
        return refused

    def _placed(self, span: Span, now: float) -> Unused | None:
        if not (self._names.have(span.service) and self._names.have(span.peer)):
            return Unused(why=Loss.VERSIONS)
        loss = self._waiting.put(self._names.named(span), now=now)
        return Unused(why=loss) if loss else None

    # What becomes of it

    def sweep(self) -> None:
        """Count the traces that are complete, from time to time."""
        now = self._clock()
        with self._lock:
            if now - self._swept < SWEEP_SECONDS:
                return
            self._swept = now
            complete = self._waiting.complete(now=now)
            self._forget(now)
        for some in _batches(complete):
            ended = [(trace, _journey(trace)) for trace in some]
            with self._lock:
                for trace, journey in ended:
                    self._count(trace, journey)
