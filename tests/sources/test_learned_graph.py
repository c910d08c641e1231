"""What was learned is read as it was written, and anything else is refused with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.errors import Refused
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.core.traces.learned import Drift, DriftKind, LearnedEdge, LearnedGraph
from tidegate.core.traces.measured import Measured
from tidegate.sources.learned_graph import learned_graph_text, read_learned_graph

names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=9).map(
    ServiceName
)
versions = st.from_regex(r"\A[0-9]\.[0-9]\Z").map(Version)
counts = st.integers(0, 10**6)
some = st.integers(1, 10**6)
factors = st.none() | st.floats(0, 1e6)
parts = st.floats(0, 1)


@st.composite
def edges(draw: st.DrawFn) -> LearnedEdge:
    caller, callee = draw(st.none() | names), draw(names)
    met = draw(st.dictionaries(st.tuples(versions, versions if caller else st.none()), some, max_size=3))
    return LearnedEdge(
        caller=caller,
        callee=callee,
        declared=draw(st.booleans()),
        calls=draw(some),
        bad=draw(counts),
        rejected=draw(counts),
        timed_out=draw(st.none() | counts),
        asynchronous=draw(counts),
        versions={
            CallEdge(
                caller=VersionedService(service=caller, version=begin) if caller and begin else None,
                callee=VersionedService(service=callee, version=end),
            ): calls
            for (end, begin), calls in met.items()
        },
        fan_out=draw(factors),
        retry_factor=draw(factors),
        critical=draw(st.none() | parts),
    )


drifts = st.builds(
    Drift,
    kind=st.sampled_from(DriftKind),
    consumer=st.none() | names,
    provider=names,
    interface=st.none() | names.map(InterfaceName),
    version=st.none() | versions,
    calls=counts,
)
graphs = st.builds(
    LearnedGraph,
    edges=st.lists(edges(), max_size=3).map(tuple),
    drifts=st.lists(drifts, max_size=3).map(tuple),
    shares=st.dictionaries(names, st.dictionaries(names, parts, max_size=2), max_size=2),
)


@given(
    st.builds(Measured, graph=graphs, at=st.integers(0, 4 * 10**9).map(float), seconds=st.floats(0.1, 1e6))
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, measured: Measured) -> None:
    file = tmp_path_factory.mktemp("learned") / "learned.json"
    file.write_text(learned_graph_text(measured))
    assert read_learned_graph(file) == measured


BEGIN: dict[str, Any] = {
    "apiVersion": "tidegate.dev/v1alpha1",
    "kind": "LearnedGraph",
    "metadata": {"learned": "2026-01-01T00:00:00Z"},
}


def read(tmp_path: Path, spec: dict[str, Any], **more: Any) -> Measured:
    file = tmp_path / "learned.json"
    file.write_text(json.dumps({**BEGIN, "spec": spec, **more}, indent=1))
    return read_learned_graph(file)


def test_what_was_not_known_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, {"seconds": 1, "edges": [{"callee": "web", "calls": 2}]})
    web = LearnedEdge(caller=None, callee=ServiceName("web"), declared=False, calls=2, bad=0, rejected=0)
    assert found == Measured(graph=LearnedGraph(edges=(web,)), at=1767225600.0, seconds=1.0)


@pytest.mark.parametrize(
    ("spec", "more", "told"),
    [
        (
            {"seconds": 0, "edges": [{"callee": "web", "calls": 0, "cals": 1}]},
            {},
            [
                "8: spec.seconds must be more than 0, not '0'",
                "12: spec.edges[0].calls must be at least 1, not '0'",
                "13: unknown field 'cals' in spec.edges[0] (did you mean 'calls'?)",
            ],
        ),
        (
            {"seconds": 1, "edges": []},
            {"metadata": {"learned": "2026-13-01T00:00:00Z"}},
            ["5: '2026-13-01T00:00:00Z' is no time"],
        ),
    ],
)
def test_what_is_wrong_is_refused(
    spec: dict[str, Any], more: dict[str, Any], told: list[str], tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, spec, **more)
    found = [str(each).replace(f"{tmp_path}/learned.json:", "") for each in refused.value.problems]
    assert found == told
