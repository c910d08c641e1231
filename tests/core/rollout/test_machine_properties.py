"""Whatever is killed, repeated, reordered or asked for: the machine stays safe, ends, and explains itself."""

from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.core.rollout.cases import Case, cases
from tests.core.rollout.interleaving import Run

from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout import machine
from tidegate.core.rollout.events import Operation


@settings(max_examples=400)
@given(case=cases(), smooth=st.integers(0, 10), rough=st.integers(10, 50), data=st.data())
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
    ways: list[Operation] = ["resume", "promote"]
    run.quieten(data.draw(st.sampled_from(ways)))
    run.assert_safe_end()
    tell(run)
    for answer in run.answers:
        assert machine.advance(run.rollout, answer) == (run.rollout, ())


def tell(run: Run) -> None:
    """What a run was about, for `--hypothesis-show-statistics`."""
    event(f"ended {run.rollout.phase}")
    event(f"{run.change.on_failure}: {'a fault' if run.faulty else 'no fault'}")
    if run.world.stopped_at is not None:
        event(f"stopped, everything back: {run.everything_back}")
    if run.change.lanes:
        event(f"lane, ended {run.rollout.phase}")
    if any(run.is_irreversible(step) for step in run.done()):
        event(f"an irreversible step done, ended {run.rollout.phase}")
