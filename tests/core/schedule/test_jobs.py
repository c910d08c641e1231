"""What of a plan takes time, in which order, and what each release takes of what is limited."""

from dataclasses import replace
from math import ceil

from tests.core.worlds import (
    catalog_of,
    change_of,
    exposure_of,
    lane_of,
    migration_use,
    release_of,
    removal_of,
    service_of,
)

from tidegate.core.catalog import Catalog, Service
from tidegate.core.change import Change, Commands, Task
from tidegate.core.ids import OwnerName
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.schedule.calendar import Calendar, Day, Window
from tidegate.core.schedule.jobs import problem_of
from tidegate.core.schedule.policy import AtMost, SchedulePolicy
from tidegate.core.schedule.problem import SchedulingProblem
from tidegate.core.strategy import Stage, Strategy, StrategyKind

HOURS = Strategy(kind=StrategyKind.CANARY, stages=(Stage(exposure=0.1, bake=3600), Stage(bake=1800.5)))


def problem(change: Change, catalog: Catalog, policy: SchedulePolicy | None = None) -> SchedulingProblem:
    plan = make_plan(catalog, change)
    assert isinstance(plan, Plan)
    return problem_of(plan, catalog, policy or SchedulePolicy(), 0.0)


def limited(at_most: AtMost, *services: Service, released: str = "ab") -> SchedulingProblem:
    change = change_of(*(release_of(name, strategy=HOURS) for name in released))
    return problem(change, catalog_of(*services), SchedulePolicy(at_most=at_most))


def demands(found: SchedulingProblem) -> dict[str, dict[str, int]]:
    return {job.id: dict(job.demands) for job in found.jobs if job.demands}


def test_a_release_takes_as_long_as_its_stages_bake_and_a_task_as_its_command_may() -> None:
    task = Task(name="warm", commands=Commands(apply=("x",), timeout=90.2), after=("a",))
    found = problem(change_of(release_of("a", strategy=HOURS), tasks=[task]), catalog_of(service_of("a")))
    assert {job.id: job.seconds for job in found.jobs} == {"task/warm": 91, "deploy/a": 0, "expose/a": 5401}
    names = [job.id for job in found.jobs]
    order = {(names[before], names[after]) for before, after in found.precedence}
    assert order == {("deploy/a", "expose/a"), ("expose/a", "task/warm")}


def test_a_flag_takes_as_long_as_its_stages_bake_and_nothing_of_what_limits_releases() -> None:
    exposure = replace(exposure_of("x", services={"a": "2.0.0"}), strategy=HOURS)
    change = change_of(release_of("a", strategy=HOURS), exposures=[exposure], removals=[removal_of("x")])
    found = problem(change, catalog_of(service_of("a")), SchedulePolicy(at_most=AtMost(releases=1)))
    assert {job.id: job.seconds for job in found.jobs} == {
        "deploy/a": 0,
        "expose/a": 5401,
        "flag/x": 5401,
        "flag-removal/x": 0,
    }
    assert list(demands(found)) == ["expose/a"]


def test_parts_of_a_migration_take_no_time_and_what_cannot_be_undone_needs_no_schedule() -> None:
    use = migration_use("m", writers=["a"], soak=3600.0)
    change = change_of(release_of("a", strategy=HOURS), migrations=[use])
    found = problem(change, catalog_of(service_of("a")), SchedulePolicy(at_most=AtMost(releases=1)))
    assert {job.id: job.seconds for job in found.jobs} == {
        "deploy/a": 0,
        "expose/a": 5401,
        "migration/m/expand": 0,
        "migration/m/backfill": 0,
        "migration/m/switch": 0,
    }
    assert list(demands(found)) == ["expose/a"]


def test_a_lane_asks_only_that_the_provider_runs() -> None:
    catalog = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b"))
    change = change_of(
        release_of("a", needs={"b": "^2.0.0"}), release_of("b", offers=["2.0.0"]), lanes=[lane_of("a", "b")]
    )
    found = problem(change, catalog)
    names = [job.id for job in found.jobs]
    assert ("deploy/b", "expose/a") in {(names[before], names[after]) for before, after in found.precedence}


def test_without_limits_nothing_is_shared() -> None:
    assert limited(AtMost(), service_of("a"), service_of("b")).capacities == {}


def test_releases_owners_and_systems_are_counted() -> None:
    a = replace(service_of("a"), owner=OwnerName("team"), system="shop")
    found = limited(AtMost(releases=5, per_owner=2, per_system=3), a, service_of("b"))
    assert demands(found) == {
        "expose/a": {"releases at once": 1, "owner team": 1, "system shop": 1},
        "expose/b": {"releases at once": 1, "owner (none)": 1, "system (none)": 1},
    }
    assert found.capacities == {
        "releases at once": 5,
        "owner team": 2,
        "system shop": 3,
        "owner (none)": 2,
        "system (none)": 3,
    }


def test_a_blast_radius_is_the_share_of_all_traffic() -> None:
    services = [
        replace(service_of(name), traffic=rate) for name, rate in (("a", 30.0), ("b", 15.0), ("c", 45.0))
    ]
    found = limited(AtMost(blast_radius=0.5), *services)
    assert demands(found) == {"expose/a": {"blast radius": 333_334}, "expose/b": {"blast radius": 166_667}}
    assert found.capacities == {"blast radius": 500_000}


def test_journeys_that_were_measured_weigh_more_than_traffic() -> None:
    """Two of three journeys go through a: its many retries and calls within a journey do not count."""
    services = [
        replace(service_of("a"), traffic=900.0, journeys=2.0),
        replace(service_of("b"), traffic=1.0, journeys=0.5),
        replace(service_of("c"), traffic=99.0, journeys=1.5),
        replace(service_of("d"), traffic=99.0),
    ]
    found = limited(AtMost(blast_radius=0.5), *services)
    assert demands(found) == {"expose/a": {"blast radius": 500_000}, "expose/b": {"blast radius": 125_000}}
    known = limited(AtMost(blast_radius=1.0), *services, released="ad")
    assert demands(known)["expose/d"] == {"blast radius": ceil(99 / 1099 * 1e6)}


def test_where_traffic_is_not_known_tiers_count_and_an_unknown_tier_as_the_most_critical() -> None:
    tiers = (("a", 4), ("b", None), ("c", 1), ("d", 3))
    services = [replace(service_of(name), traffic=None, tier=tier) for name, tier in tiers]
    services[0] = replace(services[0], traffic=1000.0)
    found = limited(AtMost(blast_radius=1.0), *services)
    assert demands(found) == {"expose/a": {"blast radius": 52_632}, "expose/b": {"blast radius": 421_053}}


def test_services_that_nobody_calls_may_all_be_released_at_once() -> None:
    services = [replace(service_of(name), traffic=0.0) for name in "ab"]
    assert demands(limited(AtMost(blast_radius=0.1), *services))["expose/a"] == {"blast radius": 0}


def test_the_calendar_of_the_policy_holds() -> None:
    window = Window(days=frozenset(Day), begin=60, end=120)
    policy = SchedulePolicy(calendar=Calendar(windows=(window,)))
    found = problem(change_of(release_of("a")), catalog_of(service_of("a")), policy)
    assert found.openings.begins[0] == (3600, 7200)
