"""Whose fault it is that a gate failed.

A release is judged beside others that are live at the same time, so what breaks is often not where it shows. Where
they were told apart (`core.attribution`), the answer names the culprit. Where they were not, the failing checks say
how far the gate itself can tell:

    own       the release differs from its own control. Versions are dealt by lot at its hop, independently of those
              of any other release, so nobody else can have made that difference. Levels of its own instances are
              its own as well. A flag that is exposed on it is part of it: the difference may be the flag's, whose
              code the old version need not have.
    shared    a limit is broken whichever version answers, as a guard or a success rate: any of them may be at fault.
"""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.gates.measures import is_shared
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import StepId
from tidegate.core.rollout.state import Rollout
from tidegate.core.rollout.suspects import cheapest, flags_on, step_of


class Fault(StrEnum):
    """Whose fault a failure is."""

    OF = "of"  # of the release that `Blame` names
    NOBODY = "nobody"  # of none of the releases
    UNKNOWN = "unknown"  # of one of several that cannot be told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """Whose fault it is, and why; `culprit` is the step to undo if it is anybody's."""

    fault: Fault
    culprit: StepId | None = None
    why: str


def blame(rollout: Rollout, step: StepId, verdict: Verdict) -> Blame:
    """Whose fault it is that the gate of `step` failed."""
    found = verdict.attribution
    if found is None:
        return Blame(fault=Fault.OF, culprit=step, why=f"{step}: {verdict.reason}")
    if named := _named(rollout, found):
        return _blamed(rollout, step, verdict, named)
    if found.answer is not Answer.NOT_IDENTIFIABLE and _is_its_own(rollout, step, verdict):
        return Blame(fault=Fault.OF, culprit=step, why=f"{step}: {verdict.reason}")
    fault = Fault.NOBODY if _shown_harmless(found) else Fault.UNKNOWN
    return Blame(fault=fault, why=f"{verdict.reason}; {found.reason}")


def _is_its_own(rollout: Rollout, step: StepId, verdict: Verdict) -> bool:
    """Whether nobody but the release itself, or a flag on it that is shown to be harmless, can have failed its gate."""
    found = verdict.attribution
    return differs(verdict) and (
        not flags_on(rollout, step) or (found is not None and _shown_harmless(found))
    )


def _shown_harmless(found: Attribution) -> bool:
    """Whether nobody is at fault for what shows elsewhere, of which the edges of the suspects know nothing."""
    return found.answer is Answer.NONE and found.basis is not Basis.EDGES


def _named(rollout: Rollout, found: Attribution) -> tuple[StepId, ...]:
    steps = (step_of(rollout, culprit) for culprit in found.culprits)
    return tuple(step for step in steps if step is not None)


def _blamed(rollout: Rollout, step: StepId, verdict: Verdict, named: tuple[StepId, ...]) -> Blame:
    found = verdict.attribution
    assert found is not None, "only who was found is blamed"
    culprit = cheapest(rollout, named)
    chosen = f"; {culprit} is the cheaper of the two to undo" if len(named) > 1 else ""
    shown = "" if culprit == step else f"; it showed at {step}: {verdict.reason}"
    return Blame(fault=Fault.OF, culprit=culprit, why=f"{culprit}: {found.reason}{chosen}{shown}")


def differs(verdict: Verdict) -> bool:
    """Whether a failing check is one that only the release itself can fail."""
    failing = [check.name for check in verdict.checks if check.outcome is Outcome.FAIL]
    return not failing or not all(map(is_shared, failing))
