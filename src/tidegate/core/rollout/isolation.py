"""A rollout finds the culprit by itself: it switches suspects off in turn and watches whether the harm goes away.

It begins when a gate fails by a limit that any of several live releases may have broken, and nothing else can tell
which; and when a release differs from its control while flags are exposed on it, which may be live in its new version
only. Then only these flags are switched off, for it is the release's own fault if it is none of theirs. Which of them
are off is `core.attribution.toggles`'; how the steps come to be so is a matter of rules:

    a suspect is excused from judging, parked (its traffic moved back) where it is to be off, and exposed again where
    it is to be on; once all are as they are to be, the symptom is watched

No suspect has begun steps that build on it: those begin when it is done, and then it is no suspect any more. So
parking it alone is safe.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tidegate.core.attribution import toggles
from tidegate.core.attribution.answer import Answer
from tidegate.core.attribution.toggles import Toggles
from tidegate.core.gates.evidence import Tally, VersionedService
from tidegate.core.gates.measures import ERRORS, GUARD, IN_TIME, LATENCY, SUCCESS_RATE
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import ServiceName, StepId, Version
from tidegate.core.plan.steps import Exposing, Step
from tidegate.core.strategy import Gate, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What is watched: calls into a service, of which a share of `allowed` may be bad, and what was seen of them.

    Bad is a call that fails, or, with a threshold, a good answer that takes longer. With a `version` only what that
    one answers counts.
    """

    service: ServiceName
    allowed: float
    seen: Tally
    threshold_ms: float | None = None
    design_effect: float = 1.0
    version: Version | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """A search for whoever is at fault that the gate of `step` failed, `why` in words.

    `steps` are those that are switched, and `step`. With `own` it is at fault if none of the others is. `attempt` is
    the number of the watch under way, zero while suspects are being switched. Once `toggles` has an answer, that is
    kept until a person decides.
    """

    step: StepId
    why: str
    symptom: Symptom
    toggles: Toggles
    attempt: int = 0
    steps: tuple[StepId, ...] = ()
    own: bool = False

    @property
    def searching(self) -> bool:
        """Whether there is no answer yet."""
        return self.toggles.answer is None

    @property
    def nobody(self) -> bool:
        """Whether none of the suspects is at fault."""
        return self.toggles.answer is not None and self.toggles.answer.answer is Answer.NONE

    def concerns(self, step: StepId) -> bool:
        """Whether a step is part of the search still."""
        return self.searching and step in self.steps

    def with_seen(self, tally: Tally, given_up: str) -> "Isolation":
        """The search after `tally` more; `given_up` says why nobody waits for more."""
        found = toggles.observed(self.toggles, tally)
        if given_up and found.answer is None and found.rounds == self.toggles.rounds:
            found = toggles.given_up(found, given_up)
        return replace(self, toggles=found, attempt=0)


def isolation_of(
    step: Step, stage: Stage, verdict: Verdict, suspects: Iterable[Step], why: str
) -> Isolation | None:
    """The search that a failure calls for; none if its symptom cannot be watched, or there is one suspect only."""
    tried = tuple(suspects)
    symptom = _symptom(step, stage, verdict, _watched)
    if symptom is None or len(tried) < 2:
        return None
    return _opened(Isolation(step=step.id, why=why, symptom=symptom, toggles=_toggles(tried, symptom)), tried)


def isolation_on(
    step: Step, stage: Stage, verdict: Verdict, flags: Iterable[Step], why: str
) -> Isolation | None:
    """The search that a release's own failure calls for with `flags` on it; none if its symptom cannot be watched."""
    tried = tuple(flags)
    symptom = _symptom(step, stage, verdict, _compared)
    if symptom is None:
        return None
    search = Isolation(step=step.id, why=why, symptom=symptom, toggles=_toggles(tried, symptom), own=True)
    return _opened(search, (step, *tried))


def _toggles(tried: Sequence[Step], symptom: Symptom) -> Toggles:
    versions = map(canary_of, tried)
    return toggles.opened(versions, symptom.seen, symptom.allowed, design_effect=symptom.design_effect)


def _opened(search: Isolation, steps: Iterable[Step]) -> Isolation | None:
    """The search, if there is anything to search for."""
    return replace(search, steps=tuple(step.id for step in steps)) if search.searching else None


def canary_of(step: Step) -> VersionedService:
    """The version that a step exposes."""
    assert isinstance(step.action, Exposing), "only exposures are suspect"
    return VersionedService(service=step.action.service, version=step.action.new)


Watch = Callable[[Step, Gate, CheckResult], Symptom | None]


def _symptom(step: Step, stage: Stage, verdict: Verdict, watch: Watch) -> Symptom | None:
    failing = [check for check in verdict.checks if check.outcome is Outcome.FAIL]
    gate = next((gate for gate in stage.gates if gate.name == verdict.gate), None)
    found = (watch(step, gate, check) for check in failing) if gate else ()
    return next((symptom for symptom in found if symptom is not None), None)


def _watched(step: Step, gate: Gate, check: CheckResult) -> Symptom | None:
    """What a check that others may fail too holds to a limit."""
    limits, service = gate.boundaries, canary_of(step).service
    seen = Tally(requests=check.canary_requests, bad=check.canary_bad)
    effect = limits.design_effect
    if check.name == SUCCESS_RATE:
        return Symptom(service=service, allowed=1.0 - limits.success_rate, seen=seen, design_effect=effect)
    if check.name == IN_TIME:
        return Symptom(
            service=service,
            allowed=1.0 - limits.latency_share,
            seen=seen,
            threshold_ms=limits.latency_ms,
            design_effect=effect,
        )
    rates = {f"{GUARD}{guard.service}": guard for guard in gate.guards}
    if (guard := rates.get(check.name)) is None:
        return None
    allowed = 1.0 - guard.success_rate
    return Symptom(service=ServiceName(guard.service), allowed=allowed, seen=seen, design_effect=effect)


def _compared(step: Step, gate: Gate, check: CheckResult) -> Symptom | None:
    """What a check compares with the control, whose rate is what is allowed."""
    control = Tally(requests=check.control_requests, bad=check.control_bad)
    if check.name not in {ERRORS, LATENCY} or control.rate is None:
        return None
    canary = canary_of(step)
    return Symptom(
        service=canary.service,
        version=canary.version,
        allowed=control.rate,
        seen=Tally(requests=check.canary_requests, bad=check.canary_bad),
        threshold_ms=gate.boundaries.latency_ms if check.name == LATENCY else None,
        design_effect=gate.boundaries.design_effect,
    )
