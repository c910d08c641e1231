"""Plans: the only safe order is found, and when there is none the smallest set to blame."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given, settings
from tests.core.plan.cases import Case, worlds
from tests.core.worlds import catalog_of, change_of, lane_of, release_of, service_of

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, Commands, OnFailure, Task
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.judgement import Judgement
from tidegate.core.contracts.pair import Pair, Side
from tidegate.core.ids import ServiceName, StepId
from tidegate.core.plan.blame import Infeasible, blame_mixture
from tidegate.core.plan.build import THROUGH, make_plan, plan_from
from tidegate.core.plan.live import pairs
from tidegate.core.plan.plan import Plan, undo_set
from tidegate.core.plan.steps import Deploy, EdgeKind, Reversibility, Step


def planned(catalog: Catalog, change: Change) -> Plan:
    plan = make_plan(catalog, change)
    assert isinstance(plan, Plan), plan
    return plan


def refused(catalog: Catalog, change: Change) -> Infeasible:
    plan = make_plan(catalog, change)
    assert isinstance(plan, Infeasible), plan
    return plan


def step_of(plan: Plan, id_: str) -> Step:
    return plan.by_id[StepId(id_)]


# a calls b calls c
CHAIN = catalog_of(
    service_of("a", needs={"b": "^1.0.0"}), service_of("b", needs={"c": "^1.0.0"}), service_of("c")
)


def exposures(plan: Plan) -> list[str]:
    return [step.split("/")[1] for wave in plan.waves for step in wave if step.startswith("expose/")]


def test_a_provider_comes_first_when_the_new_consumer_needs_what_only_the_new_provider_offers() -> None:
    change = change_of(
        release_of("a", needs={"b": "^2.0.0"}),
        release_of("b", offers=["1.0.0", "2.0.0"], needs={"c": "^2.0.0"}),
        release_of("c", offers=["1.0.0", "2.0.0"]),
    )
    plan = planned(CHAIN, change)
    assert exposures(plan) == ["c", "b", "a"]
    (edge,) = [e for e in plan.edges if e.before == "expose/b" and e.after == "deploy/a"]
    assert edge.reason == "a 2.0.0 does not work with b 1.0.0: it needs b-api ^2.0.0, provided as 1.0.0"


def test_a_consumer_comes_first_when_the_new_provider_drops_what_the_old_consumer_needs() -> None:
    change = change_of(
        release_of("a", needs={"b": ">=1.0.0 <3.0.0"}),
        release_of("b", offers=["2.0.0"], needs={"c": "^1.0.0"}),
    )
    assert exposures(planned(CHAIN, change)) == ["a", "b"]


def test_releases_without_a_break_between_them_run_side_by_side() -> None:
    change = change_of(
        release_of("a", needs={"b": "^1.0.0"}), release_of("b", offers=["1.1.0"], needs={"c": "^1.0.0"})
    )
    plan = planned(CHAIN, change)
    assert {"expose/a", "expose/b"} <= set(plan.waves[1])


def test_a_cycle_in_the_service_graph_is_no_obstacle() -> None:
    """a and b call each other; only one of the two directions breaks, so an order exists."""
    catalog = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b", needs={"a": "^1.0.0"}))
    change = change_of(
        release_of("a", offers=["1.0.0"], needs={"b": "^2.0.0"}),
        release_of("b", offers=["1.0.0", "2.0.0"], needs={"a": "^1.0.0"}),
    )
    assert exposures(planned(catalog, change)) == ["b", "a"]


def test_a_break_both_ways_is_infeasible_and_names_what_would_resolve_it() -> None:
    change = change_of(
        release_of("a", needs={"b": "^2.0.0"}), release_of("b", offers=["2.0.0"], needs={"c": "^1.0.0"})
    )
    answer = refused(CHAIN, change)
    (blame,) = answer.blames  # giving up either of the two mixtures is enough
    assert blame.subject.startswith("a ")
    assert "pin a lane a → b" in blame.resolution
    assert answer.proven
    assert set(answer.cycles[0]) == {"a", "b"}


def test_a_mixture_of_which_nothing_is_known_wants_a_declaration() -> None:
    """The new a needs the new b, so b goes first; but whether the old a works with it nobody has said."""
    catalog = catalog_of(service_of("a", needs={"b": ""}), service_of("b"))
    change = change_of(release_of("a", needs={"b": "^2.0.0"}), release_of("b", offers=["2.0.0"]))
    (unknown,) = [pair for pair in pairs(catalog, change) if pair.mixture == (Side.OLD, Side.NEW)]
    wanted = blame_mixture(unknown)
    assert wanted.resolution == "declare what a consumes of b, with a version range"
    refused(catalog, change)
    declared = catalog_of(service_of("a", needs={"b": "*"}), service_of("b"))
    assert exposures(planned(declared, change)) == ["b", "a"]


def test_a_lane_keeps_the_mixtures_apart() -> None:
    change = change_of(
        release_of("a", needs={"b": "^2.0.0"}),
        release_of("b", offers=["2.0.0"], needs={"c": "^1.0.0"}),
        lanes=(lane_of("a", "b"),),
    )
    plan = planned(CHAIN, change)
    deploy = step_of(plan, "deploy/b").action
    assert isinstance(deploy, Deploy)
    assert deploy.lanes == (("a", "2.0.0"),)
    edges = {(e.before, e.after) for e in plan.edges if e.kind is EdgeKind.REQUIRES}
    assert {("deploy/b", "expose/a"), ("expose/a", "retire/b")} <= edges


def test_a_lane_does_not_help_new_against_new() -> None:
    change = change_of(
        release_of("a", needs={"b": "^3.0.0"}),
        release_of("b", offers=["1.0.0", "2.0.0"], needs={"c": "^1.0.0"}),
        lanes=(lane_of("a", "b"),),
    )
    (blame,) = refused(CHAIN, change).blames
    assert (
        blame.subject == "a 2.0.0 does not work with b 2.0.0: it needs b-api ^3.0.0, provided as 1.0.0, 2.0.0"
    )
    assert blame.resolution == "mend the release of a or of b"


@pytest.mark.parametrize(
    ("change", "subject", "resolution"),
    [
        (
            change_of(release_of("b", offers=["2.0.0"], needs={"c": "^1.0.0"})),
            "a 1.0.0 does not work with b 2.0.0: it needs b-api ^1.0.0, provided as 2.0.0",
            (
                "add to the change a version of a that works with b 2.0.0, "
                "or let b 2.0.0 go on providing what a 1.0.0 needs"
            ),
        ),
        (
            change_of(release_of("a", needs={"b": "^2.0.0"})),
            "a 2.0.0 does not work with b 1.0.0: it needs b-api ^2.0.0, provided as 1.0.0",
            "add to the change a version of b that provides it, or release it first",
        ),
        (
            change_of(release_of("a", needs={"b": ""})),
            "a 2.0.0 is not known to work with b 1.0.0: it names no version of b-api that it works with",
            "declare what a consumes of b, with a version range",
        ),
    ],
)
def test_what_breaks_against_a_service_outside_the_change(
    change: Change, subject: str, resolution: str
) -> None:
    (blame,) = refused(CHAIN, change).blames
    assert (blame.subject, blame.resolution) == (subject, resolution)


def test_the_smallest_set_is_blamed() -> None:
    """Two knots share one service: three mixtures break, giving up two of them is enough and proven so."""
    catalog = catalog_of(
        service_of("a", needs={"hub": "^1.0.0"}), service_of("b", needs={"hub": "^1.0.0"}), service_of("hub")
    )
    change = change_of(
        release_of("a", needs={"hub": "^2.0.0"}),
        release_of("b", needs={"hub": "^2.0.0"}),
        release_of("hub", offers=["2.0.0"]),
    )
    answer = refused(catalog, change)
    assert len(answer.blames) == 2
    assert answer.proven


def test_what_is_broken_today_is_a_warning_and_not_an_obstacle() -> None:
    catalog = catalog_of(service_of("a", needs={"b": "^9.0.0"}), service_of("b"))
    plan = planned(catalog, change_of(release_of("b", offers=["1.0.0", "9.0.0"])))
    assert plan.warnings == (
        "already so today: a 1.0.0 does not work with b 1.0.0: it needs b-api ^9.0.0, provided as 1.0.0",
    )


def test_a_dependency_without_an_interface_is_not_evidence() -> None:
    catalog = catalog_of(service_of("a", depends_on=("b",)), service_of("b"))
    (blame,) = refused(catalog, change_of(release_of("b", offers=["1.1.0"]))).blames
    assert (
        blame.subject
        == "a 1.0.0 is not known to work with b 2.0.0: it depends on it without naming an interface"
    )


def test_an_interface_with_two_providers_may_move_from_one_to_the_other() -> None:
    """b stops offering what c goes on offering: a is then no consumer of b any more."""
    catalog = catalog_of(
        service_of("a", needs={"x": "^1.0.0"}),
        service_of("b", offers={"x-api": ["1.0.0"]}),
        service_of("c", offers={"x-api": ["1.0.0"]}),
    )
    change = change_of(replace(release_of("b"), provides=()))
    assert exposures(planned(catalog, change)) == ["b"]


def test_a_service_that_calls_itself_is_not_its_own_dependency() -> None:
    catalog = catalog_of(service_of("a", needs={"a": "^1.0.0"}))
    assert exposures(planned(catalog, change_of(release_of("a", offers=["2.0.0"])))) == ["a"]


COMMANDS = Commands(apply=("true",), revert=("false", "now"))


def test_tasks_run_where_they_are_declared() -> None:
    task = Task(name="warm", commands=COMMANDS, after=("b",), before=("a",))
    last = Task(name="last", commands=Commands(apply=("true",)), after=("warm",))
    first = Task(name="first", commands=COMMANDS, before=("warm",))
    change = change_of(
        release_of("a", needs={"b": "^1.0.0"}),
        release_of("b", offers=["1.1.0"], needs={"c": "^1.0.0"}),
        tasks=(task, last, first),
    )
    plan = planned(CHAIN, change)
    order: list[str] = [step for wave in plan.waves for step in wave]
    assert order.index("expose/b") < order.index("task/warm") < order.index("deploy/a")
    assert order.index("task/first") < order.index("task/warm") < order.index("task/last")
    assert step_of(plan, "task/warm").way_back == "run false now"
    assert step_of(plan, "task/last").reversibility is Reversibility.IRREVERSIBLE
    assert step_of(plan, "task/warm").reversibility is Reversibility.ORDERED


def test_declarations_that_contradict_each_other_are_blamed() -> None:
    task = Task(name="warm", commands=COMMANDS, after=("a",), before=("a",))
    (blame,) = refused(CHAIN, change_of(release_of("a", needs={"b": "^1.0.0"}), tasks=(task,))).blames
    assert blame.resolution == "drop or turn round this declaration"
    assert blame.subject.startswith("task warm is declared")


def test_a_change_of_tasks_only_needs_no_milestone() -> None:
    plan = planned(CHAIN, change_of(tasks=(Task(name="warm", commands=COMMANDS),)))
    assert [step.id for step in plan.steps] == ["task/warm"]
    assert step_of(plan, "task/warm").reversibility is Reversibility.FREE


def test_every_edge_has_a_reason_and_every_step_a_way_back() -> None:
    change = change_of(
        release_of("a", needs={"b": "^2.0.0"}),
        release_of("b", offers=["1.0.0", "2.0.0"], needs={"c": "^1.0.0"}),
    )
    plan = planned(CHAIN, change)
    assert all(edge.reason for edge in plan.edges)
    assert all(step.way_back for step in plan.steps if step.id != THROUGH)
    assert plan.on_failure is OnFailure.ALL


def test_undoing_an_irreversible_step_strands_what_it_builds_on() -> None:
    task = Task(name="drop", commands=Commands(apply=("true",)), after=("b",))
    change = change_of(
        release_of("a", needs={"b": "^2.0.0"}),
        release_of("b", offers=["1.0.0", "2.0.0"], needs={"c": "^1.0.0"}),
        tasks=(task,),
    )
    plan = planned(CHAIN, change)
    everything = frozenset(step.id for step in plan.steps if step.stages)
    answer = undo_set(plan, [StepId("expose/b")], everything)
    assert answer.stranded == {"deploy/b", "expose/b", "task/drop"}
    assert answer.steps == {"deploy/a", "expose/a", "retire/a", "retire/b"}
    assert answer.waves[0] == ("retire/a", "retire/b")


def safe_orders(catalog: Catalog, change: Change) -> list[tuple[ServiceName, ...]]:
    """Every one-at-a-time order that never has an unsafe pair live: brute force, straight from the definition."""
    found = pairs(catalog, change)
    names = [release.service for release in change.releases]

    def safe(sides: dict[ServiceName, set[Side]]) -> bool:
        return all(
            pair.judgement.safe
            for pair in found
            if pair.consumer.side in sides.get(pair.consumer.service, {Side.OLD})
            and pair.provider.side in sides.get(pair.provider.service, {Side.OLD})
        )

    orders = []
    for order in permutations(names):
        sides = {name: {Side.OLD} for name in names}
        good = True
        for name in order:
            for step in ({Side.OLD, Side.NEW}, {Side.NEW}):
                sides[name] = step
                good = good and safe(sides)
        if good:
            orders.append(order)
    return orders


@given(worlds())
def test_a_plan_exists_exactly_when_a_safe_order_does_and_every_order_it_allows_is_safe(case: Case) -> None:
    catalog, change = case
    orders = safe_orders(catalog, change)
    plan = make_plan(catalog, change)
    if isinstance(plan, Infeasible):
        assert not orders
        assert plan.blames
        return
    before = {
        (e.before.split("/")[1], e.after.split("/")[1]) for e in plan.edges if e.after.startswith("deploy/")
    }
    allowed = [
        order
        for order in permutations([release.service for release in change.releases])
        if all(order.index(x) < order.index(y) for x, y in before)
    ]
    assert sorted(allowed) == sorted(orders)
    waves = [set(wave) for wave in plan.waves]
    assert all(first.isdisjoint(second) for first, second in pairwise(waves))
    assert set().union(*waves) == set(plan.by_id)


@settings(max_examples=30, deadline=None)
@given(worlds(names="abc"))
def test_a_refused_plan_blames_the_fewest_pairs_that_stand_in_its_way(case: Case) -> None:
    """With the pairs that it blames mended there is a plan; with any fewer mended there is none."""
    catalog, change = case
    found = pairs(*case)
    answer = plan_from(found, *case)
    if isinstance(answer, Plan):
        return
    blamed = {blame.subject for blame in answer.blames}
    bad = [pair for pair in found if not pair.judgement.safe]
    assert blamed <= set(map(str, bad))
    assert (answer.proven, answer.at_least) == (True, len(blamed))
    assert isinstance(plan_from(mended(found, blamed), catalog, change), Plan)
    for fewer in combinations(map(str, bad), len(blamed) - 1):
        assert isinstance(plan_from(mended(found, fewer), catalog, change), Infeasible)


def mended(found: Iterable[Pair], subjects: Collection[str]) -> tuple[Pair, ...]:
    """The pairs, of which some are compatible after all."""
    fine = Judgement(answer=Compatibility.COMPATIBLE, evidence="it was mended")
    return tuple(replace(pair, judgement=fine) if str(pair) in subjects else pair for pair in found)


def test_two_pairs_behind_one_edge_are_blamed_together() -> None:
    """a and b call each other: for either reason b must be first, and for one a must be."""
    catalog = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b", needs={"a": "^1.0.0"}))
    change = change_of(
        release_of("a", offers=["2.0.0"], needs={"b": "^2.0.0"}),
        release_of("b", offers=["2.0.0"], needs={"a": "^2.0.0"}),
    )
    assert len(refused(catalog, change).blames) == 2


def test_over_a_lane_the_new_provider_runs_before_the_new_consumer_may_call_it() -> None:
    change = change_of(
        release_of("a", needs={"b": "^2.0.0"}),
        release_of("b", offers=["2.0.0"], needs={"c": "^1.0.0"}),
        lanes=(lane_of("a", "b"),),
    )
    (edge,) = [e for e in planned(CHAIN, change).edges if (e.before, e.after) == ("deploy/b", "deploy/a")]
    assert edge.reason.startswith(
        "the lane to the new b must be there as a 2.0.0 starts: a 2.0.0 does not work"
    )
