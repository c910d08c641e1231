"""A rollout in the making: the one place where steps change, and only inside `machine.advance`."""

from collections.abc import Iterable
from dataclasses import replace

from tidegate.core.ids import StepId
from tidegate.core.plan.plan import undo_set
from tidegate.core.rollout.events import OperatorEvent
from tidegate.core.rollout.isolation import canary_of
from tidegate.core.rollout.state import Phase, Rollout, StepState, StepStatus
from tidegate.core.rollout.tables import ASKS, PASSES, PHASES, STEPS, Signal


class Draft:
    """A rollout that is changed step by step; `frozen` is what has become of it."""

    def __init__(self, rollout: Rollout) -> None:
        self.origin = rollout
        self.plan = rollout.plan
        self.steps = dict(rollout.steps)
        self.phase = rollout.phase
        self.reason = rollout.reason
        self.attempts = rollout.attempts
        self.attribution = rollout.attribution
        self.isolation = rollout.isolation

    def frozen(self) -> Rollout:
        """The rollout as it stands."""
        return replace(
            self.origin,
            steps=self.steps,
            phase=self.phase,
            reason=self.reason,
            attempts=self.attempts,
            attribution=self.attribution,
            isolation=self.isolation,
        )

    def status(self, step: StepId) -> StepStatus:
        """Where a step stands."""
        return self.steps[step].status

    def change(self, step: StepId, **fields: object) -> None:
        """Change what the tables say nothing of."""
        self.steps[step] = replace(self.steps[step], **fields)  # type: ignore[arg-type]

    def neighbours(self, step: StepId) -> Iterable[StepId]:
        """The steps whose rules look at `step`."""
        plan = self.plan
        return (*plan.required_by[step], *plan.requires[step], *plan.followed_by[step])

    def enter_phase(self, event: OperatorEvent) -> None:
        """A rollout that runs needs no reason, and one that goes back keeps its first."""
        before, self.phase = self.phase, PHASES[self.phase][event.kind]
        if self.phase is Phase.RUNNING:
            self.reason = ""
        elif self.phase is not before:
            self.reason = said_by(event)

    def send(self, step: StepId, signal: Signal, at: float, reason: str = "") -> None:
        """Move one step as `STEPS` says."""
        state = self.steps[step]
        status = STEPS[state.status][signal]
        if status in ASKS:
            self.attempts += 1
        self.steps[step] = replace(
            state,
            status=status,
            stage=state.stage + (signal in PASSES) - (signal is Signal.STEP_DOWN),
            attempt=self.attempts if status in ASKS else state.attempt,
            exposure=self._exposure(step, signal),
            since=at,
            evidence_from=at if _begins_anew(state, signal) else state.evidence_from,
            reason=reason,
        )

    def isolated(self, step: StepId) -> bool:
        """Whether a step is not judged while suspects are switched off in turn."""
        return self.isolation is not None and self.isolation.concerns(step)

    def off(self, step: StepId) -> bool:
        """Whether a step is to be switched off, while nobody knows better."""
        return self.isolation is not None and canary_of(self.plan.by_id[step]) in self.isolation.toggles.off

    def in_place(self) -> bool:
        """Whether every suspect is on, or off, as it is to be."""
        if self.isolation is None or not self.isolation.searching:
            return False
        wanted = {True: StepStatus.PARKED, False: StepStatus.EXCUSED}
        return all(self.status(step) is wanted[self.off(step)] for step in self.isolation.steps)

    def _exposure(self, step: StepId, signal: Signal) -> float:
        """The exposure that the world has acknowledged, after `signal`."""
        state = self.steps[step]
        if signal is Signal.APPLIED:
            return self.plan.by_id[step].stages[state.stage].exposure
        return 0.0 if signal is Signal.REVERTED else state.exposure

    def undo(self, seeds: Iterable[StepId], at: float, reason: str) -> bool:
        """Send back the smallest set of steps with which `seeds` can be undone safely; whether any moved."""
        begun = self.frozen().begun()
        undone = undo_set(self.plan, begun.intersection(seeds), begun).steps
        moving = [step for step in undone if Signal.UNDO in STEPS[self.status(step)]]
        for step in moving:
            self.send(step, Signal.UNDO, at, reason)
        return bool(moving)


def _begins_anew(state: StepState, signal: Signal) -> bool:
    """Whether evidence about a step counts from now on only."""
    first = state.stage == 0 or state.status is StepStatus.LOWERING
    return signal in (Signal.CLEARED, Signal.UNPARK) or (signal is Signal.APPLIED and first)


def said_by(event: OperatorEvent) -> str:
    """An operator's wish as a reason."""
    return f"{event.kind} by {event.by}: {event.reason}"
