"""Migrations in a plan: each part after what it needs, contract last, and consumers that gate it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from tests.core.plan.cases import FOR_GOOD, Case, with_migrations, worlds
from tests.core.worlds import (
    catalog_of,
    change_of,
    exposure_of,
    flag_of,
    migration_use,
    release_of,
    removal_of,
    requirements,
    service_of,
)

from tidegate.core.change import Change, Commands, Contract, MigrationUse, Task
from tidegate.core.errors import Location
from tidegate.core.ids import MigrationName, ServiceName, StepId, migration_as_service, migration_of
from tidegate.core.migrations.operations import RawSql
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.blame import Blame, Infeasible
from tidegate.core.plan.build import THROUGH, make_plan
from tidegate.core.plan.live import pairs
from tidegate.core.plan.malformed import malformed
from tidegate.core.plan.migration_problems import migration_problems
from tidegate.core.plan.plan import Plan, undo_set
from tidegate.core.plan.propose import propose
from tidegate.core.plan.step_ids import deploy_id, expose_id, migration_id, retire_id
from tidegate.core.plan.steps import DataCheck, EdgeKind, Migrate, Milestone, Reversibility, Step

SHOP = catalog_of(service_of("w"), service_of("r"), service_of("other"))
EXPAND, BACKFILL, SWITCH, CONTRACT = (migration_id(MigrationName("m"), part) for part in Part)


def of(*uses: MigrationUse) -> Change:
    return change_of(release_of("w"), release_of("r"), release_of("other"), migrations=uses)


M = migration_use("m", writers=["w"], readers=["r"])


def planned(case: Case) -> Plan:
    plan = make_plan(*case)
    assert isinstance(plan, Plan), plan
    return plan


def refused(case: Case) -> Infeasible:
    plan = make_plan(*case)
    assert isinstance(plan, Infeasible), plan
    return plan


def required(plan: Plan, after: StepId) -> dict[str, str]:
    return {edge.before: edge.reason for edge in plan.reasons(after) if edge.kind is EdgeKind.REQUIRES}


def followed(plan: Plan, after: StepId) -> set[str]:
    return set(plan.follows[after])


# --- order --------------------------------------------------------------------------------------------------


def test_each_part_comes_after_what_it_needs_and_before_what_needs_it() -> None:
    plan = planned((SHOP, of(M)))
    here = "the new shape of m, which must be there as it starts"
    assert required(plan, deploy_id("w")) == {EXPAND: f"w 2.0.0 writes {here}"}
    assert required(plan, deploy_id("r")) == {EXPAND: f"r 2.0.0 reads {here}"}
    assert required(plan, deploy_id("other")) == {}
    assert required(plan, EXPAND) == {}
    assert required(plan, BACKFILL) == {EXPAND: "rows get their new shape once there is one"}
    assert required(plan, expose_id("w")).keys() == {deploy_id("w")}
    assert required(plan, expose_id("r")) == {
        deploy_id("r"): "r 2.0.0 must answer before it gets traffic",
        BACKFILL: "r 2.0.0 reads the new shape of m, which every row must have by then",
    }
    assert required(plan, SWITCH) == {
        BACKFILL: "the new shape is believed once every row has it and both shapes agree",
        expose_id("w"): "w 2.0.0 writes the new shape of m and must be fully out before that is believed",
    }
    assert required(plan, CONTRACT) == {
        SWITCH: "the old shape goes once the new one is believed and has soaked",
        retire_id("w"): "w 1.0.0 works with the old shape of m and must be gone first",
        retire_id("r"): "r 1.0.0 works with the old shape of m and must be gone first",
    }


def test_the_soak_is_of_everybody_and_contract_is_last_of_all() -> None:
    change = replace(
        of(M, migration_use("n")),
        exposures=(exposure_of("new"),),
        removals=(removal_of("gone"),),
        tasks=(Task(name="tell", commands=Commands(apply=("true",))),),
    )
    catalog = replace(SHOP, flags=catalog_of(flags=[flag_of("new"), flag_of("gone", default="on")]).flags)
    plan = planned((catalog, change))
    assert followed(plan, SWITCH) == {"expose/r"}
    assert followed(plan, THROUGH) >= {SWITCH, "migration/n/switch", "expose/w", "flag/new"}
    assert followed(plan, CONTRACT) == {
        "retire/other",
        "flag/new",
        "flag-removal/gone",
        "task/tell",
        "migration/n/switch",
    }
    through = plan.by_id[THROUGH].action
    assert isinstance(through, Milestone)
    assert through.name == "every release and flag is exposed and every migration switched"


def test_who_writes_and_reads_does_both_in_one_reason() -> None:
    plan = planned((SHOP, of(migration_use("m", writers=["w"], readers=["w"]))))
    assert required(plan, deploy_id("w"))[EXPAND].startswith("w 2.0.0 writes and reads the new shape of m")
    assert required(plan, SWITCH).keys() == {BACKFILL, "expose/w"}
    assert followed(plan, SWITCH) == set()


def test_a_change_of_a_migration_alone_has_a_plan() -> None:
    plan = planned((SHOP, change_of(migrations=[migration_use("m")])))
    assert plan.waves == ((EXPAND,), (BACKFILL,), (SWITCH,), (CONTRACT,))


PARTS = {
    Contract.NOW: [EXPAND, BACKFILL, SWITCH, CONTRACT],
    Contract.LATER: [EXPAND, BACKFILL, SWITCH],
    Contract.ONLY: [CONTRACT],
}


@pytest.mark.parametrize("contract", Contract)
def test_the_old_shape_may_be_left_to_another_change(contract: Contract) -> None:
    plan = planned((SHOP, of(replace(M, contract=contract))))
    assert [step.id for step in plan.steps if isinstance(step.action, Migrate)] == PARTS[contract]
    before = {edge.before for edge in plan.edges if edge.after == CONTRACT}
    assert (before >= {"retire/w", "retire/r"}) == (contract is not Contract.LATER)


# --- steps --------------------------------------------------------------------------------------------------


def test_a_part_says_who_needs_it_its_way_back_and_who_approves() -> None:
    plan = planned((SHOP, of(M)))
    found = {step.id: step for step in plan.steps}
    assert found[SWITCH].action == Migrate(
        database=M.database, migration=M.migration, part=Part.SWITCH, writers=M.writers, readers=M.readers
    )
    (soak,) = found[SWITCH].stages
    assert (soak.bake, soak.wait) == (60.0, 660.0)
    assert {id_: (found[id_].reversibility, found[id_].approvals) for id_ in PARTS[Contract.NOW]} == {
        EXPAND: (Reversibility.ORDERED, ()),
        BACKFILL: (Reversibility.ORDERED, ()),
        SWITCH: (Reversibility.ORDERED, ()),
        CONTRACT: (Reversibility.IRREVERSIBLE, ("data-team",)),
    }
    assert found[SWITCH].way_back == "believe the old shape again, which has every write made since"
    assert found[CONTRACT].way_back == (
        "none: the old shape goes for good, but for the dump that is taken and checked before"
    )


def test_without_a_restore_point_the_way_back_says_so() -> None:
    use = replace(M, migration=replace(M.migration, restore_point="none"))
    contract = planned((SHOP, of(use))).by_id[CONTRACT]
    assert contract.way_back == "none: the old shape goes for good"


@pytest.mark.parametrize(
    ("operation", "irreversible"),
    [
        (FOR_GOOD, True),
        (replace(FOR_GOOD, on_contract=True), False),
        (RawSql(up="CREATE TABLE t ()", down="DROP TABLE t"), False),
    ],
)
def test_statements_without_a_way_back_make_expand_irreversible(
    operation: RawSql, irreversible: bool
) -> None:
    use = migration_use("m", operations=[operation])
    expand = planned((SHOP, change_of(migrations=[use]))).by_id[EXPAND]
    assert (expand.reversibility is Reversibility.IRREVERSIBLE) == irreversible
    assert expand.approvals == (("data-team",) if irreversible else ())
    assert ("rows are thrown away" in expand.way_back) == irreversible


def test_whose_data_has_two_shapes_is_checked_while_it_is_exposed() -> None:
    plan = planned((SHOP, of(M)))
    data = {step.id: getattr(step.action, "data", ()) for step in plan.steps}
    ours = (DataCheck(database=M.database, migration=M.migration.name),)
    checked = {"expose/w", "expose/r", EXPAND, BACKFILL, SWITCH}
    assert {id_ for id_, checks in data.items() if checks == ours} == checked
    assert not any(checks for id_, checks in data.items() if id_ not in checked)


# --- the way back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "undone"),
    [
        (SWITCH, {SWITCH}),
        (EXPAND, {SWITCH, "expose/w", "expose/r", "deploy/w", "deploy/r", BACKFILL, EXPAND}),
        ("expose/w", {SWITCH, "expose/w", "deploy/w"}),
        ("expose/r", {"expose/r", "deploy/r"}),
    ],
)
def test_before_contract_a_part_goes_back_after_all_that_builds_on_it(seed: str, undone: set[str]) -> None:
    plan = planned((SHOP, of(M)))
    begun = frozenset(id_ for id_ in plan.by_id if not id_.startswith("retire") and id_ != CONTRACT)
    found = undo_set(plan, [StepId(seed)], begun)
    wave = {id_: number for number, wave in enumerate(found.waves) for id_ in wave}
    assert (set(wave), found.stranded) == (undone, frozenset())
    for id_, number in wave.items():
        assert all(wave[other] > number for other in plan.requires[id_] if other in wave)


def test_after_contract_nothing_that_it_stands_on_goes_back() -> None:
    plan = planned((SHOP, of(M)))
    found = undo_set(plan, plan.by_id, frozenset(plan.by_id))
    assert found.steps == {"deploy/other", "expose/other", "retire/other", THROUGH}


# --- consumers ----------------------------------------------------------------------------------------------

SEEN = migration_use("m", provides=["books"])


def consuming(range_: str) -> Case:
    reader = replace(service_of("reader"), consumes=requirements({"books": range_}))
    return catalog_of(service_of("w"), reader), change_of(migrations=[SEEN])


def released(case: Case, range_: str) -> Case:
    catalog, change = case
    return catalog, replace(change, releases=(release_of("reader", needs={"books": range_}),))


def test_a_consumer_that_needs_the_old_shape_is_named_with_what_to_do() -> None:
    found = refused(consuming("^1.0.0"))
    says = (
        "reader 1.0.0 does not work with migration/m contract: it needs books-api ^1.0.0, provided as 2.0.0"
    )
    to_do = (
        "release a version of reader that works with it, "
        "or leave giving up the old shape to another change (contract: later)"
    )
    assert found.blames == (Blame(subject=says, resolution=to_do),)


def test_a_consumer_that_is_moved_by_this_change_gates_contract_by_its_old_version() -> None:
    plan = planned(released(consuming("^1.0.0"), "^2.0.0"))
    assert required(plan, CONTRACT)[retire_id("reader")].startswith(
        "reader 1.0.0 does not work with migration/m"
    )


def test_a_new_version_that_needs_the_old_shape_is_no_way_out() -> None:
    found = refused(released(consuming("^1.0.0"), "^1.0.0"))
    assert [blame.subject.split(" does")[0] for blame in found.blames] == ["reader 2.0.0"]


def test_a_consumer_that_works_with_both_shapes_gates_nothing() -> None:
    assert retire_id("reader") not in planned(consuming(">=1.0.0 <3.0.0")).by_id
    plan = planned(released(consuming(">=1.0.0 <3.0.0"), "^2.0.0"))
    assert retire_id("reader") not in plan.requires[CONTRACT]


def test_a_consumer_of_which_nothing_is_known_says_what_it_needs_first() -> None:
    (blame,) = refused(consuming("")).blames
    assert "is not known to work" in blame.subject
    assert blame.resolution == "declare what reader consumes of migration/m, with a version range"


def test_the_worst_of_several_interfaces_counts() -> None:
    catalog, _ = consuming("^1.0.0")
    both = {"books": "^2.0.0", "ledger": "^1.0.0"}
    reader = replace(catalog.services[ServiceName("reader")], consumes=requirements(both))
    use = migration_use("m", provides=["books", "ledger"])
    (pair,) = pairs(catalog_of(reader), change_of(migrations=[use]))
    assert "needs ledger-api ^1.0.0" in pair.judgement.evidence


def test_left_to_another_change_the_old_shape_is_in_nobodys_way() -> None:
    catalog, change = consuming("^1.0.0")
    later = replace(change, migrations=(replace(SEEN, contract=Contract.LATER),))
    assert isinstance(make_plan(catalog, later), Plan)


def test_a_migration_stands_beside_services_by_its_name() -> None:
    assert migration_of(migration_as_service(MigrationName("m"))) == "m"
    assert migration_of(ServiceName("m")) is None


# --- circles ------------------------------------------------------------------------------------------------


def test_where_writers_make_a_circle_with_tasks_they_are_blamed() -> None:
    """A writer waits for a task that waits for a reader that waits for the writer."""
    change = of(M)
    tasks = (
        Task(name="t", commands=Commands(apply=("true",)), after=("r",), before=("w",)),
        Task(name="u", commands=Commands(apply=("true",)), after=("w",), before=("r",)),
    )
    found = refused((SHOP, replace(change, tasks=tasks)))
    assert found.blames


def test_in_two_changes_the_migration_belongs_to_the_second_with_all_who_use_the_data() -> None:
    """a and b wait for each other; an intermediate version comes first, the migration with the second change."""
    needs = {"a": {"b": "^1.0.0"}, "b": {"a": "^1.0.0"}}
    catalog = catalog_of(
        *(service_of(name, needs=of) for name, of in needs.items()),
        service_of("w"),
        replace(service_of("reader"), consumes=requirements({"books": "^1.0.0"})),
    )
    change = change_of(
        release_of("a", offers=["2.0.0"], needs={"b": "^2.0.0"}),
        release_of("b", offers=["2.0.0"], needs={"a": "^2.0.0"}),
        release_of("w"),
        release_of("reader", needs={"books": "^2.0.0"}),
        migrations=[migration_use("m", writers=["w"], provides=["books"])],
    )
    proposals = propose(pairs(catalog, change), catalog, change)
    first, second = proposals[0].changes
    assert (first.migrations, second.migrations) == ((), ("m",))
    moved = [move.service for wave in first.waves for move in wave]
    assert "w" not in moved


# --- what no plan and no change has --------------------------------------------------------------------------


def without(plan: Plan, **fields: object) -> Plan:
    def hurt(step: Step) -> Step:
        return replace(step, **fields) if step.id == CONTRACT else step  # type: ignore[arg-type]

    return replace(plan, steps=tuple(map(hurt, plan.steps)))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reversibility": Reversibility.FREE}, "migration/m/contract cannot be undone and is free"),
        ({"approvals": ()}, "migration/m/contract cannot be undone and needs nobody's approval"),
    ],
)
def test_a_contract_that_could_be_undone_or_is_approved_by_nobody_is_no_plan(
    fields: dict[str, object], message: str
) -> None:
    plan = planned((SHOP, of(M)))
    assert [*malformed(plan)] == []
    assert [problem.message for problem in malformed(without(plan, **fields))] == [message]


def problems(*uses: MigrationUse) -> list[str]:
    placed = (
        replace(use, location=Location(file="c.yaml", line=number))
        for number, use in enumerate(uses, start=1)
    )
    return [str(problem) for problem in migration_problems(change_of(migrations=list(placed)))]


def test_two_migrations_are_told_apart_and_do_not_run_on_one_schema_at_once() -> None:
    other = replace(migration_use("n"), migration=replace(migration_use("n").migration, schema="other"))
    assert problems(M, other) == []
    hint = "(leave one of them to another change)"
    assert problems(M, migration_use("n")) == [
        f"c.yaml:2: a second migration of schema public of books, where one runs at a time (first at c.yaml:1) {hint}"
    ]
    again = replace(other, migration=replace(other.migration, name=MigrationName("m")))
    assert problems(M, again) == [f"c.yaml:2: a second m (first at c.yaml:1) {hint}"]


@pytest.mark.parametrize(
    ("use", "parts"),
    [
        (migration_use("m", approvals=[]), ["contract"]),
        (migration_use("m", approvals=[], operations=[FOR_GOOD]), ["expand", "contract"]),
        (migration_use("m", approvals=[], contract=Contract.LATER), []),
        (migration_use("m"), []),
    ],
)
def test_what_cannot_be_undone_is_approved_by_somebody(use: MigrationUse, parts: Iterable[str]) -> None:
    said = [f"c.yaml:1: nobody is asked to approve of the {part} of m, after which " for part in parts]
    for message, begins in zip(problems(use), said, strict=True):
        assert message.startswith(begins)
        assert message.endswith("(add approvals: owners of the catalog)")


# --- any change ---------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(case=with_migrations(worlds()))
def test_in_any_plan_contract_is_last_and_nothing_builds_on_it(case: Case) -> None:
    plan = make_plan(*case)
    if not isinstance(plan, Plan):
        return
    for step in plan.steps:
        if isinstance(step.action, Migrate) and step.action.part is Part.CONTRACT:
            assert not plan.required_by[step.id]
            assert not plan.followed_by[step.id]
            for service in (*step.action.writers, *step.action.readers):
                assert retire_id(service) in plan.requires[step.id]
