"""Three pictures of what was measured, as SVG that is the same on every run.

false-alarms.svg   how often each policy rolls back a harmless canary, a dot for each setting
detection.svg      minutes until a fault is found, by its size
evidence.svg       evidence over time of single runs, and the boundary that they must reach
"""

from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from bench.gates.contest import ALPHA, Detection, FalseAlarms, evidence
from bench.gates.simulate import Measured
from bench.gates.streams import LOOK, Rollout
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "tidegate",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
}
_OURS, _THEIRS = "#0a6e5c", "#8a8f98"
_SHOWN = {
    "tidegate": (_OURS, "-", "o"),
    "Argo documented": ("#c0561a", "--", "s"),
    "Argo tuned": ("#c0561a", ":", "s"),
    "Flagger documented": ("#3b6fb6", "--", "^"),
    "Flagger tuned": ("#3b6fb6", ":", "^"),
    "Kayenta, every 5 min": ("#7a4ba0", "--", "D"),
}
"""Colour, line and marker of the policies whose detection is drawn."""
_DRAWN = Rollout(rate=0.001, share=0.05)
_EXAMPLES = {1.0: ("harmless", _THEIRS), 2.0: ("2 times the errors", "#c0561a"), 5.0: ("5 times", "#a3123a")}
"""What the runs are called and their colour, by the ratio of the errors."""
_RUNS, _SHORT = 4, 10.0


def draw(found: Measured, folder: Path) -> None:
    """Write the three pictures into `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        _write(_false_alarms(found.false_alarms), folder / "false-alarms.svg")
        _write(_detection(found.detections), folder / "detection.svg")
        _write(_evidence(), folder / "evidence.svg")


def _write(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _false_alarms(rows: Sequence[FalseAlarms]) -> Figure:
    figure, axes = _axes(6.4, 3.4)
    policies = list(dict.fromkeys(row.policy for row in rows))[::-1]
    for row in rows:
        colour = _OURS if row.policy == "tidegate" else _THEIRS
        axes.plot(
            100.0 * row.share, policies.index(row.policy), "o", color=colour, alpha=0.7, markeredgewidth=0
        )
    axes.axvline(100.0 * ALPHA, color="#a3123a", linewidth=1)
    axes.set_xscale("symlog", linthresh=0.1, linscale=0.4)
    axes.set_xlim(-0.02, 130)
    axes.set_xticks([0, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])
    axes.set_yticks(range(len(policies)), policies)
    axes.set_xlabel("harmless canaries rolled back within an hour, %")
    return figure


def _detection(rows: Sequence[Detection]) -> Figure:
    figure, axes = _axes(6.4, 3.6)
    for policy, (colour, line, marker) in _SHOWN.items():
        shown = [row for row in rows if row.policy == policy and _is_drawn(row.rollout)]
        points = [(row.rollout.ratio, row.minutes) for row in shown if row.minutes is not None]
        axes.plot(
            [ratio for ratio, _ in points],
            [minutes for _, minutes in points],
            color=colour,
            linestyle=line,
            marker=marker,
            label=policy if points else f"{policy}: never",
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks([1.5, 2, 5, 20], ["1.5", "2", "5", "20"])
    axes.set_yticks([0.1, 1, 10, 60], ["6 s", "1 min", "10 min", "1 h"])
    axes.minorticks_off()
    axes.set_xlabel("canary's errors, as a multiple of 0.1 %")
    axes.set_ylabel("median time until found")
    axes.legend(loc="lower left", fontsize=8)
    return figure


def _is_drawn(rollout: Rollout) -> bool:
    return (rollout.rate, rollout.share, rollout.onset) == (_DRAWN.rate, _DRAWN.share, 0.0)


def _evidence() -> Figure:
    figure, axes = _axes(6.4, 3.2)
    for ratio, (label, colour) in _EXAMPLES.items():
        rollout = Rollout(rate=_DRAWN.rate, share=_DRAWN.share, ratio=ratio, minutes=_SHORT)
        seen = np.exp(evidence(rollout, _RUNS))
        minutes = np.arange(1, len(seen) + 1) * LOOK / 60.0
        axes.plot(minutes, seen, color=colour, linewidth=1, label=[label] + ["_"] * (_RUNS - 1))
    axes.axhline(1.0 / ALPHA, color="black", linewidth=1, linestyle="--", label="rolled back")
    axes.set_yscale("log")
    axes.set_ylim(0.01, np.exp(log(1.0 / ALPHA) * 2.0))
    axes.set_xlim(0.0, _SHORT)
    axes.set_xlabel("minutes")
    axes.set_ylabel("evidence of harm")
    figure.legend(loc="outside upper center", ncols=4)
    return figure
