"""What a record or a replay shows, as text of 80 columns. Pure: values in, a string out."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tidegate.cli.plan_text import wrapped
from tidegate.core.gates.analysis import Conclusion, Effect, Enough
from tidegate.core.gates.effect import DOUBT
from tidegate.core.gates.replay import StageVerdict
from tidegate.core.gates.verdict import CheckResult, Outcome
from tidegate.core.gates.words import percent
from tidegate.core.ids import StepId


def text(found: Conclusion) -> str:
    """A conclusion: the verdict, what it rests on, what would have been enough."""
    lines = [f"{found.verdict.outcome}: {found.verdict.reason}", *_when(found)]
    if found.effect is not None:
        lines += _effect(found.effect)
    if found.verdict.checks:
        lines += ["", *_table(found.verdict.checks)]
    if found.enough is not None:
        lines += ["", _enough(found.enough)]
    return "\n".join(map(wrapped, lines))


def _when(found: Conclusion) -> list[str]:
    if found.began_at is None or found.ended_at is None:
        return []
    looks = f"{found.intervals:,} look{'' if found.intervals == 1 else 's'}"
    record = f"record of {looks}, {instant(found.began_at)} to {instant(found.ended_at)}"
    if found.decided_at is None:
        return [f"not decided in a {record}"]
    return [f"decided at {instant(found.decided_at)}, in a {record}"]


def _effect(effect: Effect) -> list[str]:
    ratio = "" if effect.ratio is None else f", {effect.ratio:.3g} times"
    ends = f"{_points(effect.difference_low)} to {_points(effect.difference_high)}"
    return [
        f"bad: canary {percent(effect.canary_rate)}, control {percent(effect.control_rate)}{ratio}",
        f"difference: {_points(effect.difference)} points, {percent(1 - DOUBT)} confidence {ends}",
    ]


def _points(difference: float) -> str:
    return f"{difference * 100:+.3g}"


def _table(checks: tuple[CheckResult, ...]) -> list[str]:
    """Evidence as natural logarithms: what there is, and what one check alone would need.

    A check that has counted nothing is left out.
    """
    lines = [f"{'check':<16} {'canary':>17} {'control':>17} {'harm, ln E':>13} {'safe, ln E':>13}"]
    for each in (check for check in checks if check.canary_requests or check.control_requests):
        canary = f"{each.canary_bad:,}/{each.canary_requests:,}"
        control = f"{each.control_bad:,}/{each.control_requests:,}" if each.control_requests else "-"
        harm = f"{each.log_harm:.2f} of {each.log_harm_needed:.2f}"
        safe = f"{each.log_safe:.2f} of {each.log_safe_needed:.2f}"
        lines.append(f"{each.name:<16} {canary:>17} {control:>17} {harm:>13} {safe:>13}")
    return lines


def _enough(enough: Enough) -> str:
    if enough.canary_requests is None:
        return f"no number of canary requests at these rates would show that {enough.claim}"
    return (
        f"about {enough.canary_requests:,} canary requests would have been enough to show that {enough.claim}"
    )


def instant(at: float) -> str:
    """A time in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A step of a past rollout, judged by its own gate (`before`) and by another (`now`)."""

    step: StepId
    stages: int
    looks: int
    before: tuple[StageVerdict, ...]
    now: tuple[StageVerdict, ...]

    @property
    def outcome(self) -> Outcome:
        """What the other gate says of the step: of its stages the worst."""
        return outcome_of(self.now)

    def as_json(self) -> dict[str, Any]:
        """With the names that the documentation has."""
        return {
            "step": self.step,
            "looks": self.looks,
            "before": _side_json(self.before),
            "now": _side_json(self.now),
        }


def outcome_of(verdicts: tuple[StageVerdict, ...]) -> Outcome:
    """Of the stages that were judged the worst; insufficient if none was."""
    outcomes = {each.verdict.outcome for each in verdicts}
    for worst in (Outcome.FAIL, Outcome.INSUFFICIENT):
        if worst in outcomes:
            return worst
    return Outcome.PASS if outcomes else Outcome.INSUFFICIENT


def _side_json(verdicts: tuple[StageVerdict, ...]) -> dict[str, Any]:
    outcome = outcome_of(verdicts)
    deciding = [each for each in verdicts if each.verdict.outcome is outcome]
    return {
        "verdict": outcome,
        "decided_at": deciding[-1].decided_at if deciding else None,
        "stages": [asdict(each) for each in verdicts],
    }


def replay_text(rollout: str, found: tuple[Replayed, ...]) -> str:
    """Both verdicts of every step, stage by stage."""
    lines = [f"{rollout}: {len(found)} gated step{'' if len(found) == 1 else 's'}, judged again"]
    for each in found:
        lines.append("")
        if not each.looks:
            lines.append(f"{each.step}: no evidence is stored; the step was never judged")
            continue
        lines.append(
            f"{each.step}, {each.looks:,} looks: {outcome_of(each.before)} before, {each.outcome} now"
        )
        lines += [_stage_line("before", verdict) for verdict in each.before]
        lines += [_stage_line("now", verdict) for verdict in each.now]
    return "\n".join(map(wrapped, lines))


def _stage_line(side: str, found: StageVerdict) -> str:
    decided = "" if found.decided_at is None else f" at {instant(found.decided_at)}"
    after = "" if found.decided_at is None else f", after {found.decided_at - found.began_at:.0f} s"
    what = f"{found.verdict.outcome}{decided}{after}: {found.verdict.reason}"
    return f"  {side:<6} {found.exposure * 100:g} %  {what}"
