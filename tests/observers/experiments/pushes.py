"""Events as SDKs push them, in as few words as a test needs. Times are seconds since 1970."""

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from tests.observers.otlp.pushes import Attributes, pairs

from tidegate.core.experiments.definition import Experiment, Guard, Kind, Metric, Period
from tidegate.core.ids import FlagKey

SECOND = 1_000_000_000
NOW = 1_000_000.0
EXPERIMENT = Experiment(
    name="checkout",
    flag=FlagKey("new-checkout"),
    control="off",
    window=60.0,
    metrics=(Metric(name="purchase", kind=Kind.CONVERSION), Metric(name="spent", kind=Kind.VALUE)),
    guards=(Guard(metric=Metric(name="errors", kind=Kind.COUNT), margin=0.1),),
    periods=(Period(since=0.0, shares={"off": 0.5, "on": 0.5}),),
)


def evaluation(unit: str = "ann", variant: str = "on", **also: str) -> dict[str, str | float | bool]:
    """The attributes of an evaluation; dots of further ones are written as double underlines."""
    named = {
        "feature_flag.key": "new-checkout",
        "feature_flag.result.variant": variant,
        "feature_flag.context.id": unit,
    }
    return {**named, **{name.replace("__", "."): value for name, value in also.items()}}


def record(name: str, attributes: Attributes, at: float = NOW) -> LogRecord:
    return LogRecord(event_name=name, time_unix_nano=round(at * SECOND), attributes=pairs(attributes))


def evaluated(unit: str = "ann", variant: str = "on", at: float = NOW) -> LogRecord:
    return record("feature_flag.evaluation", evaluation(unit, variant), at)


def did(metric: str, unit: str = "ann", at: float = NOW, **attributes: float) -> LogRecord:
    return record(metric, {"user.id": unit, **attributes}, at)


def logs(*records: LogRecord) -> ExportLogsServiceRequest:
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=records)])])


def spans(*events: Span.Event) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[Span(events=events)])])]
    )
