"""Why is it not moving? Every step that is not settled says what it waits for, why, and what you may do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tidegate.core.gates.verdict import Verdict
from tidegate.core.ids import StepId
from tidegate.core.rollout.approvals import awaited, how_to
from tidegate.core.rollout.isolation import canary_of
from tidegate.core.rollout.state import ENDED, LEAVING, SETTLED, Phase, Rollout, StepStatus
from tidegate.core.rollout.suspects import exposures
from tidegate.core.rollout.tables import PHASES


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One step that is not settled: what it waits for, why, since when, and what an operator may do."""

    step: StepId
    status: StepStatus
    waits_for: str
    why: str
    since: float
    possible: tuple[str, ...] = ()


Looks = Mapping[StepId, Verdict]
"""The newest look of each gate that is at work, which the machine does not hear of until it decides."""


def headline(rollout: Rollout) -> str:
    """The rollout in one sentence."""
    done = sum(state.status is StepStatus.DONE for state in rollout.steps.values())
    because = f": {rollout.reason}" if rollout.reason else ""
    return f"{rollout.id} is {rollout.phase.replace('_', ' ')}, {done} of {len(rollout.steps)} steps done{because}"


def explain(rollout: Rollout, looks: Looks | None = None) -> tuple[Explanation, ...]:
    """An explanation for every step that is not settled, wave by wave."""
    if rollout.phase in ENDED:
        return ()
    return tuple(
        _explained(rollout, step, looks or {})
        for wave in rollout.plan.waves
        for step in wave
        if rollout.steps[step].status not in SETTLED
    )


def _explained(rollout: Rollout, step: StepId, looks: Looks) -> Explanation:
    state = rollout.steps[step]
    waits_for, why = _WAITS[state.status](rollout, step, looks)
    return Explanation(
        step=step,
        status=state.status,
        waits_for=waits_for,
        why=why,
        since=state.since,
        possible=tuple(op for op in _useful(rollout, step) if op in PHASES[rollout.phase]),
    )


def _useful(rollout: Rollout, step: StepId) -> tuple[str, ...]:
    if awaited(rollout, step):
        return ("approve",)
    return _USEFUL.get(rollout.steps[step].status, ())


_USEFUL: Mapping[StepStatus, tuple[str, ...]] = {
    StepStatus.JUDGING: ("promote", "rollback"),
    StepStatus.LOWERING: ("rollback",),
    StepStatus.HOLDING: ("promote", "resume", "rollback"),
    StepStatus.EXCUSED: ("promote", "rollback"),
    StepStatus.PARKED: ("resume", "rollback"),
    StepStatus.BLOCKED: ("resume", "promote"),
    StepStatus.STUCK: ("resume",),
}


def _waiting(rollout: Rollout, step: StepId, _: Looks) -> tuple[str, str]:
    for edge in rollout.plan.reasons(step):
        other = rollout.steps[edge.before]
        if other.status not in SETTLED:
            return f"{edge.before}, which is {other.status}", edge.reason
    if rollout.phase is Phase.PAUSED:
        return "resume", f"the rollout is paused: {rollout.reason}"
    if rollout.isolation is not None and rollout.isolation.searching:
        return _SEARCH, rollout.isolation.why
    if owners := awaited(rollout, step):
        return f"approval by {', '.join(owners)}", _unapproved(rollout, step)
    return "its turn", "nothing stands in its way"


def _unapproved(rollout: Rollout, step: StepId) -> str:
    return f"its way back is {rollout.step(step).way_back}; give one with: {how_to(rollout, step)}"


def _applying(rollout: Rollout, step: StepId, _: Looks) -> tuple[str, str]:
    stage = rollout.stage(step)
    exposure = f"{stage.exposure:.0%}" if stage else "its stage"
    return f"{exposure} to be in effect", "it was ordered and is repeated until the world confirms it"


def _lowering(rollout: Rollout, step: StepId, looks: Looks) -> tuple[str, str]:
    return f"{_applying(rollout, step, looks)[0]} again", rollout.steps[step].reason


def _judging(rollout: Rollout, step: StepId, looks: Looks) -> tuple[str, str]:
    look = looks.get(step)
    why = look.reason if look else "the gate has not looked yet"
    return f"its gate at {rollout.steps[step].exposure:.0%}", why


def _excused(rollout: Rollout, step: StepId, _: Looks) -> tuple[str, str]:
    if rollout.isolation is not None and rollout.isolation.concerns(step):
        return _SEARCH, rollout.isolation.why
    leaving = [each for each in exposures(rollout.plan) if rollout.steps[each].status in LEAVING]
    return f"{', '.join(leaving)} to go back, then it is judged anew", rollout.steps[step].reason or _ANEW


_SEARCH = "whoever is at fault to be found, by switching suspects off in turn"
_ANEW = "what was seen while that was live is not held against it"


def _parked(rollout: Rollout, step: StepId, _: Looks) -> tuple[str, str]:
    search = rollout.isolation
    if search is None or canary_of(rollout.step(step)) not in search.toggles.off:
        return "resume" if rollout.phase is Phase.PAUSED else "its turn", "it is to be exposed again"
    if search.toggles.answer is not None:
        return "a person to decide", search.toggles.answer.reason
    return "what switching it off shows", search.why


def _returning(rollout: Rollout, step: StepId, _: Looks) -> tuple[str, str]:
    above = [other for other in rollout.plan.required_by[step] if rollout.steps[other].begun]
    return f"{', '.join(above)} to be undone first", rollout.steps[step].reason


def _reverting(rollout: Rollout, step: StepId, _: Looks) -> tuple[str, str]:
    return f"its way back: {rollout.step(step).way_back}", rollout.steps[step].reason


def _person(rollout: Rollout, step: StepId, _: Looks) -> tuple[str, str]:
    search = rollout.isolation
    told = search.toggles.answer.reason if search and search.toggles.answer else ""
    return "a person to decide", rollout.steps[step].reason or told


_WAITS: Mapping[StepStatus, Callable[[Rollout, StepId, Looks], tuple[str, str]]] = {
    StepStatus.WAITING: _waiting,
    StepStatus.APPLYING: _applying,
    StepStatus.JUDGING: _judging,
    StepStatus.LOWERING: _lowering,
    StepStatus.HOLDING: _person,
    StepStatus.BLOCKED: _person,
    StepStatus.EXCUSED: _excused,
    StepStatus.PARKING: _parked,
    StepStatus.PARKED: _parked,
    StepStatus.RETURNING: _returning,
    StepStatus.REVERTING: _reverting,
    StepStatus.STUCK: _person,
}
