"""Whether a plan that was written down is one of a change: the same steps, made for the same judged pairs."""

from collections.abc import Iterable, Iterator, Sequence

from tidegate.core.contracts.pair import Pair
from tidegate.core.errors import Problem
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.record import pairs_record
from tidegate.core.plan.steps import Step

AGAIN = "plan the change again"


def foreign(plan: Plan, pairs: Sequence[Pair], wanted: Plan, judged: Sequence[Pair]) -> Iterator[Problem]:
    """In what a plan and its pairs differ from those of a change; its edges may be others, if they are safe."""
    if plan.change != wanted.change:
        message = f"it is a plan of the change {plan.change!r}, not of {wanted.change!r}"
        yield Problem(message=message, hint="name the change that it was made for")
        return
    mine, theirs = _acts(plan.steps), _acts(wanted.steps)
    for id_ in sorted(mine.keys() | theirs.keys()):
        if mine.get(id_) != theirs.get(id_):
            yield Problem(message=f"{id_} is not the step of that name in the change's plan", hint=AGAIN)
    if sorted(map(str, pairs_record(pairs))) != sorted(map(str, pairs_record(judged))):
        yield Problem(message=f"its {len(pairs)} pairs are not the {len(judged)} of the change", hint=AGAIN)


def _acts(steps: Iterable[Step]) -> dict[str, object]:
    """What each step does and whose approval it takes; how reversible it is follows from that and the edges."""
    return {step.id: (step.action, step.stages, step.serves, step.approvals) for step in steps}
