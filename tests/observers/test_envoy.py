"""Envoy's counters as edges."""

import pytest

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, Histogram, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.observers.envoy import EnvoyObserver, edges_of


def party(name: str) -> VersionedService:
    service, _, version = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(version))


def counter(name: str, caller: str, cluster: str, code: int, value: int, *, flags: str = "-") -> str:
    tags = f'caller="{caller}",cluster="{cluster}",code="{code}",flags="{flags}"'
    return f"envoy_edge_{name}{{{tags}}} {value}"


PAID = CallEdge(caller=party("shop@1.0.0-rc.1+b"), callee=party("pay@2.0.0"))
ENTERED = CallEdge(caller=None, callee=party("shop@1.0.0-rc.1+b"))
A, B = "shop@1.0.0-rc.1+b", "pay@2.0.0"


@pytest.mark.parametrize(
    ("lines", "edges"),
    [
        ([], {}),
        ([counter("rq", "-", A, 200, 7)], {ENTERED: Counts(requests=7)}),
        (
            [
                counter("rq", A, B, 200, 7),
                counter("rq", A, B, 503, 2, flags="UF"),
                counter("rq", A, B, 504, 1, flags="UT"),
                counter("rq", A, B, 400, 3),
                counter("slow", A, B, 200, 4),
            ],
            {PAID: Counts(requests=13, bad=3, rejected=3, slow=4)},
        ),
        ([counter("rq", A, B, 0, 5, flags="DC")], {}),
        ([counter("rq", A, B, 0, 5, flags="UC")], {PAID: Counts(requests=5, bad=5)}),
        ([counter("rq", "-", "", 404, 5, flags="NR")], {}),
        (["# TYPE envoy_edge_rq counter", 'envoy_other{a="b"} 3'], {}),
    ],
)
def test_counts(lines: list[str], edges: dict[CallEdge, Counts]) -> None:
    assert edges_of("\n".join(lines), {}) == edges


def test_a_counter_of_another_shape_is_no_evidence() -> None:
    with pytest.raises(Unavailable, match="lacks a tag"):
        edges_of('envoy_edge_rq{caller="-",cluster="a@1"} 3', {})


def bucket(caller: str, le: str, value: int) -> str:
    return f'envoy_edge_ms_bucket{{caller="{caller}",cluster="{B}",le="{le}"}} {value}'


def test_durations_are_counted_bucket_by_bucket() -> None:
    lines = [bucket(A, le, value) for le, value in (("10", 4), ("20.5", 4), ("100", 9), ("+Inf", 10))]
    lines += ['envoy_edge_ms_sum{caller="-"} 3', 'envoy_edge_ms_bucket{caller="-",cluster="",le="+Inf"} 3']
    expected = Histogram(bounds=(10.0, 20.5, 100.0), counts=(4, 0, 5, 1))
    found = edges_of("\n".join([counter("rq", A, B, 200, 10), *lines]), {PAID.callee.service: 300.0})
    assert found == {PAID: Counts(requests=10, threshold_ms=300.0, times=expected)}


async def test_no_mesh_no_reading(tmp_path: object) -> None:
    with pytest.raises(Unavailable, match="no mesh is up"):
        await EnvoyObserver(str(tmp_path)).read()
