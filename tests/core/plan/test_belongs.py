"""A plan that was written down belongs to a change: the same steps, made for the same pairs."""

from dataclasses import replace

from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.contracts.pair import Pair
from tidegate.core.plan.belongs import foreign
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.live import pairs
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.record import pairs_digest, pairs_record, plan_digest, record_of

CATALOG = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b"))
CHANGE = change_of(release_of("a", needs={"b": "^1.0.0"}), release_of("b", offers=["1.1.0"]))
PAIRS = pairs(CATALOG, CHANGE)
MADE = make_plan(CATALOG, CHANGE)
assert isinstance(MADE, Plan)
PLAN: Plan = MADE


def said(plan: Plan, judged: tuple[Pair, ...] = PAIRS) -> list[str]:
    return [problem.message for problem in foreign(plan, judged, PLAN, PAIRS)]


def test_the_plan_of_a_change_belongs_to_it_with_other_edges_too() -> None:
    assert said(PLAN) == []
    assert said(replace(PLAN, edges=PLAN.edges[:-1])) == []


def test_what_does_not_belong_is_named() -> None:
    assert said(replace(PLAN, change="other")) == ["it is a plan of the change 'other', not of 'the-change'"]
    assert said(PLAN, PAIRS[1:]) == ["its 3 pairs are not the 4 of the change"]
    fewer = replace(PLAN, steps=PLAN.steps[1:])
    assert said(fewer) == ["deploy/a is not the step of that name in the change's plan"]


def test_a_record_holds_the_plan_its_pairs_and_the_digests_of_both() -> None:
    record = record_of(PLAN, PAIRS)
    assert list(record) == [
        "feasible",
        "change",
        "on_failure",
        "steps",
        "edges",
        "warnings",
        "waves",
        "pairs",
        "digests",
    ]
    assert record["digests"] == {"plan": plan_digest(PLAN), "pairs": pairs_digest(PAIRS)}
    assert pairs_record(PAIRS)[0] == {
        "consumer": {"service": "a", "version": "1.0.0", "side": "old"},
        "provider": {"service": "b", "version": "1.0.0", "side": "old"},
        "answer": "compatible",
        "evidence": "needs b-api ^1.0.0, provided as 1.0.0",
        "kind": "version-range",
        "at": "",
    }


def test_a_digest_tells_plans_apart_and_is_the_same_for_the_same() -> None:
    assert plan_digest(PLAN) == plan_digest(replace(PLAN))
    assert plan_digest(PLAN) != plan_digest(replace(PLAN, edges=PLAN.edges[1:]))
    assert plan_digest(PLAN).startswith("sha256:")
