"""Events of logs and of spans as what they tell of units. Events that no experiment asks for are not looked at.

    feature_flag.evaluation   feature_flag.key, feature_flag.result.variant, and who: feature_flag.context.id
    (the name of a metric)    what somebody did: value, and who: feature_flag.context.id or user.id

Source: OpenTelemetry's semantic conventions 1.36, "feature flags in events". The values of `feature_flag.result.reason`
are written in lower case there and in upper case by OpenFeature. Where everyone is served the same, or nothing could be
evaluated, nobody was drawn by lot. `tidegate.audience` names the rule by which somebody was served, if there is one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tidegate.core.experiments.definition import Experiment, Kind
from tidegate.core.experiments.roster import MOST_VALUE
from tidegate.core.ids import FlagKey
from tidegate.otlp.attributes import LONGEST, MOST_ATTRIBUTES, chosen

EVALUATION: Final = "feature_flag.evaluation"
NOT_DRAWN: Final = frozenset({"static", "disabled", "error"})
AHEAD_SECONDS: Final = 60.0
"""So far may the clock of whoever pushes be ahead."""

NANOSECONDS: Final = 1_000_000_000

_READ: Final = {
    "event.name": "name",
    "feature_flag.key": "flag",
    "feature_flag.result.variant": "variant",
    "feature_flag.result.reason": "reason",
    "feature_flag.context.id": "context",
    "user.id": "user",
    "value": "value",
    "tidegate.audience": "audience",
}


class NotTaken(StrEnum):
    """Why an event is not taken, as it is told to whoever pushes."""

    NO_UNIT = "an event that does not say of whom"
    NO_VARIANT = "an evaluation without a variant"
    NO_VALUE = "an outcome without a number that its metric can have"
    LONG = "an event with a unit or variant of more than 255 characters"
    ATTRIBUTES = "an event with more than 128 attributes"
    AHEAD = "an event of the future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """An event that tells nothing, and why."""

    why: NotTaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """A flag was evaluated for somebody at a second since 1970."""

    flag: FlagKey
    unit: str
    variant: str
    by_lot: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Somebody did something that metrics of this name count."""

    metric: str
    unit: str
    value: float
    at: float


Told = Evaluated | Happened | Unused


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The flags and metrics that experiments ask for."""

    flags: frozenset[FlagKey]
    metrics: Mapping[str, Kind]

    @classmethod
    def of(cls, experiments: Iterable[Experiment]) -> "Wanted":
        """What these ask for; of a metric that several count differently the strictest."""
        all_ = tuple(experiments)
        metrics = sorted((metric.kind, metric.name) for experiment in all_ for metric in experiment.measured)
        kinds = {name: kind for kind, name in metrics}
        return cls(flags=frozenset(experiment.flag for experiment in all_), metrics=kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """One event with what is read of it."""

    name: str
    at: float
    attributes: Mapping[str, str]

    @property
    def unit(self) -> str:
        """Whom it is about."""
        return self.attributes.get("context") or self.attributes.get("user", "")


def events_of_logs(request: ExportLogsServiceRequest, wanted: Wanted, *, now: float) -> Iterator[Told]:
    """What the log records of a push tell, those without a time being of `now`, seconds since 1970."""
    for pushed in request.resource_logs:
        for scoped in pushed.scope_logs:
            for record in scoped.log_records:
                at = (record.time_unix_nano or record.observed_time_unix_nano) / NANOSECONDS
                yield from _told(_name(record), at, record.attributes, wanted, now)


def events_of_spans(request: ExportTraceServiceRequest, wanted: Wanted, *, now: float) -> Iterator[Told]:
    """What the events of the spans of a push tell."""
    for pushed in request.resource_spans:
        for scoped in pushed.scope_spans:
            for span in scoped.spans:
                for event in span.events:
                    at = event.time_unix_nano / NANOSECONDS
                    yield from _told(event.name, at, event.attributes, wanted, now)


def _name(record: LogRecord) -> str:
    """Where SDKs write it now, or where they did."""
    if record.event_name:
        return record.event_name
    pairs = record.attributes[:MOST_ATTRIBUTES]
    return next((pair.value.string_value for pair in pairs if pair.key == "event.name"), "")


def _told(name: str, at: float, pairs: Iterable[KeyValue], wanted: Wanted, now: float) -> Iterator[Told]:
    """What an event tells, if it is asked for."""
    if name != EVALUATION and name not in wanted.metrics:
        return
    listed = tuple(pairs)
    if len(listed) > MOST_ATTRIBUTES:
        yield Unused(why=NotTaken.ATTRIBUTES)
        return
    event = _Event(name=name, at=at or now, attributes=chosen(listed, _READ))
    if name == EVALUATION and event.attributes.get("flag") not in wanted.flags:
        return
    flaw = next((why for why, wrong in _FLAWS.items() if wrong(event, now)), None)
    if flaw:
        yield Unused(why=flaw)
    elif name == EVALUATION:
        yield _evaluated(event)
    else:
        yield _happened(event, wanted.metrics[name])


_FLAWS: Final[Mapping[NotTaken, Callable[[_Event, float], bool]]] = {
    NotTaken.NO_UNIT: lambda event, _: not event.unit,
    NotTaken.LONG: lambda event, _: max(len(event.unit), len(event.attributes.get("variant", ""))) > LONGEST,
    NotTaken.AHEAD: lambda event, now: event.at > now + AHEAD_SECONDS,
}


def _evaluated(event: _Event) -> Evaluated | Unused:
    variant = event.attributes.get("variant", "")
    if not variant:
        return Unused(why=NotTaken.NO_VARIANT)
    drawn = event.attributes.get("reason", "").lower() not in NOT_DRAWN
    return Evaluated(
        flag=FlagKey(event.attributes["flag"]),
        unit=event.unit,
        variant=variant,
        by_lot=drawn and not event.attributes.get("audience"),
        at=event.at,
    )


def _happened(event: _Event, kind: Kind) -> Happened | Unused:
    value = _value(event.attributes.get("value", ""), kind)
    if value is None:
        return Unused(why=NotTaken.NO_VALUE)
    return Happened(metric=event.name, unit=event.unit, value=value, at=event.at)


def _value(text: str, kind: Kind) -> float | None:
    """What an outcome adds; one where nothing is said of a conversion or a count."""
    if not text and kind is not Kind.VALUE:
        return 1.0
    try:
        value = float(text)
    except ValueError:
        return None
    if not isfinite(value) or abs(value) > MOST_VALUE or (value < 0.0 and kind is not Kind.VALUE):
        return None
    return value
