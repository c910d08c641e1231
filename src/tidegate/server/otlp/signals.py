"""A push of metrics, traces or logs is read and counted, and whoever pushed is told what was not."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from tidegate.core.errors import Refused
from tidegate.observers.experiments import table as experiments
from tidegate.observers.experiments.decoding import LOGS
from tidegate.observers.experiments.events import events_of_logs, events_of_spans
from tidegate.observers.otlp.decoding import METRICS
from tidegate.observers.otlp.points import Point, Unused, points_of
from tidegate.observers.otlp.table import Table
from tidegate.observers.traces import table as traces
from tidegate.observers.traces.decoding import TRACES
from tidegate.observers.traces.spans import spans_of
from tidegate.otlp.wire import Push, decode
from tidegate.server.otlp.access import Access, Pusher
from tidegate.server.otlp.refusals import Reason, TurnedAway, refusal
from tidegate.server.otlp.work import Work

T = TypeVar("T")

METRICS_PATH: Final = "/v1/metrics"
TRACES_PATH: Final = "/v1/traces"
LOGS_PATH: Final = "/v1/logs"


class Signal(Protocol):
    """What takes pushes of one kind: on which `path` of HTTP, as which `method` of gRPC, and of whom."""

    path: str
    method: str
    pushers: frozenset[Pusher]

    async def take(self, push: Push, pusher: Pusher) -> Message:
        """Count what is pushed; the response, or `TurnedAway`."""
        ...


class Metrics:
    """Takes metrics into `table`; `clock` gives seconds since 1970."""

    path = METRICS_PATH
    method = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
    pushers = frozenset(Pusher)

    def __init__(self, table: Table, clock: Callable[[], float], work: Work) -> None:
        self._table = table
        self._clock = clock
        self._work = work

    async def take(self, push: Push, pusher: Pusher) -> ExportMetricsServiceResponse:
        """Count what is pushed; nothing is told if all was counted, as the specification asks."""
        async with self._work.decoding:
            points = await _in_thread(lambda: self._points(push, pusher))
        outcome = self._table.accept(points, now=self._clock())
        if not outcome.refused:
            return ExportMetricsServiceResponse()
        told = ExportMetricsPartialSuccess(rejected_data_points=outcome.refused, error_message=outcome.why)
        return ExportMetricsServiceResponse(partial_success=told)

    def _points(self, push: Push, pusher: Pusher) -> tuple[Point | Unused, ...]:
        request = decode(push, METRICS)
        return tuple(points_of(request, self._table.wanted, by_browser=pusher is Pusher.BROWSER))


class Traces:
    """Takes traces into `table`, and what events of spans tell into `asked`; `clock` gives seconds since 1970.

    Browsers may push none: anyone could tell of any journey there.
    """

    path = TRACES_PATH
    method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    pushers = frozenset({Pusher.APPLICATION})

    def __init__(
        self,
        table: traces.TraceTable,
        clock: Callable[[], float],
        work: Work,
        asked: experiments.ExperimentTable | None = None,
    ) -> None:
        self._table = table
        self._clock = clock
        self._work = work
        self._asked = asked

    async def take(self, push: Push, pusher: Pusher) -> ExportTraceServiceResponse:  # noqa: ARG002 - all are alike
        """Let spans wait for their traces, and count those that are complete."""
        async with self._work.decoding:
            outcome = await _in_thread(lambda: self._outcome(push))
        if not outcome.refused:
            return ExportTraceServiceResponse()
        told = ExportTracePartialSuccess(rejected_spans=outcome.refused, error_message=outcome.why)
        return ExportTraceServiceResponse(partial_success=told)

    def _outcome(self, push: Push) -> traces.Outcome:
        request, now = decode(push, TRACES), self._clock()
        outcome = self._table.accept(tuple(spans_of(request, now=now)))
        if self._asked is not None:
            self._asked.accept(events_of_spans(request, self._asked.wanted, now=now))
        return outcome


class Logs:
    """Takes events of logs into `table`; `clock` gives seconds since 1970.

    Browsers may push none: anyone could make up what people did there.
    """

    path = LOGS_PATH
    method = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
    pushers = frozenset({Pusher.APPLICATION})

    def __init__(self, table: experiments.ExperimentTable, clock: Callable[[], float], work: Work) -> None:
        self._table = table
        self._clock = clock
        self._work = work

    async def take(self, push: Push, pusher: Pusher) -> ExportLogsServiceResponse:  # noqa: ARG002 - all are alike
        """Count the events that experiments ask for; the other records are passed over."""
        async with self._work.decoding:
            outcome = await _in_thread(lambda: self._outcome(push))
        if not outcome.refused:
            return ExportLogsServiceResponse()
        told = ExportLogsPartialSuccess(rejected_log_records=outcome.refused, error_message=outcome.why)
        return ExportLogsServiceResponse(partial_success=told)

    def _outcome(self, push: Push) -> experiments.Outcome:
        request = decode(push, LOGS)
        return self._table.accept(events_of_logs(request, self._table.wanted, now=self._clock()))


def admitted(signal: Signal, access: Access, authorization: str) -> Pusher:
    """Who pushes, by the bearer token of this header; raises `TurnedAway` for who may not."""
    pusher = access.pusher(authorization)
    if pusher is None:
        raise TurnedAway(Reason.WHO, "a token that may push is needed")
    if pusher not in signal.pushers:
        raise TurnedAway(Reason.FORBIDDEN, f"a {pusher} may not push this")
    return pusher


async def _in_thread(read: Callable[[], T]) -> T:
    """What `read` gives; its refusals in the words of both transports."""
    try:
        return await asyncio.to_thread(read)
    except Refused as error:
        raise refusal(error) from error
    except traces.Full as error:
        raise TurnedAway(Reason.BUSY, str(error), error.seconds) from error
