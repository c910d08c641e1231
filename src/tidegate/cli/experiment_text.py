"""What an experiment has shown, as text of 80 columns. Pure: values in, a string out."""

from collections.abc import Iterator, Mapping
from typing import Final

from tidegate.cli.plan_text import wrapped
from tidegate.core.experiments.definition import Experiment, Metric
from tidegate.core.experiments.lift import UNITS, Lift
from tidegate.core.experiments.mismatch import Ratio
from tidegate.core.experiments.report import Arm, Claim, Compared, GuardResult, Report
from tidegate.core.gates.words import percent, rounded
from tidegate.sources.words import quoted, utc

HALF: Final = 24
"""Columns of a picture on either side of zero."""

_WHAT_NEXT: Final = (
    "Something besides chance decides who is counted, so no difference is claimed. Usual causes:",
    "- units are told of only where a variant works, or is fast enough",
    "- a fallback is served where the flag could not be evaluated",
    "- bots, or a filter that takes out more of one variant",
    "- units are known by another name once they are served a variant",
    "- the shares in the file are not those that are served",
)
"""After a mismatch; Fabijan et al. (2019, KDD, "Diagnosing sample ratio mismatch") have many more causes."""


def text(asked: Experiment, report: Report) -> str:
    """The experiment: who was counted, what is claimed, what is not."""
    metrics = {metric.name: metric for metric in asked.measured}
    lines = [f"{report.name}: flag {report.flag}, until {utc(report.at)}", ""]
    lines += _arm_table(report)
    if report.mismatches:
        lines += ["", *map(_mismatch, report.mismatches), *_WHAT_NEXT]
    for compared in report.metrics:
        lines += ["", *_compared(metrics[compared.metric], compared)]
    for guard in report.guards:
        lines += ["", *_guarded(guard)]
    lines += ["", *_not_counted(report)]
    return "\n".join(map(wrapped, lines)).rstrip()


def _arm_table(report: Report) -> Iterator[str]:
    yield f"{'variant':<30} {'intended':>12} {'drawn':>14} {'counted':>14}"
    for arm in report.arms:
        yield f"{_name(arm, report):<30} {percent(arm.intended):>12} {arm.drawn:>14,} {arm.units:>14,}"


def _name(arm: Arm, report: Report) -> str:
    name = arm.variant if len(arm.variant) <= 20 else f"{arm.variant[:19]}…"
    return f"{name} (control)" if arm.variant == report.control else name


def _mismatch(ratio: Ratio) -> str:
    """What is wrong with the numbers of units."""
    many = "too many" if ratio.excess > 0 else "too few"
    since = f"since {utc(ratio.since)} " if ratio.since else ""
    return (
        f"sample-ratio mismatch: {since}variant {quoted(ratio.variant)} has {ratio.counted:,} of {ratio.units:,} "
        f"units ({percent(ratio.counted / ratio.units)}), {percent(ratio.share)} were intended: "
        f"{abs(ratio.excess):,.0f} {many}, ln E {ratio.log_e:.1f} of {ratio.log_needed:.1f}"
    )


_WORDS: Final[Mapping[str, str]] = {
    Claim.TOO_FEW: f"too few units (at least {UNITS} of each arm, and ten that did and ten that did not)",
    Claim.VOID: "nothing is claimed of units that were not drawn as intended",
}


def _compared(metric: Metric, found: Compared) -> Iterator[str]:
    yield f"{metric.name}, {metric.better} is better: {found.variant}"
    yield from _shown(found.claim, found.lift)
    if found.lift and found.claim is Claim.UNCLEAR and found.enough:
        yield (
            f"  about {rounded(found.enough):,} units of both arms would tell a difference of "
            f"{percent(metric.minimum_effect)}; there are {found.lift.units:,}"
        )


def _guarded(found: GuardResult) -> Iterator[str]:
    yield f"guard {found.metric}, at most {percent(found.margin)} worse: {found.variant}"
    yield from _shown(found.outcome, found.lift)


def _shown(claim: str, lift: Lift | None) -> Iterator[str]:
    """What is said, with how large it is where that is known."""
    words = _WORDS.get(claim, claim)
    if lift is None:
        yield f"  {words}"
    else:
        yield f"  {words}: {_size(lift)}"
        yield f"  {_picture(lift)}"


def _size(lift: Lift) -> str:
    """The lift with its interval: relative where it can be."""
    control, variant = lift.control, lift.control + lift.difference
    means = f"{variant:.4g} against {control:.4g}"
    if lift.relative is None:
        return f"{means}, {lift.difference:+.4g} ({lift.low:+.4g} to {lift.high:+.4g})"
    low, high = (_points(end) for end in (lift.relative.low, lift.relative.high))
    return f"{means}, {_points(lift.relative.estimate)} % ({low} to {high} %)"


def _points(share: float | None) -> str:
    return "?" if share is None else f"{share * 100:+.3g}"


def _picture(lift: Lift) -> str:
    """The interval of the difference on a line, zero in the middle."""
    most = max(abs(lift.low), abs(lift.high))
    low, middle, high = (HALF + round(HALF * each / most) for each in (lift.low, lift.difference, lift.high))
    cells = ["·"] * (2 * HALF + 1)
    cells[low : high + 1] = "━" * (high + 1 - low)
    cells[HALF] = "┿" if lift.low <= 0.0 <= lift.high else "│"
    cells[middle] = "●"
    return "".join(cells)


def _not_counted(report: Report) -> Iterator[str]:
    """Units that are not among those counted, and why."""
    if report.waiting:
        yield f"{_units(report.waiting)} whose window is not over"
    if report.cut_short:
        yield f"{_units(report.cut_short)} left out: the shares changed within their window"
    for variant, units in report.crossed.items():
        yield f"{_units(units)} left out: served {quoted(variant)} first and then another variant"
    if report.not_drawn:
        yield f"{_units(report.not_drawn)} left out: an audience, not drawn by lot"
    if report.kept < 1.0:
        yield f"a sample of {percent(report.kept)} of the units is kept"
    for reason, number in report.lost.items():
        yield f"not counted: {reason} ({number:,})"


def _units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number:,} units"
