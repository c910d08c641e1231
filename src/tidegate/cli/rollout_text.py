"""Rollouts as text: one line, a status page, a live view. Pure but for the time of day; 80 columns."""

import time
from collections.abc import Iterator, Sequence
from itertools import chain

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tidegate.cli.plan_text import wrapped
from tidegate.core.rollout.state import StepStatus
from tidegate.server.views import RolloutLine, RolloutView, StepView

_STYLES = {
    StepStatus.DONE: "green",
    StepStatus.JUDGING: "cyan",
    StepStatus.APPLYING: "cyan",
    StepStatus.HOLDING: "yellow",
    StepStatus.BLOCKED: "yellow",
    StepStatus.STUCK: "red",
    StepStatus.RETURNING: "magenta",
    StepStatus.REVERTING: "magenta",
    StepStatus.REVERTED: "magenta",
}


def listed(lines: Sequence[RolloutLine]) -> str:
    """A list of rollouts."""
    if not lines:
        return "no rollouts yet; begin one with `tidegate apply CHANGE`"
    return "\n".join(f"{_day(line.started_at)}  {line.phase:<11}  {line.id}" for line in lines)


def status_text(view: RolloutView) -> str:
    """A rollout and its steps, as they stand."""
    lines = [wrapped(view.headline)]
    for number, wave in enumerate(view.waves, start=1):
        lines.append(f"wave {number}")
        for step in wave:
            lines.append(f"  {_step_line(step)}")
            lines += [wrapped(f"    {step.progress}")] if step.progress else []
    for each in view.waiting:
        lines.append(wrapped(f"{each.step} waits for {each.waits_for}: {each.why}"))
    lines += [wrapped(f"warning: {warning}") for warning in view.warnings]
    return "\n".join(lines)


def explained(view: RolloutView) -> str:
    """What a rollout waits for, step by step."""
    lines = [wrapped(view.headline)]
    for each in view.waiting:
        lines += [
            f"{each.step} ({each.status}, {_ago(each.since)})",
            wrapped(f"  waits for {each.waits_for}"),
            wrapped(f"  because {each.why}"),
        ]
        if each.possible:
            lines.append(f"  you may {', '.join(each.possible)}")
    return "\n".join(lines)


def watched(view: RolloutView, *, away: bool = False) -> Group:
    """The live view: waves, exposure, evidence and time left."""
    table = Table(box=None, padding=(0, 1), show_edge=False)
    for column in ("wave", "step", "status", "traffic", "evidence"):
        table.add_column(column, no_wrap=column != "evidence", overflow="fold")
    for number, wave in enumerate(view.waves, start=1):
        for step in wave:
            style = _STYLES.get(StepStatus(step.status), "")
            table.add_row(str(number), step.id, Text(step.status, style), _exposure(step), _evidence(step))
    lines: list[Text | Table] = [Text(view.headline), table]
    if away:
        lines.append(Text("tidegate does not answer; traffic stays as it is; waiting for it", "yellow"))
    lines += [Text(line, "dim") for line in _reasons(view)]
    return Group(*lines)


def _reasons(view: RolloutView) -> Iterator[str]:
    for step in chain.from_iterable(view.waves):
        if step.progress:
            yield f"{step.id}: {step.progress}"
    for each in view.waiting:
        if each.status != StepStatus.WAITING:
            yield f"{each.step}: {each.why}"


def _step_line(step: StepView) -> str:
    line = f"{step.id:<24} {step.status:<9} {_exposure(step):>14}"
    return f"{line}  {_evidence(step) or _approvals(step)}".rstrip()


def _approvals(step: StepView) -> str:
    return f"needs approval by {', '.join(step.approvals)}" if step.approvals else ""


def _exposure(step: StepView) -> str:
    if step.kind not in ("expose", "flag"):
        return ""
    bar = "".join("█" if stage.exposure <= step.exposure else "░" for stage in step.stages)
    return f"{bar} {step.exposure * 100:3g} %"


def _evidence(step: StepView) -> str:
    if step.evidence is None or not step.evidence.checks:
        return _left(step)
    check = step.evidence.checks[0]
    canary, control = (
        f"{check.canary_bad}/{check.canary_requests}",
        f"{check.control_bad}/{check.control_requests}",
    )
    return f"{check.name} {canary} vs {control} {_left(step)}".rstrip()


def _left(step: StepView) -> str:
    """How long a stage under judgement may still take at most."""
    if step.status != StepStatus.JUDGING or step.stage >= len(step.stages):
        return ""
    left = step.stages[step.stage].wait - (time.time() - step.since)
    return f"≤{max(left, 0):.0f} s"


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _ago(at: float) -> str:
    return f"for {max(time.time() - at, 0):.0f} s"
