"""Whatever is killed, repeated, reordered or asked for: the machine stays safe, ends, and explains itself."""

from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.core.plan.cases import with_flags, with_migrations
from tests.core.rollout.cases import IMPATIENT, NAMES, Case, cases
from tests.core.rollout.interleaving import Fate, Run
from tests.core.worlds import (
    CANARY,
    catalog_of,
    change_of,
    exposure_of,
    flag_of,
    release_of,
    service_of,
)

from tidegate.core.attribution.answer import Answer
from tidegate.core.change import OnFailure
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout import machine
from tidegate.core.rollout.events import Operation


@settings(max_examples=400)
@given(
    case=st.one_of(cases(), with_flags(cases(), "xy", ["staff"]), with_migrations(cases())),
    smooth=st.integers(0, 10),
    rough=st.integers(10, 50),
    data=st.data(),
)
def test_any_interleaving_is_safe_and_comes_to_a_safe_end(
    case: Case, smooth: int, rough: int, data: st.DataObject
) -> None:
    plan = make_plan(*case)
    if not isinstance(plan, Plan):
        event("infeasible")
        return
    run = Run(case, plan, data)
    for _ in range(smooth):
        run.go_well()
    for _ in range(rough):
        run.disturb()
    run.quieten(data.draw(st.sampled_from(WAYS)))
    run.assert_safe_end()
    tell(run)
    for answer in run.answers:
        assert machine.advance(run.rollout, answer) == (run.rollout, ())


@settings(max_examples=60)
@given(count=st.integers(2, 4), rough=st.integers(10, 60), data=st.data())
def test_any_search_by_switching_off_is_safe_and_comes_to_a_safe_end(
    count: int, rough: int, data: st.DataObject
) -> None:
    """Releases and flags that do not depend on each other, whose gates fail often and nobody knows by whom."""
    names = NAMES[:count]
    strategy = data.draw(st.sampled_from([CANARY, IMPATIENT]))
    flags = data.draw(st.sampled_from(["", "x", "xy"]))
    audiences = data.draw(st.sampled_from([[], ["staff"]]))
    change = change_of(
        *(release_of(name, strategy=strategy) for name in names),
        exposures=[exposure_of(flag, audiences=audiences) for flag in flags],
        on_failure=OnFailure.AFFECTED,
    )
    case = (catalog_of(*map(service_of, names), flags=list(map(flag_of, flags))), change)
    plan = make_plan(*case)
    assert isinstance(plan, Plan)
    run = Run(case, plan, data, looks=SEARCHING, answers=st.sampled_from([Answer.UNDECIDED] * 4 + [*Answer]))
    run.begin_search()
    for _ in range(rough):
        run.disturb()
    event(f"searching: {run.rollout.isolation is not None}")
    run.quieten(data.draw(st.sampled_from(WAYS)))
    run.assert_safe_end()
    for answer in run.answers:
        assert machine.advance(run.rollout, answer) == (run.rollout, ())


SEARCHING = st.sampled_from([Fate.WELL, Fate.FAILS, Fate.FAILS, Fate.UNCLEAR])
WAYS: list[Operation] = ["resume", "promote"]


def tell(run: Run) -> None:
    """What a run was about, for `--hypothesis-show-statistics`."""
    event(f"ended {run.rollout.phase}")
    event(f"{run.change.on_failure}: {'a fault' if run.faulty else 'no fault'}")
    if run.world.stopped_at is not None:
        event(f"stopped, everything back: {run.everything_back}")
    if run.change.migrations:
        event(f"a migration, ended {run.rollout.phase}")
    if run.change.lanes:
        event(f"lane, ended {run.rollout.phase}")
    if any(run.is_irreversible(step) for step in run.done()):
        event(f"an irreversible step done, ended {run.rollout.phase}")
