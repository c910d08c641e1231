"""The evidence of a gate as text of 80 columns. Pure: values in, lines out."""

from collections.abc import Iterator, Sequence

from tidegate.cli.plan_text import wrapped
from tidegate.core.gates.effect import DOUBT
from tidegate.core.gates.history import Effect, Enough, Point
from tidegate.core.gates.verdict import CheckResult
from tidegate.core.gates.words import percent
from tidegate.server.views import EvidenceView, GateView

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 40


def evidence_text(view: EvidenceView) -> str:
    """The evidence of every gate of a step."""
    if not view.gates:
        return f"{view.step} is {view.status}; no gate of it has looked at anything"
    return "\n".join(wrapped(line) for gate in view.gates for line in _gate(view, gate))


def _gate(view: EvidenceView, gate: GateView) -> Iterator[str]:
    yield f"{view.step}, gate {gate.gate} ({gate.action}), {gate.looks:,} looks"
    if gate.verdict is not None:
        yield f"{gate.verdict.outcome}: {gate.verdict.reason}"
    if gate.effect is not None:
        yield from effect_lines(gate.effect)
    if gate.enough is not None:
        yield enough_line(gate.enough)
    if gate.verdict is not None and gate.verdict.checks:
        yield ""
        yield from check_table(gate.verdict.checks)
        yield from _examples(gate.verdict.checks)
    yield ""
    yield f"evidence of harm over time, decisive at {gate.log_harm_needed:.2f} (full height)"
    yield from _curves(gate.over_time, gate.log_harm_needed)
    yield ""


def _curves(points: Sequence[Point], needed: float) -> Iterator[str]:
    for name in points[-1].log_harm if points else ():
        values = [point.log_harm[name] for point in points]
        yield f"{name:<16} {_curve(values, needed)} {values[-1]:.2f}"


def _curve(values: Sequence[float], needed: float) -> str:
    """At most so many bars, evenly spread, the last value always the last bar; nothing below zero shows."""
    shown = min(len(values), _WIDTH)
    picked = [values[(number + 1) * len(values) // shown - 1] for number in range(shown)]
    heights = (int(min(max(value / needed, 0.0), 1.0) * (len(_BARS) - 1)) for value in picked)
    return "".join(_BARS[height] for height in heights)


def effect_lines(effect: Effect) -> list[str]:
    """How the arms differ, with the interval of the difference."""
    ratio = "" if effect.ratio is None else f", {effect.ratio:.3g} times"
    ends = f"{_points(effect.difference_low)} to {_points(effect.difference_high)}"
    return [
        f"bad: canary {percent(effect.canary_rate)}, control {percent(effect.control_rate)}{ratio}",
        f"difference: {_points(effect.difference)} points, {percent(1 - DOUBT)} confidence {ends}",
    ]


def _points(difference: float) -> str:
    return f"{difference * 100:+.3g}"


def check_table(checks: tuple[CheckResult, ...]) -> list[str]:
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


def _examples(checks: tuple[CheckResult, ...]) -> Iterator[str]:
    """What was bad, where a source kept one."""
    for each in checks:
        if each.example:
            yield ""
            yield f"{each.name}, for example: {each.example}"


def enough_line(enough: Enough) -> str:
    """What would have been enough."""
    if enough.canary_requests is None:
        return f"no number of canary requests at these rates would show that {enough.claim}"
    return (
        f"about {enough.canary_requests:,} canary requests would have been enough to show that {enough.claim}"
    )
