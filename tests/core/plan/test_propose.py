"""Proposals: whatever is shown has safe orders, says who must make what, and no smaller one would do."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from tests.core.plan.cases import Case, worlds
from tests.core.worlds import (
    catalog_of,
    change_of,
    exposure_of,
    lane_of,
    release_of,
    removal_of,
    service_of,
)

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, Commands, Task
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Position
from tidegate.core.contracts.specification import Kind, Place
from tidegate.core.ids import InterfaceName, OwnerName, ServiceName
from tidegate.core.plan.blame import Infeasible, beyond_order
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.intermediate import Half, in_between, in_two
from tidegate.core.plan.live import pairs
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.proposal import Pin, Proposal, Way
from tidegate.core.plan.propose import propose
from tidegate.core.plan.verify import verify

CALL = catalog_of(replace(service_of("a", needs={"b": "^1.0.0"}), owner=OwnerName("team-a")), service_of("b"))
BOTH_WAYS = change_of(release_of("a", needs={"b": "^2.0.0"}), release_of("b", offers=["2.0.0"]))


def proposed(catalog: Catalog, change: Change) -> tuple[Proposal, ...]:
    return propose(pairs(catalog, change), catalog, change)


def told(proposal: Proposal) -> list[list[str]]:
    """Each change of a proposal as its waves."""
    return [[", ".join(map(str, wave)) for wave in change.waves] for change in proposal.changes]


def test_a_break_both_ways_is_resolved_by_the_provider_by_the_consumer_or_by_a_lane() -> None:
    by_provider, by_consumer, by_lane = proposed(CALL, BOTH_WAYS)
    assert told(by_provider) == [["b 1.0.0 → 2.0.0-expand", "a 1.0.0 → 2.0.0"], ["b 2.0.0-expand → 2.0.0"]]
    assert told(by_consumer) == [["a 1.0.0 → 2.0.0-expand", "b 1.0.0 → 2.0.0"], ["a 2.0.0-expand → 2.0.0"]]
    assert told(by_lane) == [["b 1.0.0 → 2.0.0", "a 1.0.0 → 2.0.0"]]
    assert by_lane.lanes == (Pin(consumer=ServiceName("a"), provider=ServiceName("b")),)
    assert [change.name for change in by_provider.changes] == ["the-change-expand", "the-change-contract"]


def test_flags_move_in_the_second_change_and_so_does_what_needs_them_on() -> None:
    """c stops asking for the flag that is exposed: it cannot be new before that."""
    services = {**CALL.services, ServiceName("c"): service_of("c", flags=["x"])}
    change = replace(
        BOTH_WAYS,
        releases=(*BOTH_WAYS.releases, release_of("c")),
        exposures=(exposure_of("x", services={"a": "2.0.0"}),),
        removals=(removal_of("x"),),
    )
    by_provider, by_consumer, by_lane = proposed(replace(CALL, services=services), change)
    assert told(by_provider) == [
        ["b 1.0.0 → 2.0.0-expand", "a 1.0.0 → 2.0.0"],
        ["b 2.0.0-expand → 2.0.0", "c 1.0.0 → 2.0.0"],
    ]
    assert [[*half.flags] for half in by_provider.changes] == [[], ["x"]]
    assert [[*half.flags] for half in by_consumer.changes] == [[], ["x"]]
    assert [[*half.flags] for half in by_lane.changes] == [["x"]]


def test_a_version_in_between_evaluates_what_either_side_does() -> None:
    catalog = catalog_of(service_of("a", flags=["x", "y"]))
    assert in_between(catalog, release_of("a", evaluates=["z", "y"])).evaluates == ("x", "y", "z")


def test_it_says_who_must_make_what() -> None:
    by_provider, by_consumer, _ = proposed(CALL, BOTH_WAYS)
    (ask,) = by_provider.asks
    assert (ask.service, ask.version, ask.owner) == ("b", "2.0.0-expand", None)
    assert ask.musts == (
        "go on providing what a 1.0.0 needs: b-api ^1.0.0",
        "provide already what a 2.0.0 needs: b-api ^2.0.0",
    )
    (ask,) = by_consumer.asks
    assert (ask.service, ask.owner) == ("a", "team-a")
    assert ask.musts == (
        "work already with b 2.0.0: it provides b-api 2.0.0",
        "go on working with b 1.0.0: it provides b-api 1.0.0",
    )


OK, NO = Compatibility.COMPATIBLE, Compatibility.BREAKING


def difference(
    position: Position, *part: str, old: Compatibility = OK, new: Compatibility = OK
) -> Difference:
    return Difference(
        rule="r",
        position=position,
        place=Place(path="/orders"),
        reason="because",
        old_consumer_new_provider=old,
        new_consumer_old_provider=new,
        part=part,
    )


BODY = ("POST /orders", "request", "application/json")


@pytest.mark.parametrize(
    ("differences", "of_provider", "of_consumer"),
    [
        (
            [difference(Position.OPERATION, "GET /pets", old=NO)],
            "go on offering GET /pets",
            "do without GET /pets",
        ),
        (
            [difference(Position.OPERATION, "GET /pets", new=NO)],
            "offer already GET /pets",
            "do without GET /pets",
        ),
        (
            [
                difference(Position.REQUEST, *BODY, "total", old=NO),
                difference(Position.REQUEST, *BODY, "total_minor", new=NO),
            ],
            "accept both total and total_minor in POST /orders request",
            "send what both accept for total and total_minor in POST /orders request",
        ),
        (
            [replace(difference(Position.REQUEST, *BODY, old=NO), spared_by=(*BODY, "shop"))],
            "go on accepting what comes without shop in POST /orders request",
            "send what both accept for shop in POST /orders request",
        ),
        (
            [
                difference(Position.RESPONSE, "GET /orders", "response", "total", old=NO),
                difference(Position.RESPONSE, "GET /orders", "response", "total_minor", new=NO),
            ],
            "write both total and total_minor in GET /orders response",
            "read in either form total and total_minor in GET /orders response",
        ),
        (
            [difference(Position.SECURITY, "GET /pets", "security", old=NO)],
            "go on accepting the credentials for security in GET /pets",
            "present what both accept for security in GET /pets",
        ),
        (
            [difference(Position.EVENT, old=Compatibility.UNKNOWN)],
            "go on writing /orders",
            "read in either form /orders",
        ),
    ],
)
def test_differences_say_what_each_side_must_add(
    differences: Sequence[Difference], of_provider: str, of_consumer: str
) -> None:
    harmless = difference(Position.QUERY, "GET /pets", "query", "limit")
    comparison = Comparison(kind=Kind.OPENAPI, differences=(harmless, *differences))
    known = {(ServiceName("a"), ServiceName("b"), InterfaceName("b-api")): comparison}
    by_provider, by_consumer, _ = propose(pairs(CALL, BOTH_WAYS), CALL, BOTH_WAYS, known)
    assert by_provider.asks[0].musts[2:] == (f"{of_provider} (b-api)",)
    assert by_consumer.asks[0].musts[2:] == (f"{of_consumer} (b-api)",)


def test_one_version_in_between_resolves_every_circle_through_its_service() -> None:
    catalog = catalog_of(
        service_of("a", needs={"hub": "^1.0.0"}), service_of("b", needs={"hub": "^1.0.0"}), service_of("hub")
    )
    change = change_of(
        release_of("a", needs={"hub": "^2.0.0"}),
        release_of("b", needs={"hub": "^2.0.0"}),
        release_of("hub", offers=["2.0.0"]),
    )
    by_provider, by_lanes = proposed(catalog, change)
    assert [ask.service for ask in by_provider.asks] == ["hub"]
    assert len(by_provider.asks[0].musts) == 4
    assert len(by_lanes.lanes) == 2


def task(name: str, *, before: Sequence[str] = (), after: Sequence[str] = ()) -> Task:
    return Task(name=name, commands=Commands(apply=("true",)), before=tuple(before), after=tuple(after))


def test_what_waits_for_the_wanted_version_moves_to_the_second_change() -> None:
    catalog = catalog_of(*CALL.services.values(), service_of("c"), service_of("d"))
    tasks = (
        task("drop", after=["b"], before=["c"]),
        task("early", before=["b", "c"]),
        task("last", after=["c"]),
    )
    releases = (*BOTH_WAYS.releases, release_of("c"), release_of("d"))
    by_provider, *_ = proposed(catalog, change_of(*releases, tasks=tasks))
    expand, contract = by_provider.changes
    assert (expand.tasks, contract.tasks) == (("early",), ("drop", "last"))
    assert told(by_provider)[1] == ["b 2.0.0-expand → 2.0.0", "c 1.0.0 → 2.0.0"]


def test_a_lane_that_is_there_stays_in_the_half_that_has_both_ends() -> None:
    catalog = catalog_of(
        service_of("a", needs={"b": "^1.0.0", "c": "^1.0.0"}), service_of("b"), service_of("c")
    )
    change = change_of(
        release_of("a", needs={"b": "^2.0.0", "c": "^2.0.0"}),
        release_of("b", offers=["2.0.0"]),
        release_of("c", offers=["2.0.0"]),
        lanes=(lane_of("a", "b"),),
    )
    halves = in_two(pairs(catalog, change), catalog, change, frozenset([ServiceName("c")]))
    assert halves is not None
    assert [half.change.lanes for half in halves] == [change.lanes, ()]
    assert told(proposed(catalog, change)[0]) == [
        ["b 1.0.0 → 2.0.0, c 1.0.0 → 2.0.0-expand", "a 1.0.0 → 2.0.0"],
        ["c 2.0.0-expand → 2.0.0"],
    ]


@pytest.mark.parametrize(
    "change",
    [
        change_of(release_of("b", offers=["2.0.0"])),
        change_of(release_of("a", needs={"b": "^3.0.0"}), release_of("b", offers=["2.0.0"])),
        change_of(release_of("a", needs={"b": "*"}), tasks=(task("t", before=["a"], after=["a"]),)),
    ],
    ids=["a consumer outside the change", "a goal that is broken itself", "declarations in a circle"],
)
def test_what_neither_can_mend_has_no_proposal(change: Change) -> None:
    assert isinstance(make_plan(CALL, change), Infeasible)
    assert proposed(CALL, change) == ()


def test_where_the_new_consumer_needs_nothing_of_the_provider_there_is_no_pair_to_judge() -> None:
    """The new c needs b no more; that does not hinder the version in between."""
    catalog = catalog_of(*CALL.services.values(), service_of("c", needs={"b": ">=1.0.0 <3.0.0"}))
    change = change_of(*BOTH_WAYS.releases, release_of("c"))
    halves = in_two(pairs(catalog, change), catalog, change, frozenset([ServiceName("b")]))
    assert halves is not None
    met = {(str(pair.consumer), str(pair.provider)) for half in halves for pair in half.pairs}
    assert ("c 1.0.0", "b 2.0.0-expand") in met
    assert not any(consumer == "c 2.0.0" for consumer, _ in met)


# --- invariants ---------------------------------------------------------------------------------------------


def after(catalog: Catalog, half: Half) -> Catalog:
    moved = {
        r.service: replace(
            catalog.services[r.service], version=r.version, provides=r.provides, consumes=r.consumes
        )
        for r in half.change.releases
    }
    return replace(catalog, services={**catalog.services, **moved})


@settings(max_examples=60, deadline=None)
@given(worlds(names="abcd"))
def test_the_fewest_versions_in_between_make_two_changes_that_are_safe_in_every_state(case: Case) -> None:
    """Both plans are certified; ranges say the same as the judgements did; no smaller set of services would do."""
    catalog, change = case
    found = pairs(*case)
    released = {release.service for release in change.releases}
    if isinstance(make_plan(*case), Plan) or any(beyond_order(pair, released) for pair in found):
        return
    ways = [way for way in propose(found, catalog, change) if way.way is Way.EXPAND_CONTRACT]
    assert ways
    for way in ways:
        services = frozenset(ask.service for ask in way.asks)
        halves = in_two(found, catalog, change, services)
        assert halves is not None
        assert all(verify(half.plan, half.pairs).holds for half in halves)
        assert isinstance(make_plan(catalog, halves[0].change), Plan)
        assert isinstance(make_plan(after(catalog, halves[0]), halves[1].change), Plan)
        sides = ({p.provider.service for p in found}, {p.consumer.service for p in found})
        for side in sides:
            fewer = combinations(sorted(side & released), len(services) - 1)
            assert all(in_two(found, catalog, change, frozenset(some)) is None for some in fewer)


@settings(max_examples=30, deadline=None)
@given(worlds(names="abc"))
def test_a_lane_that_is_proposed_makes_a_plan(case: Case) -> None:
    catalog, change = case
    for way in proposed(*case) if isinstance(make_plan(*case), Infeasible) else ():
        if way.way is Way.LANE:
            laned = replace(change, lanes=tuple(lane_of(pin.consumer, pin.provider) for pin in way.lanes))
            plan = make_plan(catalog, laned)
            assert isinstance(plan, Plan)
            assert verify(plan, pairs(catalog, laned)).holds
