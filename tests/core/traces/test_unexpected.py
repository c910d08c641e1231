"""A version that is called and that nothing deployed is told, once for all who call it."""

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.learned import Drift, DriftKind, LearnedEdge, LearnedGraph
from tidegate.core.traces.unexpected import unexpected_versions

PAY = ServiceName("pay")


def version(name: str) -> VersionedService:
    service, _, number = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(number))


def learned(caller: str, versions: dict[str, int]) -> LearnedEdge:
    return LearnedEdge(
        caller=ServiceName(caller),
        callee=PAY,
        declared=True,
        calls=sum(versions.values()),
        bad=0,
        rejected=0,
        versions={
            CallEdge(caller=version(f"{caller}@1"), callee=version(f"pay@{number}")): calls
            for number, calls in versions.items()
        },
    )


GRAPH = LearnedGraph(edges=(learned("web", {"1": 90, "3": 5, "4": 7}), learned("search", {"2": 1, "3": 4})))


def drift(number: str, calls: int) -> Drift:
    return Drift(
        kind=DriftKind.UNEXPECTED_VERSION, consumer=None, provider=PAY, version=Version(number), calls=calls
    )


def test_versions_beside_those_that_were_deployed() -> None:
    assert unexpected_versions(GRAPH, {PAY: {Version("1"), Version("2")}}) == (drift("3", 9), drift("4", 7))
    assert unexpected_versions(GRAPH, {PAY: set(map(Version, "1234"))}) == ()


def test_of_a_service_that_nothing_is_known_about_nothing_is_unexpected() -> None:
    assert unexpected_versions(GRAPH, {ServiceName("web"): {Version("9")}}) == ()
