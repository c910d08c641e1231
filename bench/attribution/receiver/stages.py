"""What each step takes of a core, from bytes to counts, in one process and without transport."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench.attribution.receiver.made import body, pushes

from tidegate.core.traces.span import Span
from tidegate.observers.traces.decoding import TRACES
from tidegate.observers.traces.losses import Unused
from tidegate.observers.traces.spans import spans_of
from tidegate.observers.traces.table import TraceTable
from tidegate.otlp.wire import Encoding, Push, decode

SPANS: Final = 20_480
BATCHES: Final = (5, 50, 512)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Microseconds of a core for each span: bytes to message, to spans, to traces that wait, to counts."""

    encoding: Encoding
    batch: int
    decode: float
    read: float
    gather: float
    count: float

    @property
    def per_second(self) -> float:
        """Spans that one core takes, if it does nothing else."""
        return 1e6 / (self.decode + self.read + self.gather + self.count)

    def record(self) -> dict[str, Any]:
        """Everything measured."""
        return asdict(self) | {"spans_per_core_second": round(self.per_second)}


class _Clock:
    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def measured(encoding: Encoding, batch: int, spans: int = SPANS) -> Stages:
    """Takes `spans` in pushes of `batch`; everything must have been counted."""
    made = [Push(body=body(push, encoding), encoding=encoding) for push in pushes(spans, batch)]
    clock = _Clock()
    table = TraceTable(clock)
    requests, decoding = _timed(lambda: [decode(push, TRACES) for push in made])
    read, reading = _timed(lambda: [tuple(spans_of(each, now=time.time())) for each in requests])
    _, gathering = _timed(lambda: _gather(table, read))
    clock.ahead = 60.0
    _, counting = _timed(table.reading)
    account = table.account()
    assert account.received == account.counted == sum(map(len, read)), account
    micro = 1e6 / account.received
    return Stages(
        encoding=encoding,
        batch=batch,
        decode=decoding * micro,
        read=reading * micro,
        gather=gathering * micro,
        count=counting * micro,
    )


def _gather(table: TraceTable, read: Sequence[Sequence[Span | Unused]]) -> None:
    for each in read:
        table.accept(each)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` gives, and the seconds of a core that it took."""
    began = time.process_time()
    done = work()
    return done, time.process_time() - began
