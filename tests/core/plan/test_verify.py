"""Certificates: every state by brute force agrees with the proof, and a broken plan is caught with a witness."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.plan.cases import Case, with_flags, with_migrations, worlds
from tests.core.worlds import (
    catalog_of,
    change_of,
    exposure_of,
    flag_of,
    lane_of,
    migration_use,
    release_of,
    removal_of,
    requirements,
    service_of,
)

from tidegate.core.change import Change, Commands, Task
from tidegate.core.contracts.pair import Live, Pair, Side
from tidegate.core.ids import MigrationName, ServiceName, StepId, Version, migration_of
from tidegate.core.migrations.phases import Part
from tidegate.core.plan import reachable
from tidegate.core.plan.build import make_plan, plan_from
from tidegate.core.plan.live import pairs
from tidegate.core.plan.moves import Move, Verb
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.releases import Releases, contradictions, releases_of, strangers
from tidegate.core.plan.step_ids import migration_id
from tidegate.core.plan.steps import Deploy, Expose, ExposeFlag, Migrate, RemoveFlag, Reversibility, Step
from tidegate.core.plan.verify import Certificate, Method, verify

CHAIN = catalog_of(
    service_of("a", needs={"b": "^1.0.0"}), service_of("b", needs={"c": "^1.0.0"}), service_of("c")
)
IN_ORDER = change_of(
    release_of("a", needs={"b": "^2.0.0"}),
    release_of("b", offers=["1.0.0", "2.0.0"], needs={"c": "^2.0.0"}),
    release_of("c", offers=["1.0.0", "2.0.0"]),
)
LANED = change_of(
    release_of("a", needs={"b": "^2.0.0"}),
    release_of("b", offers=["2.0.0"], needs={"c": "^1.0.0"}),
    lanes=(lane_of("a", "b"),),
)


D_TODAY = "d 1.0.0 does not work with c 1.0.0: it needs c-api ^9.0.0, provided as 1.0.0"


def planned(case: Case) -> tuple[Plan, tuple[Pair, ...]]:
    plan = make_plan(*case)
    assert isinstance(plan, Plan), plan
    return plan, pairs(*case)


def without(plan: Plan, before: str, after: str) -> Plan:
    kept = tuple(edge for edge in plan.edges if (edge.before, edge.after) != (before, after))
    assert len(kept) < len(plan.edges)
    return replace(plan, edges=kept)


def moves(*said: str) -> tuple[Move, ...]:
    return tuple(Move(verb=Verb(one.rsplit(" ", 1)[0]), step=StepId(one.rsplit(" ", 1)[1])) for one in said)


# --- brute force: the whole plan at once, `follows` edges and all, straight from the words ------------------

Standings = dict[StepId, str]
BEGUN = ("partly", "done", "returning")


def possible(plan: Plan, now: Standings) -> Iterable[tuple[Verb, StepId, str]]:
    for step, standing in now.items():
        may_begin = all(now[x] == "done" for x in plan.requires[step]) and all(
            now[x] in ("done", "back") for x in plan.follows[step]
        )
        may_undo = plan.by_id[step].reversibility is not Reversibility.IRREVERSIBLE and not any(
            now[x] in BEGUN for x in plan.required_by[step]
        )
        if standing == "waiting":
            yield Verb.LEAVE, step, "back"
        if standing in ("waiting", "back") and may_begin:
            yield Verb.BEGIN, step, "partly"
        if standing == "partly":
            yield Verb.FINISH, step, "done"
        if standing in ("partly", "done") and may_undo:
            yield Verb.UNDO, step, "returning"
        if standing == "returning":
            yield Verb.UNDONE, step, "back"


def live(plan: Plan, now: Standings, version: Live) -> bool:
    steps = {
        type(step.action): step
        for step in plan.steps
        if getattr(step.action, "service", "") == version.service
    }
    if not steps:
        return True
    if version.side is Side.NEW:
        return now[steps[Deploy].id] in BEGUN
    return now[steps[Expose].id] != "done"


def bad(plan: Plan, judged: Sequence[Pair], now: Standings) -> bool:
    releases = releases_of(plan)
    for release in releases.values():
        if now[release.expose] in BEGUN and now[release.deploy] != "done":
            return True
        if now[release.retire] in BEGUN and now[release.expose] != "done":
            return True
    for step in plan.steps:
        if (
            isinstance(step.action, ExposeFlag | RemoveFlag)
            and now[step.id] in BEGUN
            and too_early(step, now)
        ):
            return True
    for pair in judged:
        service = pair.provider.service
        apart = migration_of(service) is not None
        if service in releases and pair.consumer.service in releases[service].laned:
            to_new = pair.mixture == (Side.NEW, Side.OLD) and now[releases[service].deploy] == "done"
            to_old = pair.mixture == (Side.OLD, Side.NEW) and now[releases[service].retire] not in BEGUN
            apart = to_new or to_old
        both = live(plan, now, pair.consumer) and live(plan, now, pair.provider)
        touched = pair.mixture != (Side.OLD, Side.OLD) and not {pair.consumer.service, service}.isdisjoint(
            releases
        )
        if both and touched and not apart and not pair.judgement.safe:
            return True
    return any(of_data(plan, judged, now))


def of_data(plan: Plan, judged: Sequence[Pair], now: Standings) -> Iterable[bool]:
    releases = releases_of(plan)
    for step in plan.steps:
        yield isinstance(step.action, Migrate) and data_is_bad(plan, step.action, now)
    for pair in judged:
        if (name := migration_of(pair.provider.service)) is not None and not pair.judgement.safe:
            yield consumer_is_bad(releases, pair.consumer, name, now)


def data_is_bad(plan: Plan, action: Migrate, now: Standings) -> bool:
    """Has a part begun before the one before it is done, or does anybody use a shape that is not there?"""
    stood = [now[id_] for part in Part if (id_ := migration_id(action.migration.name, part)) in now]
    expand, backfill, switch, contract = (now.get(migration_id(action.migration.name, part)) for part in Part)
    if any(later in BEGUN and earlier != "done" for earlier, later in pairwise(stood)):
        return True
    releases = releases_of(plan)
    for user in (releases[name] for name in (*action.writers, *action.readers)):
        writes, reads = (user.move.service in users for users in (action.writers, action.readers))
        if (now[user.deploy] in BEGUN and expand not in ("done", None)) or (
            reads and now[user.expose] in BEGUN and backfill not in ("done", None)
        ):
            return True
        if (contract in BEGUN and now[user.retire] != "done") or (
            writes and switch in BEGUN and now[user.expose] != "done"
        ):
            return True
    return False


def consumer_is_bad(releases: Releases, consumer: Live, name: MigrationName, now: Standings) -> bool:
    """Is the old shape gone, or about to go, while somebody who needs it is there?"""
    if now[migration_id(name, Part.CONTRACT)] not in BEGUN:
        return False
    release = releases.get(consumer.service)
    if release is None:
        return True
    return now[release.deploy] in BEGUN if consumer.side is Side.NEW else now[release.retire] != "done"


def too_early(step: Step, now: Standings) -> bool:
    """Is a flag exposed where a service of this change that implements it is not out, or removed where it is not on?"""
    if isinstance(step.action, ExposeFlag):
        return any(now.get(StepId(f"expose/{name}"), "done") != "done" for name in step.action.services)
    return (
        now.get(StepId(step.action.service), "done") != "done"
        if isinstance(step.action, RemoveFlag)
        else False
    )


def some_state_is_bad(plan: Plan, judged: Sequence[Pair]) -> bool:
    start = dict.fromkeys(plan.by_id, "waiting")
    seen, frontier = {tuple(start.values())}, [start]
    while frontier:
        now = frontier.pop()
        if bad(plan, judged, now):
            return True
        for _, step, after in possible(plan, now):
            reached = now | {step: after}
            if tuple(reached.values()) not in seen:
                seen.add(tuple(reached.values()))
                frontier.append(reached)
    return False


def assert_leads_to_a_bad_state(plan: Plan, judged: Sequence[Pair], witness: Iterable[Move]) -> None:
    now = dict.fromkeys(plan.by_id, "waiting")
    for move in witness:
        (after,) = [to for verb, step, to in possible(plan, now) if (verb, step) == (move.verb, move.step)]
        now[move.step] = after
    assert bad(plan, judged, now)


# --- invariants ---------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(case=worlds(names="ab", lanes=True), data=st.data())
def test_every_state_and_the_proof_agree_on_any_plan_whole_or_broken(case: Case, data: st.DataObject) -> None:
    """Some edges of the right plan are taken out; each verdict is that of brute force, each witness is true."""
    plan = make_plan(*case)
    if not isinstance(plan, Plan):
        return
    kept = data.draw(st.lists(st.booleans(), min_size=len(plan.edges), max_size=len(plan.edges)))
    hurt = replace(plan, edges=tuple(edge for edge, keep in zip(plan.edges, kept, strict=True) if keep))
    judged = pairs(*case)
    certificate = verify(hurt, judged)
    assert certificate.method is Method.EXHAUSTIVE
    assert certificate.holds != some_state_is_bad(hurt, judged)
    for violation in certificate.violations:
        assert_leads_to_a_bad_state(hurt, judged, violation.witness)


SMALL = with_flags(worlds(names="a"), flags="x", audiences=("staff",))


@settings(max_examples=30, deadline=None)
@given(case=SMALL, data=st.data())
def test_flags_that_come_too_early_are_found_as_brute_force_does(case: Case, data: st.DataObject) -> None:
    plan = make_plan(*case)
    if not isinstance(plan, Plan):
        return
    kept = data.draw(st.lists(st.booleans(), min_size=len(plan.edges), max_size=len(plan.edges)))
    hurt = replace(plan, edges=tuple(edge for edge, keep in zip(plan.edges, kept, strict=True) if keep))
    certificate = verify(hurt, pairs(*case))
    assert certificate.holds != some_state_is_bad(hurt, pairs(*case))
    for violation in certificate.violations:
        assert_leads_to_a_bad_state(hurt, pairs(*case), violation.witness)


@settings(max_examples=40, deadline=None)
@given(with_flags(worlds(names="ab"), flags="xy", audiences=("staff",)))
def test_an_accepted_plan_with_flags_is_certified(case: Case) -> None:
    plan = make_plan(*case)
    if isinstance(plan, Plan):
        assert verify(plan, pairs(*case)).holds


@settings(max_examples=40, deadline=None)
@given(worlds(names="abc", lanes=True))
def test_an_accepted_plan_is_certified(case: Case) -> None:
    """A plan accepted never has an incompatible pair live, in either direction of travel."""
    plan = make_plan(*case)
    if isinstance(plan, Plan):
        certificate = verify(plan, pairs(*case))
        assert certificate.holds, certificate.violations
        assert_paths_are_edges(plan, certificate)


MIGRATED = with_migrations(worlds(names="a"), names="m")


@settings(max_examples=12, deadline=None)
@given(case=MIGRATED, data=st.data())
def test_data_in_the_wrong_shape_is_found_as_brute_force_does(case: Case, data: st.DataObject) -> None:
    """One or two edges of the right plan are taken out."""
    plan = make_plan(*case)
    if not isinstance(plan, Plan):
        return
    gone = data.draw(st.lists(st.sampled_from(plan.edges), max_size=2)) if plan.edges else []
    hurt = replace(plan, edges=tuple(edge for edge in plan.edges if edge not in gone))
    judged = pairs(*case)
    certificate = verify(hurt, judged)
    assert certificate.method is Method.EXHAUSTIVE
    assert certificate.holds != some_state_is_bad(hurt, judged)
    for violation in certificate.violations:
        assert_leads_to_a_bad_state(hurt, judged, violation.witness)


def assert_paths_are_edges(plan: Plan, certificate: Certificate) -> None:
    for proof in certificate.proofs:
        assert (proof.path[0], proof.path[-1]) == (proof.obligation.done, *proof.obligation.begun)
        assert all(
            after in plan.required_by[before]
            for before, after in zip(proof.path, proof.path[1:], strict=False)
        )


@settings(max_examples=30, deadline=None)
@given(worlds(names="abc", lanes=True))
def test_where_there_are_too_many_states_the_proof_alone_says_the_same(case: Case) -> None:
    plan = make_plan(*case)
    if isinstance(plan, Plan):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reachable, "MOST_STATES", 5)
            certificate = verify(plan, pairs(*case))
        assert certificate.method is Method.OBLIGATIONS
        whole = verify(plan, pairs(*case))
        assert replace(certificate, method=whole.method, states=whole.states) == whole


# --- cases --------------------------------------------------------------------------------------------------


def test_a_certificate_says_what_keeps_each_obligation_and_what_was_assumed() -> None:
    task = Task(name="drop", commands=Commands(apply=("true",)), after=("a",))
    catalog = catalog_of(*CHAIN.services.values(), service_of("d", needs={"c": "^9.0.0"}))
    c = release_of("c", offers=["1.0.0", "2.0.0", "9.0.0"])
    change = replace(IN_ORDER, releases=(*IN_ORDER.releases[:2], c), tasks=(task,))
    certificate = verify(*planned((catalog, change)))
    kept = {proof.obligation.danger: proof.path for proof in certificate.proofs}
    assert kept == {
        **{f"{n} 2.0.0 gets traffic and does not run": (f"deploy/{n}", f"expose/{n}") for n in "abc"},
        **{f"{n} 1.0.0 is stopped and has traffic": (f"expose/{n}", f"retire/{n}") for n in "abc"},
        "a 2.0.0 does not work with b 1.0.0: it needs b-api ^2.0.0, provided as 1.0.0": (
            "expose/b",
            "deploy/a",
        ),
        "b 2.0.0 does not work with c 1.0.0: it needs c-api ^2.0.0, provided as 1.0.0": (
            "expose/c",
            "deploy/b",
        ),
    }
    assert certificate.holds
    assert certificate.assumptions[3:] == (
        f"already so today, and not counted: {D_TODAY}",
        "task/drop is never undone, nor what it builds on once it has begun",
    )


def test_a_certificate_says_what_keeps_flags_from_coming_too_early() -> None:
    catalog = catalog_of(service_of("a", flags=["x"]), flags=[flag_of("x")])
    exposure = exposure_of("x", services={"a": "1.0.0"}, audiences=["staff"])
    change = change_of(release_of("a", evaluates=["x"]), exposures=[exposure], removals=[removal_of("x")])
    plan, judged = planned((catalog, change))
    kept = [(str(p.obligation.danger), p.path) for p in verify(plan, judged).proofs]
    assert kept[2:] == [
        ("flag x is exposed and a is not fully 2.0.0", ("expose/a", "flag/x/staff")),
        ("flag x is exposed and a is not fully 2.0.0", ("expose/a", "flag/x/staff", "flag/x")),
        ("flag x is removed and not on for everyone", ("flag/x", "flag-removal/x")),
    ]
    hurt = verify(without(plan, "expose/a", "flag/x/staff"), judged)
    assert [violation.witness for violation in hurt.violations] == [
        moves("begin flag/x/staff"),
        moves("begin flag/x/staff", "finish flag/x/staff", "begin flag/x"),
    ]


def test_a_certificate_says_what_keeps_data_in_the_shape_that_is_used() -> None:
    reader = replace(service_of("r"), consumes=requirements({"books": "^1.0.0"}))
    migration = migration_use("m", writers=["w"], readers=["r"], provides=["books"])
    change = change_of(release_of("w"), release_of("r", needs={"books": "^2.0.0"}), migrations=[migration])
    plan, judged = planned((catalog_of(service_of("w"), reader), change))
    kept = {proof.obligation.danger: proof.path for proof in verify(plan, judged).proofs[4:]}
    expand, backfill, switch, contract = (migration_id(MigrationName("m"), part) for part in Part)
    assert kept == {
        "w 2.0.0 runs without the new shape of m": (expand, "deploy/w"),
        "r 2.0.0 runs without the new shape of m": (expand, "deploy/r"),
        "migration m comes to backfill and expand is not through": (expand, backfill),
        "r 2.0.0 reads rows of m that are not backfilled": (backfill, "expose/r"),
        "migration m comes to switch and backfill is not through": (backfill, switch),
        "m is switched and w is not fully 2.0.0": ("expose/w", switch),
        "migration m comes to contract and switch is not through": (switch, contract),
        "w 1.0.0 is there without the old shape of m": ("retire/w", contract),
        "r 1.0.0 is there without the old shape of m": ("retire/r", contract),
        "r 1.0.0 does not work with migration/m contract: it needs books-api ^1.0.0, provided as 2.0.0": (
            "retire/r",
            contract,
        ),
    }
    hurt = verify(without(plan, "expose/w", switch), judged)
    assert [str(violation.obligation.danger) for violation in hurt.violations] == [
        "m is switched and w is not fully 2.0.0"
    ]
    assert f"{contract} is never undone, nor what it builds on once it has begun" in hurt.assumptions


def test_users_of_data_that_the_plan_does_not_release_rely_on_nothing_of_it() -> None:
    plan, judged = planned((catalog_of(), change_of(migrations=[migration_use("m")])))
    used = [
        replace(step, action=replace(step.action, writers=(ServiceName("z"),)))
        for step in plan.steps
        if isinstance(step.action, Migrate)
    ]
    assert (
        len(verify(replace(plan, steps=tuple(used)), judged).proofs) == len(verify(plan, judged).proofs) == 3
    )


@pytest.mark.parametrize(
    ("released", "begun"), [(True, "begin deploy/r"), (False, "begin migration/m/expand")]
)
def test_a_consumer_that_no_order_helps_is_a_violation(released: bool, begun: str) -> None:
    reader = replace(service_of("r"), consumes=requirements({"books": "^1.0.0"}))
    releases = [release_of("r", needs={"books": "^1.0.0"})] if released else []
    change = change_of(*releases, migrations=[migration_use("m", provides=["books"])])
    catalog = catalog_of(reader)
    plan = plan_from([], catalog, change)
    assert isinstance(plan, Plan)
    certificate = verify(plan, pairs(catalog, change))
    broken = [violation for violation in certificate.violations if violation.obligation.done is None]
    (witness,) = [list(map(str, violation.witness)) for violation in broken]
    assert begun in witness
    assert witness[-1] == "begin migration/m/contract"


@pytest.mark.parametrize(
    ("change", "gone", "witness"),
    [
        (IN_ORDER, ("expose/b", "deploy/a"), moves("begin deploy/a")),
        (
            IN_ORDER,
            ("expose/c", "deploy/b"),
            moves("begin deploy/b"),
        ),
        (LANED, ("deploy/b", "deploy/a"), moves("begin deploy/a")),
        (
            LANED,
            ("expose/a", "retire/b"),
            moves(
                "begin deploy/b",
                "finish deploy/b",
                "begin expose/b",
                "finish expose/b",
                "pass over milestone/exposed",
                "begin retire/b",
            ),
        ),
        (IN_ORDER, ("deploy/c", "expose/c"), moves("begin expose/c")),
    ],
)
def test_a_plan_that_lacks_an_edge_is_caught_with_the_moves_that_show_it(
    change: Change, gone: tuple[str, str], witness: tuple[Move, ...]
) -> None:
    plan, judged = planned((CHAIN, change))
    certificate = verify(without(plan, *gone), judged)
    assert not certificate.holds
    assert witness in [violation.witness for violation in certificate.violations]


def test_what_no_order_keeps_apart_is_a_violation() -> None:
    """The pairs of a change that cannot be, beside a plan that was made without them."""
    change = change_of(
        release_of("a", needs={"b": "^3.0.0"}),
        release_of("b", offers=["1.0.0", "2.0.0"], needs={"c": "^1.0.0"}),
    )
    judged = pairs(CHAIN, change)
    plan = plan_from([pair for pair in judged if pair.judgement.safe], CHAIN, change)
    assert isinstance(plan, Plan)
    said = {v.obligation.danger.split(":")[0]: v.witness for v in verify(plan, judged).violations}
    assert said == {
        "a 2.0.0 does not work with b 1.0.0": moves("begin deploy/a"),
        "a 2.0.0 does not work with b 2.0.0": moves("begin deploy/a", "finish deploy/a", "begin deploy/b"),
    }


def test_a_bad_pair_with_a_service_outside_the_change_is_a_violation() -> None:
    change = change_of(release_of("b", offers=["2.0.0"], needs={"c": "^1.0.0"}))
    judged = pairs(CHAIN, change)
    plan = plan_from([pair for pair in judged if pair.judgement.safe], CHAIN, change)
    assert isinstance(plan, Plan)
    (violation,) = verify(plan, judged).violations
    assert violation.obligation.danger.startswith("a 1.0.0 does not work with b 2.0.0")
    assert list(map(str, violation.witness)) == ["begin deploy/b"]


def test_a_large_plan_is_proven_by_its_obligations_alone() -> None:
    names = [f"s{number:02}" for number in range(20)]
    before = dict(zip(names[1:], names, strict=False))
    catalog = catalog_of(*(service_of(n, needs={before[n]: "^1.0.0"} if n in before else {}) for n in names))
    change = change_of(
        *(
            release_of(n, offers=["1.0.0", "2.0.0"], needs={before[n]: "^2.0.0"} if n in before else {})
            for n in names
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reachable, "MOST_STATES", 500)
        certificate = verify(*planned((catalog, change)))
    assert (certificate.method, certificate.holds) == (Method.OBLIGATIONS, True)
    assert len(certificate.proofs) == 40 + 19


# --- plans that are none ------------------------------------------------------------------------------------


def changed(plan: Plan, step: str, **fields: object) -> Plan:
    """The plan with one step's action, or its stages, changed."""
    stages = {"stages": fields.pop("stages")} if "stages" in fields else {}
    return replace(
        plan,
        steps=tuple(
            replace(s, action=replace(s.action, **fields), **stages) if s.id == step else s  # type: ignore[arg-type]
            for s in plan.steps
        ),
    )


@pytest.mark.parametrize(
    ("step", "fields", "message"),
    [
        ("deploy/a", {"version": "3.0.0"}, "deploy/a and expose/a name different new versions"),
        ("retire/a", {"version": "3.0.0"}, "expose/a and retire/a name different old versions"),
        ("expose/b", {"laned": ()}, "deploy/b and expose/b name different lanes"),
        ("expose/a", {"stages": ()}, "expose/a does not end at 100 %: the old version would stay live"),
        ("deploy/b", {"lanes": (("a", "3.0.0"),)}, "deploy/b has a lane for a 3.0.0, which is not released"),
        ("retire/a", {"service": "z"}, "a does not have one step each to deploy, to expose and to retire it"),
    ],
)
def test_steps_that_contradict_each_other_are_no_plan(
    step: str, fields: dict[str, object], message: str
) -> None:
    plan, _ = planned((CHAIN, LANED))
    assert not [*contradictions(plan)]
    assert message in [problem.message for problem in contradictions(changed(plan, step, **fields))]


def test_versions_in_pairs_that_are_none_of_the_plan_are_named() -> None:
    plan, judged = planned((CHAIN, LANED))
    assert not [*strangers(judged, plan)]
    other = replace(judged[0].consumer, version=Version("9.9.9"))
    outside = replace(judged[0].provider, service=ServiceName("z"), side=Side.NEW)
    found = strangers([replace(judged[0], consumer=other, provider=outside)], plan)
    assert [problem.message for problem in found] == [
        f"{other} as the {other.side} version of {other.service} is none of this plan",
        f"{outside} as the new version of z is none of this plan",
    ]
