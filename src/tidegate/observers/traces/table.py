"""Everything that traces come to, in bounded memory: spans wait for their trace, and are then counted and forgotten.

Pushes come from threads, so that whoever serves stays free; a lock is held for some hundred spans at a time. What
does not fit is turned away as a whole, before anything of it is taken, so that it can be pushed again. Whatever is
taken ends up counted or lost, by reason: nothing disappears.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock
from typing import Final, TypeVar

from tidegate.core.errors import Unavailable
from tidegate.core.ids import ServiceName
from tidegate.core.traces.assemble import journey_of
from tidegate.core.traces.counting import JourneyCounter
from tidegate.core.traces.forest import MOST_SPANS
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.loss import Unusable
from tidegate.core.traces.reading import TraceReading
from tidegate.core.traces.span import Span
from tidegate.observers.traces.failing import Failing, Kept
from tidegate.observers.traces.losses import NotTaken, Reason, Unused
from tidegate.observers.traces.names import MANY_OPERATIONS, Names
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
    """How much is kept, and for how long."""

    spans: int = 100_000
    spans_of_trace: int = MOST_SPANS
    closed: int = 50_000
    versions: int = 2_000
    operations: int = 5_000
    forget_seconds: float = 900.0
    patience: Patience = field(default_factory=Patience)
    kept: Kept = field(default_factory=Kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a push: how many spans were refused, and why."""

    refused: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of every span that was received: it was counted, it waits, or it is lost by a reason."""

    received: int
    counted: int
    waiting: int
    lost: Mapping[str, int]


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
        self._journeys = JourneyCounter(f"traces-{self._began}")
        self._lost = Counter[str]()
        self._received = self._counted = 0
        self._waiting = Waiting(
            most=self._bounds.spans,
            longest=self._bounds.spans_of_trace,
            closed=self._bounds.closed,
            patience=self._bounds.patience,
        )

    # What is pushed

    def accept(self, pushed: Sequence[Span | Unused]) -> Outcome:
        """Take what a push has, each span that cannot be used being refused alone; raises `Full`."""
        self._sweep()
        self._make_sure_of_room(sum(isinstance(each, Span) for each in pushed))
        refused = Counter[Reason]()
        for some in _batches(pushed):
            with self._lock:
                refused += self._take(some)
        return Outcome(refused=refused.total(), why=_told(refused))

    def _make_sure_of_room(self, spans: int) -> None:
        with self._lock:
            if self._waiting.has_room(spans):
                return
        told = f"as many spans wait for their traces as are kept, {self._bounds.spans}"
        raise Full(told, self._bounds.patience.quiet)

    def _take(self, pushed: Iterable[Span | Unused]) -> Counter[Reason]:
        now, refused = self._clock(), Counter[Reason]()
        for each in pushed:
            unused = each if isinstance(each, Unused) else self._unplaced(each, now)
            self._received += unused.spans if unused else 1
            if unused:
                refused[unused.why] += unused.spans
        self._lost.update(refused)
        return refused

    def _unplaced(self, span: Span, now: float) -> Unused | None:
        """Let a span wait for its trace, or say why it cannot."""
        if not all(map(self._names.have, (span.service, span.peer, *span.flags))):
            return Unused(why=NotTaken.VERSIONS)
        reason = self._waiting.put(self._names.named(span), now=now)
        return Unused(why=reason) if reason else None

    # What becomes of it

    def _sweep(self) -> None:
        """Count the traces that are complete, from time to time."""
        now = self._clock()
        with self._lock:
            if 0 <= now - self._swept < SWEEP_SECONDS:
                return
            self._swept = now
            complete = self._waiting.complete(now=now)
            self._forget(now)
        for some in _batches(complete):
            ended = [(trace, _journey(trace)) for trace in some]
            with self._lock:
                for trace, journey in ended:
                    self._count(trace, journey)

    def _count(self, trace: Trace, journey: Journey | Reason) -> None:
        if not isinstance(journey, Journey):
            self._lost[journey] += len(trace.spans)
            return
        self._counted += len(trace.spans)
        self._journeys.count(journey)
        self._failing.add(journey)

    def _forget(self, now: float) -> None:
        """What nobody speaks of any more makes room."""
        if now - self._forgot >= self._bounds.forget_seconds:
            self._forgot = now
            self._names.forget()
        wanted = {name: at for name, at in self._wanted.items() if now - at < self._bounds.forget_seconds}
        if wanted.keys() != self._wanted.keys():
            self._wanted = wanted
            self._journeys.want(wanted)

    # What is read

    def want(self, services: Collection[ServiceName]) -> None:
        """Tell journeys apart by the versions of these services; forgotten when not said again for a while."""
        now = self._clock()
        with self._lock:
            self._wanted.update(dict.fromkeys(services, now))
            self._journeys.want(self._wanted)

    async def read(self) -> TraceReading:
        """Everything counted so far."""
        return await asyncio.to_thread(self.reading)

    def reading(self) -> TraceReading:
        """The same, for who waits in a thread."""
        self._sweep()
        with self._lock:
            reading = self._journeys.reading(self._clock())
            lost = Counter(reading.lost) + self._lost + Counter({MANY_OPERATIONS: self._names.unnamed})
        return replace(reading, lost=dict(lost))

    def failing(self, service: ServiceName, since: float) -> tuple[Journey, ...]:
        """Failing journeys through a service that began at `since` or later, the newest last."""
        with self._lock:
            return self._failing.through(service, since)

    def account(self) -> Account:
        """What became of the spans so far."""
        with self._lock:
            return Account(
                received=self._received,
                counted=self._counted,
                waiting=len(self._waiting),
                lost=dict(self._lost),
            )


def _journey(trace: Trace) -> Journey | Reason:
    """The journey of a trace, or why it is none."""
    if trace.crowded:
        return NotTaken.CROWDED
    journey = journey_of(trace.spans)
    return journey.loss if isinstance(journey, Unusable) else journey


T = TypeVar("T")


def _batches(all_: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(all_)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _told(refused: Counter[Reason]) -> str:
    """Why spans were refused, most of them first."""
    return "; ".join(f"{number} refused: {why}" for why, number in refused.most_common())[:LONGEST_MESSAGE]
