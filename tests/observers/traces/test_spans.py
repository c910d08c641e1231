"""What a push tells of each span, and why some tell nothing."""

from collections.abc import Mapping

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2
from tests.observers.otlp.pushes import Attributes, pairs
from tests.observers.traces.pushes import NOW, batch, hop, push, span, version

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.traces.loss import Loss
from tidegate.core.traces.span import Ending, Span, SpanKind
from tidegate.observers.traces.conventions import MOST_ATTRIBUTES
from tidegate.observers.traces.losses import NotTaken, Reason, Unused
from tidegate.observers.traces.spans import spans_of

CART = {"service.name": "cart", "service.version": "1.0.0"}


def read(found: trace_pb2.Span, of: Attributes | None = None) -> Span | Unused:
    (only,) = spans_of(push(found, of=CART if of is None else of), now=NOW)
    return only


def taken(found: trace_pb2.Span, of: Attributes | None = None) -> Span:
    only = read(found, of)
    assert isinstance(only, Span)
    return only


def test_a_hop_knows_both_ends_and_nothing_of_the_user() -> None:
    assert read(
        hop("front@1.0.0", "cart@2.0.0-rc.1", 2, trace=255, parent=1, status=503, flags="UF")
    ) == Span(
        trace="0" * 30 + "ff",
        id="0" * 15 + "2",
        parent="0" * 15 + "1",
        kind=SpanKind.HOP,
        name="POST /call/{}",
        service=version("front@1.0.0"),
        peer=version("cart@2.0.0-rc.1"),
        start=NOW - 1,
        end=NOW - 0.5,
        ending=Ending.UNREACHED,
        status=503,
    )


def test_a_span_of_an_application_is_of_its_resource() -> None:
    found = span(
        7, kind="client", error=True, message="no answer from pay", attributes={"peer.service": "pay"}
    )
    exception = trace_pb2.Span.Event(name="exception", attributes=pairs({"exception.type": "shop.PayError"}))
    found.events.append(exception)
    assert taken(found) == Span(
        trace="0" * 31 + "1",
        id="0" * 15 + "7",
        kind=SpanKind.CLIENT,
        service=version("cart@1.0.0"),
        peer=version("pay"),
        start=NOW - 1,
        end=NOW - 0.5,
        ending=Ending.ERROR,
        said="shop.PayError",
    )


@pytest.mark.parametrize(
    ("caller", "service"),
    [
        ("-", None),
        ("", None),
        ("cart@1.0.0", version("cart@1.0.0")),
        ("cart@", version("cart")),
        ("@1.0.0", None),
    ],
)
def test_who_called(caller: str, service: VersionedService | None) -> None:
    assert taken(hop(caller, "pay@1.0.0")).service == service


@pytest.mark.parametrize(
    ("of", "service"),
    [({"service.name": "cart"}, "cart@unknown"), ({"service.name": "cart", "service.version": 3}, "cart@3")],
)
def test_who_recorded(of: Attributes, service: str) -> None:
    assert str(taken(span(), of).service) == service


@pytest.mark.parametrize(("caller", "ending"), [("-", Ending.OK), ("cart@1.0.0", Ending.TIMED_OUT)])
def test_a_user_who_leaves_was_not_failed(caller: str, ending: Ending) -> None:
    assert taken(hop(caller, "pay@1.0.0", status=0, flags="DC")).ending is ending


def test_values_of_other_types_are_text_or_nothing() -> None:
    found = span(attributes={"http.response.status_code": 404})
    found.attributes.append(KeyValue(key="http.route", value=AnyValue(array_value=ArrayValue())))
    read_span = taken(found)
    assert (read_span.status, read_span.ending, read_span.name) == (404, Ending.REJECTED, "")


LONG = "x" * 256


def bad_id(found: trace_pb2.Span, **ids: bytes) -> trace_pb2.Span:
    for name, value in ids.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (bad_id(span(), trace_id=b""), NotTaken.NO_ID),
        (bad_id(span(), trace_id=bytes(16)), NotTaken.NO_ID),
        (bad_id(span(), span_id=bytes(8)), NotTaken.NO_ID),
        (bad_id(span(), span_id=b"1234567"), NotTaken.NO_ID),
        (span(seconds=-0.1), Loss.BACKWARDS),
        (span(start=NOW + 3600), Loss.FUTURE),
        (span(start=NOW - 86400), Loss.PAST),
        (hop(LONG + "@1", "pay@1"), NotTaken.LONG_NAME),
        (hop("cart@1", "pay@" + LONG), NotTaken.LONG_NAME),
        (span(attributes={str(n): n for n in range(MOST_ATTRIBUTES + 1)}), NotTaken.ATTRIBUTES),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, Reason) else "",
)
def test_spans_that_cannot_be_used(found: trace_pb2.Span, why: Reason) -> None:
    assert read(found) == Unused(why=why)


@pytest.mark.parametrize(
    ("of", "why"),
    [
        ({}, NotTaken.NO_SERVICE),
        ({"service.name": ""}, NotTaken.NO_SERVICE),
        ({"service.name": LONG}, NotTaken.LONG_NAME),
        ({"service.name": "cart", "service.version": LONG}, NotTaken.LONG_NAME),
        (CART | {str(n): n for n in range(MOST_ATTRIBUTES)}, NotTaken.ATTRIBUTES),
    ],
    ids=["none", "empty", "long", "long version", "bomb"],
)
def test_resources_that_cannot_be_used(of: Mapping[str, str], why: Reason) -> None:
    request = batch({"bad": (of, [span(1), span(2)]), "good": (CART, [span(3)])})
    unused, good = spans_of(request, now=NOW)
    assert (unused, isinstance(good, Span)) == (Unused(why=why, spans=2), True)


def test_an_attribute_bomb_leaves_nothing_behind() -> None:
    """Long values are cut, and attributes that nobody reads are not kept."""
    bomb = {f"x{n}": "y" * 1_000 for n in range(MOST_ATTRIBUTES - 2)}
    found = span(error=True, message="z " * 100_000, attributes={**bomb, "http.route": "/" + "a" * 100_000})
    kept = taken(found)
    assert max(len(kept.name), len(kept.said)) <= 120
