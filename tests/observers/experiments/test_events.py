"""What events of logs and spans tell of units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.observers.experiments.pushes import (
    EXPERIMENT,
    NOW,
    SECOND,
    did,
    evaluated,
    evaluation,
    logs,
    record,
    spans,
)
from tests.observers.otlp.pushes import pairs

from tidegate.core.experiments.definition import Kind
from tidegate.core.ids import FlagKey
from tidegate.observers.experiments.events import (
    Evaluated,
    Happened,
    NotTaken,
    Told,
    Unused,
    Wanted,
    events_of_logs,
    events_of_spans,
)

WANTED = Wanted.of([EXPERIMENT])
EVALUATION = "feature_flag.evaluation"


def told(*records: LogRecord) -> list[Told]:
    return list(events_of_logs(logs(*records), WANTED, now=NOW))


def ann(variant: str = "on", *, by_lot: bool = True, at: float = NOW) -> Evaluated:
    return Evaluated(flag=FlagKey("new-checkout"), unit="ann", variant=variant, by_lot=by_lot, at=at)


def test_an_evaluation_says_who_was_served_what() -> None:
    assert told(evaluated("ann", "on", NOW - 5)) == [ann(at=NOW - 5)]


@pytest.mark.parametrize(
    ("attributes", "by_lot"),
    [
        ({"feature_flag__result__reason": "split"}, True),
        ({"feature_flag__result__reason": "TARGETING_MATCH"}, True),
        ({"feature_flag__result__reason": "default"}, True),
        ({"feature_flag__result__reason": "STATIC"}, False),
        ({"feature_flag__result__reason": "disabled"}, False),
        ({"feature_flag__result__reason": "error"}, False),
        ({"tidegate__audience": "beta testers"}, False),
    ],
)
def test_who_is_served_what_everyone_is_or_by_a_rule_was_not_drawn_by_lot(
    attributes: dict[str, str], by_lot: bool
) -> None:
    assert told(record(EVALUATION, evaluation(**attributes))) == [ann(by_lot=by_lot)]


def happened(metric: str, value: float, unit: str = "ann", at: float = NOW) -> Happened:
    return Happened(metric=metric, unit=unit, value=value, at=at)


def test_what_somebody_did_has_a_value_or_counts_one() -> None:
    found = told(
        did("purchase"), did("errors"), did("errors", value=3), did("spent", "bob", NOW - 1, value=-9.5)
    )
    assert found == [
        happened("purchase", 1.0),
        happened("errors", 1.0),
        happened("errors", 3.0),
        happened("spent", -9.5, "bob", NOW - 1),
    ]


def test_the_targeting_key_says_who_it_is_before_the_user_does() -> None:
    both = {"user.id": "bob", "feature_flag.context.id": "ann"}
    assert told(record("purchase", both)) == [happened("purchase", 1.0)]


def test_events_of_spans_tell_the_same() -> None:
    request = spans(
        Span.Event(name=EVALUATION, time_unix_nano=round(NOW * SECOND), attributes=pairs(evaluation())),
        Span.Event(name="purchase", attributes=pairs({"user.id": "ann"})),
        Span.Event(name="exception", attributes=pairs({"user.id": "ann"})),
    )
    assert list(events_of_spans(request, WANTED, now=NOW)) == [ann(), happened("purchase", 1.0)]


def test_the_name_of_an_event_may_be_an_attribute_and_its_time_that_of_its_arrival() -> None:
    older = LogRecord(attributes=pairs({**evaluation(), "event.name": EVALUATION}))
    observed = LogRecord(
        event_name="purchase",
        observed_time_unix_nano=round((NOW - 3) * SECOND),
        attributes=pairs({"user.id": "ann"}),
    )
    assert told(older, observed) == [ann(), happened("purchase", 1.0, at=NOW - 3)]


def test_what_no_experiment_asks_for_is_passed_over() -> None:
    other_flag = record(EVALUATION, {**evaluation(), "feature_flag.key": "other"})
    no_flag = record(EVALUATION, {"feature_flag.context.id": "ann"})
    assert told(other_flag, no_flag, record("page.view", {}), LogRecord()) == []


LONG = "x" * 256
UNUSED = [
    (record(EVALUATION, evaluation(unit="")), NotTaken.NO_UNIT),
    (record("purchase", {}), NotTaken.NO_UNIT),
    (record(EVALUATION, evaluation(variant="")), NotTaken.NO_VARIANT),
    (record(EVALUATION, evaluation(unit=LONG)), NotTaken.LONG),
    (record(EVALUATION, evaluation(variant=LONG)), NotTaken.LONG),
    (did("spent"), NotTaken.NO_VALUE),
    (did("spent", value=float("nan")), NotTaken.NO_VALUE),
    (did("spent", value=1e13), NotTaken.NO_VALUE),
    (did("errors", value=-1), NotTaken.NO_VALUE),
    (record("spent", {"user.id": "ann", "value": "a lot"}), NotTaken.NO_VALUE),
    (did("purchase", at=NOW + 61), NotTaken.AHEAD),
    (record("purchase", {"user.id": "ann", **{str(n): n for n in range(128)}}), NotTaken.ATTRIBUTES),
]


@pytest.mark.parametrize(("given", "why"), UNUSED)
def test_an_event_that_tells_nothing_is_refused_alone_with_the_reason(
    given: LogRecord, why: NotTaken
) -> None:
    assert told(given, did("purchase")) == [Unused(why=why), happened("purchase", 1.0)]


def test_a_unit_that_is_a_list_is_nobody() -> None:
    listed = KeyValue(
        key="user.id", value=AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="ann")]))
    )
    assert told(LogRecord(event_name="purchase", attributes=[listed])) == [Unused(why=NotTaken.NO_UNIT)]


TEXTS = st.text(max_size=20)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["feature_flag.key", "feature_flag.context.id", "feature_flag.result.variant", "value"])
    | TEXTS,
    TEXTS | st.floats() | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.just("new-checkout"),
    max_size=6,
)
NAMES = st.sampled_from([EVALUATION, "purchase", "spent", "errors"]) | TEXTS


@given(NAMES, ATTRIBUTES, st.integers(0, 2**64 - 1))
def test_whatever_is_pushed_is_understood_or_refused(
    name: str, attributes: dict[str, str | float | bool], nanoseconds: int
) -> None:
    given = LogRecord(event_name=name, attributes=pairs(attributes), time_unix_nano=nanoseconds)
    for found in told(given):
        if isinstance(found, Happened):
            assert abs(found.value) <= 1e12
        if not isinstance(found, Unused):
            assert found.unit
            assert found.at <= NOW + 60


def test_a_metric_that_two_experiments_count_differently_needs_what_both_need() -> None:
    assert WANTED.metrics == {"purchase": Kind.CONVERSION, "errors": Kind.COUNT, "spent": Kind.VALUE}
