"""Feature flags that were evaluated on the way of a journey."""

from tests.core.traces.worlds import NOON, hop, journey, service, span

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import FlagKey, ServiceName, Version, flag_as_service
from tidegate.core.traces.counting import JourneyCounter
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.span import Ending


def variant(key: str, name: str) -> VersionedService:
    return VersionedService(service=flag_as_service(FlagKey(key)), version=Version(name))


ON, OFF, SLOW = variant("refunds", "on"), variant("refunds", "off"), variant("slow", "on")


def visit(ending: Ending, *flags: VersionedService) -> Journey:
    """The flags are evaluated deep inside a service, by a span of its own."""
    return journey(
        hop("1", "> a", ending=ending),
        hop("1.1", "a > b@2"),
        span("1.1.1", "internal", "b@2", flags=flags),
    )


def test_a_journey_is_of_the_variant_that_was_evaluated_first() -> None:
    twice = journey(
        hop("1", "> a"),
        span("1.1", "internal", "a", at=(0.0, 0.1), flags=(ON, SLOW)),
        span("1.2", "internal", "a", at=(0.2, 0.3), flags=(OFF,)),
    )
    assert twice.flags == {ON.service: ON, SLOW.service: SLOW}
    assert twice.met == {ServiceName("a"): service("a")}
    assert [twice.passes(name) for name in (ON.service, ServiceName("a"), ServiceName("b"))] == [
        True,
        True,
        False,
    ]


def test_whole_journeys_count_once_for_each_flag() -> None:
    counter = JourneyCounter("e")
    for each in (
        visit(Ending.OK, ON, SLOW),
        visit(Ending.ERROR, ON),
        visit(Ending.OK, OFF),
        visit(Ending.OK),
    ):
        counter.count(each)
    partial = journey(hop("1.1", "a > b"), span("1.1.1", "internal", "b", flags=(ON,)))
    counter.count(partial)
    found = counter.reading(NOON).flags
    assert {str(key): (each.journeys, each.failed) for key, each in found.items()} == {
        "flag/refunds@on": (2, 1),
        "flag/slow@on": (1, 0),
        "flag/refunds@off": (1, 0),
    }


def test_attribution_tells_journeys_apart_by_flags_as_by_versions() -> None:
    counter = JourneyCounter("e")
    counter.want([ServiceName("b"), ON.service])
    for each in (visit(Ending.ERROR, ON), visit(Ending.OK, OFF), visit(Ending.OK)):
        counter.count(each)
    cohorts = {cohort: (each.journeys, each.failed) for cohort, each in counter.reading(NOON).cohorts.items()}
    assert cohorts == {
        frozenset({service("b@2"), ON}): (1, 1),
        frozenset({service("b@2"), OFF}): (1, 0),
        frozenset({service("b@2")}): (1, 0),
    }
