"""Flags in a plan: after what they need, first to go back, and what hangs together is undone together."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.plan.cases import Case, with_flags, worlds
from tests.core.worlds import catalog_of, change_of, exposure_of, flag_of, release_of, removal_of, service_of

from tidegate.core.change import Change, FlagExposure
from tidegate.core.ids import FlagKey, StepId
from tidegate.core.plan.blame import Infeasible
from tidegate.core.plan.build import THROUGH, make_plan
from tidegate.core.plan.plan import Plan, undo_set
from tidegate.core.plan.step_ids import deploy_id, expose_id, flag_id, removal_id
from tidegate.core.plan.steps import EdgeKind, ExposeFlag, Milestone, RemoveFlag, Reversibility

SHOP = catalog_of(service_of("a"), service_of("b", flags=["old"]), flags=[flag_of("old", default="on")])
CHANGE = change_of(
    release_of("a", evaluates=["new"]),
    release_of("b"),
    exposures=[
        exposure_of("new", services={"a": "2.0.0"}, requires=["base"], audiences=["staff", "friends"]),
        exposure_of("base"),
    ],
    removals=[removal_of("old")],
)


def planned(case: Case) -> Plan:
    plan = make_plan(*case)
    assert isinstance(plan, Plan), plan
    return plan


def reasons(plan: Plan, after: StepId) -> dict[str, str]:
    return {edge.before: edge.reason for edge in plan.reasons(after)}


def test_each_audience_and_everyone_is_a_step_after_what_the_flag_needs() -> None:
    plan = planned((SHOP, CHANGE))
    assert reasons(plan, StepId("flag/new/staff")) == {
        "expose/a": "a 2.0.0 implements flag new and must be fully out first",
        "flag/base": "flag new requires flag base, which must be on for everyone first",
    }
    assert reasons(plan, StepId("flag/new/friends")) == {"flag/new/staff": "staff have it before friends"}
    assert reasons(plan, StepId("flag/new")) == {"flag/new/friends": "friends have it before everyone"}
    assert reasons(plan, StepId("flag/base")) == {}
    assert reasons(plan, StepId("flag-removal/old")) == {"expose/b": "b 1.0.0 still asks for flag old"}


def test_a_step_says_whom_it_serves_what_and_the_way_back() -> None:
    plan = planned((SHOP, CHANGE))
    staff, everyone = plan.by_id[StepId("flag/new/staff")], plan.by_id[StepId("flag/new")]
    assert staff.action == ExposeFlag(
        flag=CHANGE.flags[0],
        off="off",
        on="on",
        audience_name="staff",
        audience='{"var": "staff"}',
        services=(CHANGE.releases[0].service,),
    )
    assert staff.stages == CHANGE.exposures[0].audiences[0].strategy.stages
    assert (staff.way_back, staff.serves) == ("serve off of flag new to staff again", "flag/new")
    assert (everyone.way_back, everyone.serves) == ("serve off of flag new to everyone again", None)
    assert staff.reversibility is Reversibility.ORDERED
    assert everyone.reversibility is Reversibility.FREE
    removal = plan.by_id[StepId("flag-removal/old")]
    assert (removal.action, removal.way_back) == (
        RemoveFlag(flag=CHANGE.removals[0].flag),
        "serve flag old again, as it was",
    )


def test_old_versions_stay_until_every_flag_is_through() -> None:
    plan = planned((SHOP, CHANGE))
    assert plan.follows[THROUGH] == (
        "expose/a",
        "expose/b",
        "flag/new/staff",
        "flag/new/friends",
        "flag/new",
        "flag/base",
    )
    assert plan.by_id[THROUGH].action == Milestone(name="every release and flag is exposed")
    only = planned((SHOP, replace(CHANGE, releases=(), removals=())))
    assert THROUGH not in only.by_id


def test_undoing_a_service_takes_the_flag_off_first() -> None:
    plan = planned((SHOP, CHANGE))
    started = frozenset(id_ for id_ in plan.by_id if id_ != THROUGH and not id_.startswith("retire/"))
    assert undo_set(plan, [expose_id("a")], started).waves == (
        ("flag/new",),
        ("flag/new/friends",),
        ("flag/new/staff",),
        ("expose/a",),
        ("deploy/a",),
    )
    assert undo_set(plan, [StepId("flag/new")], started).steps == {
        "flag/new",
        "flag/new/staff",
        "flag/new/friends",
    }


def test_a_version_that_does_not_ask_any_more_comes_after_the_flag_and_its_removal_after_that() -> None:
    catalog = catalog_of(service_of("a", flags=["x"]), flags=[flag_of("x")])
    plan = planned(
        (catalog, change_of(release_of("a"), exposures=[exposure_of("x")], removals=[removal_of("x")]))
    )
    assert reasons(plan, deploy_id("a")) == {
        "flag/x": "a 2.0.0 does not ask for flag x any more: everyone must have it on first"
    }
    assert set(reasons(plan, StepId("flag-removal/x"))) == {"flag/x", "expose/a"}


def test_of_two_flags_that_go_the_one_that_requires_the_other_goes_first() -> None:
    flags = [flag_of("x", default="on"), flag_of("y", default="on", requires="x")]
    removals = [removal_of("x"), removal_of("y"), removal_of("served-elsewhere")]
    plan = planned((catalog_of(service_of("a"), flags=flags), change_of(removals=removals)))
    assert reasons(plan, StepId("flag-removal/x")) == {"flag-removal/y": "flag y requires flag x"}


def test_flags_that_require_each_other_are_blamed() -> None:
    exposures = [exposure_of("x", requires=["y"]), exposure_of("y", requires=["x"])]
    answer = make_plan(SHOP, change_of(exposures=exposures))
    assert isinstance(answer, Infeasible)
    (blame,) = answer.blames
    assert blame.resolution == "drop or turn round this requirement"
    assert set(answer.cycles[0]) == {"x", "y"}


def test_a_service_that_stops_asking_for_the_flag_it_is_to_implement_is_blamed() -> None:
    catalog = catalog_of(service_of("a", flags=["x"]))
    answer = make_plan(
        catalog, change_of(release_of("a"), exposures=[exposure_of("x", services={"a": "2.0.0"})])
    )
    assert isinstance(answer, Infeasible)
    (blame,) = answer.blames
    assert blame.resolution in {
        "drop a from the services of flag x, or what makes its release wait",
        "let a 2.0.0 evaluate flag x",
    }


def test_a_flag_stands_beside_services_with_variants_for_versions() -> None:
    everyone = ExposeFlag(flag=FlagKey("x"), off="grey", on="blue")
    assert (everyone.service, everyone.old, everyone.new, everyone.laned) == ("flag/x", "grey", "blue", ())
    assert replace(everyone, audience_name="staff", audience="{}").old == ""
    assert RemoveFlag(flag=FlagKey("x")).service == "flag/x"


# --- random changes -----------------------------------------------------------------------------------------


def before(case: Case) -> set[tuple[StepId, StepId]]:
    """What is done before what begins, straight from the words of a change."""
    catalog, change = case
    released = {release.service: release for release in change.releases}
    exposed = [exposure.flag for exposure in change.exposures]
    outgrown = [
        (release.service, flag)
        for release in change.releases
        for flag in catalog.services[release.service].flags
        if flag not in release.evaluates
    ]
    pairs = {(flag_id(flag), deploy_id(name)) for name, flag in outgrown if flag in exposed}
    for exposure in change.exposures:
        steps = steps_of(exposure)
        pairs |= {
            (early, late) for early in steps for late in steps if steps.index(early) < steps.index(late)
        }
        for step in steps:
            pairs |= {
                (expose_id(each.service), step)
                for each in exposure.implemented_by
                if each.service in released
            }
            pairs |= {(flag_id(other), step) for other in exposure.requires if other in exposed}
    for flag in (removal.flag for removal in change.removals):
        pairs |= {(expose_id(name), removal_id(flag)) for name, other in outgrown if other == flag}
        pairs |= {(flag_id(flag), removal_id(flag))} if flag in exposed else set()
    return pairs


def steps_of(exposure: FlagExposure) -> list[StepId]:
    return [*(flag_id(exposure.flag, each.name) for each in exposure.audiences), flag_id(exposure.flag)]


@settings(deadline=None)
@given(case=with_flags(worlds(names="abc")))
def test_any_plan_puts_flags_after_all_that_they_need(case: Case) -> None:
    plan = make_plan(*case)
    if isinstance(plan, Plan):
        wave = {id_: number for number, ids in enumerate(plan.waves) for id_ in ids}
        assert all(wave[early] < wave[late] for early, late in before(case))
        assert len(wave) == len(plan.steps)
    else:
        assert plan.blames


@settings(deadline=None)
@given(case=with_flags(worlds(names="abc")), data=st.data())
def test_going_back_is_the_way_there_in_reverse(case: Case, data: st.DataObject) -> None:
    """Whatever is undone once everything has begun: what came later on the way there is not undone later."""
    plan = make_plan(*case)
    if isinstance(plan, Infeasible):
        return
    started = frozenset(id_ for id_ in plan.by_id if id_ != THROUGH)
    seed = data.draw(st.sampled_from(sorted(started)))
    undone = {id_: number for number, ids in enumerate(undo_set(plan, [seed], started).waves) for id_ in ids}
    assert seed in undone
    for early, late in before(case):
        if early in undone:
            assert undone[late] < undone[early]


@settings(deadline=None)
@given(case=with_flags(worlds(names="abc")))
def test_flags_take_no_safe_order_from_releases(case: Case) -> None:
    """Where there is a plan with flags, there is one without them, with the same edges among releases but more."""
    catalog, change = case
    plan, bare = make_plan(catalog, change), make_plan(catalog, without_flags(change))
    if isinstance(plan, Plan):
        assert isinstance(bare, Plan)
        assert {e for e in bare.edges if e.kind is EdgeKind.REQUIRES} <= set(plan.edges)


def without_flags(change: Change) -> Change:
    return replace(change, exposures=(), removals=())
