"""What a demo service tells of the flags it evaluated."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tidegate.demo.evaluations import MOST, Evaluations
from tidegate.mesh.layout import Layout

TRACED = f"00-{'ab' * 16}-{'cd' * 8}-01"


def noting(tmp_path: Path) -> Evaluations:
    return Evaluations(service="pay", version="2.0.0", layout=Layout.of(tmp_path))


def test_a_span_below_the_call_with_an_event_for_each_flag(tmp_path: Path) -> None:
    told = noting(tmp_path)
    told.note(TRACED, {"refunds": "on", "slow": "off"}, "ann")
    (span,) = told.waiting
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == ("ab" * 16, "cd" * 8)
    said = [{each.key: each.value.string_value for each in event.attributes} for event in span.events]
    assert said == [
        {"feature_flag.key": key, "feature_flag.result.variant": variant, "feature_flag.context.id": "ann"}
        for key, variant in {"refunds": "on", "slow": "off"}.items()
    ]


@pytest.mark.parametrize(
    ("traceparent", "variants"), [("", {"a": "on"}), ("junk", {"a": "on"}), (TRACED, {})]
)
def test_nothing_without_a_trace_or_a_flag(
    tmp_path: Path, traceparent: str, variants: Mapping[str, str]
) -> None:
    told = noting(tmp_path)
    told.note(traceparent, variants, "ann")
    assert told.waiting == []


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    told = noting(tmp_path)
    for _ in range(MOST + 5):
        told.note(TRACED, {"a": "on"}, "ann")
    assert len(told.waiting) == MOST
