"""Every pair that may be live together is judged, and says so in a sentence."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.change import Change, Release
from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.pair import Side
from tidegate.core.contracts.versions import satisfies
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.core.plan.live import pairs
from tidegate.core.strategy import Stage, Strategy, StrategyKind

CATALOG = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b"), service_of("c"))


def test_each_version_of_the_consumer_meets_each_of_the_provider() -> None:
    change = change_of(release_of("a", needs={"b": "^2.0.0"}), release_of("b", offers=["2.0.0"]))
    said = {pair.mixture: str(pair) for pair in pairs(CATALOG, change)}
    assert said == {
        (Side.OLD, Side.OLD): "a 1.0.0 works with b 1.0.0: it needs b-api ^1.0.0, provided as 1.0.0",
        (Side.OLD, Side.NEW): "a 1.0.0 does not work with b 2.0.0: it needs b-api ^1.0.0, provided as 2.0.0",
        (Side.NEW, Side.OLD): "a 2.0.0 does not work with b 1.0.0: it needs b-api ^2.0.0, provided as 1.0.0",
        (Side.NEW, Side.NEW): "a 2.0.0 works with b 2.0.0: it needs b-api ^2.0.0, provided as 2.0.0",
    }


def test_an_edge_that_the_change_does_not_touch_is_left_alone() -> None:
    assert pairs(CATALOG, change_of(release_of("c"))) == ()


def test_a_dependency_on_itself_or_on_nobody_is_none() -> None:
    catalog = catalog_of(service_of("a", depends_on=["a", "nobody", "b"]), service_of("b"))
    assert [str(pair) for pair in pairs(catalog, change_of(release_of("b")))] == [
        "a 1.0.0 is not known to work with b 1.0.0: it depends on it without naming an interface",
        "a 1.0.0 is not known to work with b 2.0.0: it depends on it without naming an interface",
    ]
    assert [pair.provider.service for pair in pairs(catalog, change_of(release_of("a")))] == ["b", "b"]


# -- against the definition, which looks at every service --------------------------------------------------------

NAMES = [ServiceName(name) for name in "abcd"]
OFFERS = [InterfaceName(name) for name in "xyz"]
Either = Service | Release

provided = st.dictionaries(
    st.sampled_from(OFFERS), st.sampled_from([("1.0.0",), ("1.0.0", "2.0.0"), ("2.0.0",)])
)
consumed = st.dictionaries(st.sampled_from(OFFERS), st.sampled_from(["^1.0.0", "^2.0.0", ""]))


def provisions(offers: dict[InterfaceName, tuple[str, ...]]) -> tuple[Provision, ...]:
    return tuple(Provision(interface=name, versions=versions) for name, versions in offers.items())


def requirements(needs: dict[InterfaceName, str]) -> tuple[Requirement, ...]:
    return tuple(Requirement(interface=name, range=wanted) for name, wanted in needs.items())


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Catalog, Change]:
    services = [
        Service(
            name=name,
            version=Version("1.0.0"),
            provides=provisions(draw(provided)),
            consumes=requirements(draw(consumed)),
            depends_on=tuple(draw(st.lists(st.sampled_from([*NAMES, ServiceName("gone")]), max_size=2))),
        )
        for name in NAMES
    ]
    releases = [
        Release(
            service=name,
            version=Version("2.0.0"),
            artifact="a",
            digest="d",
            provides=provisions(draw(provided)),
            consumes=requirements(draw(consumed)),
            strategy=Strategy(kind=StrategyKind.BLUE_GREEN, stages=(Stage(),)),
        )
        for name in draw(st.sets(st.sampled_from(NAMES), min_size=1))
    ]
    return catalog_of(*services), change_of(*releases)


def interfaces(version: Either) -> set[InterfaceName]:
    return {offer.interface for offer in version.provides}


def by_definition(catalog: Catalog, change: Change) -> dict[tuple[str, Version, str, Version], Compatibility]:
    """The answer for every two versions on an edge that the change touches."""
    released = {release.service: release for release in change.releases}
    lives: dict[ServiceName, list[Either]] = {
        name: [service, *([released[name]] if name in released else [])]
        for name, service in catalog.services.items()
    }
    bare = {(edge.consumer, edge.provider) for edge in catalog.dependencies if edge.interface is None}
    found: dict[tuple[str, Version, str, Version], Compatibility] = {}
    for caller, callee in product(NAMES, NAMES):
        if caller == callee or not {caller, callee} & released.keys():
            continue
        ever = {interface for version in lives[callee] for interface in interfaces(version)}
        for consumer, provider in product(lives[caller], lives[callee]):
            answers = [
                satisfies(need, provider.provides).answer
                for need in consumer.consumes
                if need.interface in ever
                and (
                    need.interface in interfaces(provider)
                    or not any(
                        all(need.interface in interfaces(version) for version in lives[other])
                        for other in NAMES
                        if other != callee
                    )
                )
            ]
            if not answers and (caller, callee) in bare:
                answers = [Compatibility.UNKNOWN]
            if answers:
                versions = (consumer.version or Version(""), provider.version or Version(""))
                found[caller, versions[0], callee, versions[1]] = worst(answers)
    return found


@given(worlds())
def test_the_pairs_are_those_of_the_definition(world: tuple[Catalog, Change]) -> None:
    judged = [
        ((p.consumer.service, p.consumer.version, p.provider.service, p.provider.version), p.judgement.answer)
        for p in pairs(*world)
    ]
    assert len(dict(judged)) == len(judged)
    assert dict(judged) == by_definition(*world)
