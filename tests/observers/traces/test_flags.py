"""Evaluations of feature flags as spans tell them, and as gates read them."""

from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.observers.otlp.pushes import pairs
from tests.observers.traces.pushes import NOW, hop, push, span, version

from tidegate.core.gates.evidence import CallEdge, Counts
from tidegate.observers.traces.evaluations import MOST_FLAGS, evaluated
from tidegate.observers.traces.flags import LAG_SECONDS, FlagObserver
from tidegate.observers.traces.spans import spans_of
from tidegate.observers.traces.table import TraceTable

KEY, VARIANT, FORMER = "feature_flag.key", "feature_flag.result.variant", "feature_flag.variant"


def telling(*events: dict[str, str], name: str = "feature_flag.evaluation", **more: Any) -> Span:
    found = span(**more)
    for each in events:
        found.events.add(name=name, attributes=pairs(each))
    return found


@pytest.mark.parametrize(
    ("found", "flags"),
    [
        (span(attributes={KEY: "refunds", VARIANT: "on"}), ["flag/refunds@on"]),
        (
            telling({KEY: "refunds", VARIANT: "on"}, {KEY: "slow", FORMER: "off"}),
            ["flag/refunds@on", "flag/slow@off"],
        ),
        (telling({KEY: "refunds", VARIANT: "on"}, name="feature_flag"), ["flag/refunds@on"]),
        (telling({KEY: "refunds", VARIANT: "on"}, {KEY: "refunds", VARIANT: "on"}), ["flag/refunds@on"]),
        (telling({KEY: "refunds", VARIANT: "on"}, name="exception"), []),
        (telling({KEY: "refunds"}, {VARIANT: "on"}), []),
        (telling({KEY: "k" * 256, VARIANT: "on"}), []),
        (span(), []),
    ],
)
def test_which_variants_a_span_tells_of(found: Span, flags: list[str]) -> None:
    assert list(map(str, evaluated(found))) == flags


def test_more_flags_than_anybody_has_are_not_looked_at() -> None:
    many = [{KEY: f"flag-{number}", VARIANT: "on"} for number in range(MOST_FLAGS + 10)]
    assert len(evaluated(telling(*many))) == MOST_FLAGS


async def test_gates_read_how_journeys_of_each_variant_ended() -> None:
    now = NOW
    table = TraceTable(lambda: now)
    for trace, (variant, status) in enumerate([("on", 200), ("on", 503), ("off", 200)], start=1):
        inside = telling({KEY: "refunds", VARIANT: variant}, number=3, trace=trace, parent=2, kind="internal")
        calls = (hop("", "pay@1.0.0", 2, trace=trace, status=status), inside)
        table.accept(list(spans_of(push(*calls, of={"service.name": "pay"}), now=now)))
    now += 60
    reading = await FlagObserver(table).read()
    assert reading.at == now - LAG_SECONDS, "what was begun since is not counted yet"
    assert {str(edge.callee): (counts.requests, counts.bad) for edge, counts in reading.edges.items()} == {
        "flag/refunds@on": (2, 1),
        "flag/refunds@off": (1, 0),
    }
    good = reading.edges[CallEdge(caller=None, callee=version("flag/refunds@off"))]
    assert isinstance(good, Counts)
    assert good.in_time(1000.0) is not None
