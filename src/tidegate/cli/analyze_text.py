"""What a record or a replay shows, as text of 80 columns. Pure: values in, a string out."""

from dataclasses import asdict, dataclass
from typing import Any

from tidegate.cli.gate_text import check_table, effect_lines, enough_line
from tidegate.cli.plan_text import wrapped
from tidegate.core.gates.analysis import Conclusion
from tidegate.core.gates.replay import StageVerdict
from tidegate.core.gates.verdict import Outcome
from tidegate.core.ids import StepId
from tidegate.sources.records.clients import Clients
from tidegate.sources.words import utc


def text(found: Conclusion, clients: Clients) -> str:
    """A conclusion: the verdict, what it rests on, what would have been enough."""
    lines = [f"{found.verdict.outcome}: {found.verdict.reason}", *_when(found)]
    if found.verdict.outcome is Outcome.FAIL:
        lines += [f"missing: {each}" for each in found.missing]
    lines += _folded(clients)
    if found.effect is not None:
        lines += effect_lines(found.effect)
    if found.verdict.checks:
        lines += ["", *check_table(found.verdict.checks)]
    if found.enough is not None:
        lines += ["", enough_line(found.enough)]
    return "\n".join(map(wrapped, lines))


def _folded(clients: Clients) -> list[str]:
    """What became of rows of one client, where there were any."""
    if not clients.folded:
        return []
    lines = [f"{clients.folded:,} rows were no news of their client and are folded into the others"]
    if clients.forgotten:
        lines.append(
            f"{clients.forgotten:,} clients that were bad were forgotten: give more room with --clients"
        )
    return lines


def _when(found: Conclusion) -> list[str]:
    if found.began_at is None or found.ended_at is None:
        return []
    looks = f"{found.intervals:,} look{'' if found.intervals == 1 else 's'}"
    record = f"record of {looks}, {utc(found.began_at)} to {utc(found.ended_at)}"
    if found.decided_at is None:
        return [f"not decided in a {record}"]
    return [f"decided at {utc(found.decided_at)}, in a {record}"]


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
    decided = "" if found.decided_at is None else f" at {utc(found.decided_at)}"
    after = "" if found.decided_at is None else f", after {found.decided_at - found.began_at:.0f} s"
    what = f"{found.verdict.outcome}{decided}{after}: {found.verdict.reason}"
    return f"  {side:<6} {found.exposure * 100:g} %  {what}"
