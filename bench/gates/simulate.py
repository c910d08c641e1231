"""`python -m bench.gates simulate`: our gate, its bounds and its peers on simulated traffic.

--runs N         A/A rollouts of each setting; a quarter of them with a fault, half under trouble
--json OUT       everything measured, as one document
--pictures DIR   three SVG pictures (needs matplotlib)
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from bench.gates import report
from bench.gates.bounds import (
    MARGINS,
    SETTINGS,
    Efficiency,
    Promotion,
    Throughput,
    efficiency,
    promotion,
    throughput,
)
from bench.gates.contest import Detection, FalseAlarms, contestants, detections, false_alarms, proofs, ways
from bench.gates.streams import Rollout, Trouble

RATES, SHARES, RATIOS = (0.001, 0.01), (0.01, 0.05, 0.5), (1.5, 2.0, 5.0, 20.0)

HARMLESS = tuple(Rollout(rate=rate, share=share) for rate, share in product(RATES, SHARES))
FAULTY = tuple(
    Rollout(rate=rate, share=share, ratio=ratio) for rate, share, ratio in product(RATES, SHARES, RATIOS)
)
LATE = tuple(Rollout(rate=0.001, share=0.05, ratio=ratio, onset=30.0, minutes=90.0) for ratio in (2.0, 5.0))
TROUBLED = tuple(Rollout(rate=0.005, share=0.05, trouble=trouble) for trouble in Trouble)
TROUBLED_FAULTY = tuple(Rollout(rate=0.005, share=0.05, ratio=2.0, trouble=trouble) for trouble in Trouble)

AT_THE_MARGIN = tuple(
    Rollout(rate=rate, share=0.05, ratio=ratio, trouble=trouble)
    for (rate, ratio), trouble in product(
        ((0.001, 6.0), (0.005, 2.0), (0.02, 1.5)), (Trouble.NONE, Trouble.CLIENT_BURSTS)
    )
)
"""Canaries just so much worse than their controls that they may not be let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything that `simulate` finds out."""

    false_alarms: tuple[FalseAlarms, ...]
    detections: tuple[Detection, ...]
    troubled_alarms: tuple[FalseAlarms, ...]
    troubled_detections: tuple[Detection, ...]
    false_proofs: tuple[FalseAlarms, ...]
    efficiency: tuple[Efficiency, ...]
    promotion: tuple[Promotion, ...]
    throughput: Throughput


def measured(runs: int) -> Measured:
    """Measure it all; `runs` A/A rollouts of each setting."""
    few, half = max(runs // 4, 1), max(runs // 2, 1)
    return Measured(
        false_alarms=tuple(
            row for rollout in HARMLESS for row in false_alarms(rollout, contestants(rollout.rate), runs)
        ),
        detections=tuple(
            row for rollout in FAULTY + LATE for row in detections(rollout, contestants(rollout.rate), few)
        ),
        troubled_alarms=tuple(row for rollout in TROUBLED for row in false_alarms(rollout, ways(), half)),
        troubled_detections=tuple(
            row for rollout in TROUBLED_FAULTY for row in detections(rollout, ways(), few)
        ),
        false_proofs=tuple(row for rollout in AT_THE_MARGIN for row in false_alarms(rollout, proofs(), few)),
        efficiency=tuple(efficiency(*setting, half) for setting in SETTINGS),
        promotion=tuple(promotion(*setting, half) for setting in MARGINS),
        throughput=throughput(),
    )


_FOUND = """Median minutes until a fault is found, and failed requests beyond the control's until then
(* more than 1 % false alarms):"""


def told(found: Measured) -> str:
    """All tables, each under what it is."""
    return "\n\n".join(
        [
            "False alarms over an hour of A/A traffic, 1,000 requests a second:",
            report.false_alarm_table(found.false_alarms),
            _FOUND,
            report.detection_tables(found.detections, found.false_alarms),
            "False alarms and median minutes to find twice the errors, 0.5 %, share 5 %:",
            report.trouble_table(found.troubled_alarms, found.troubled_detections),
            "Canaries worse by just the margin that are let through within an hour, alpha 5 %:",
            report.proof_table(found.false_proofs),
            "Requests until a fault is found:",
            report.efficiency_table(found.efficiency),
            'Requests until "not worse than the margin" is shown:',
            report.promotion_table(found.promotion),
            report.throughput_line(found.throughput),
        ]
    )


def main(arguments: Sequence[str]) -> int:
    """Measure, tell, write."""
    given = _parser().parse_args(arguments)
    found = measured(given.runs)
    print(told(found))
    if given.json:
        given.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    if given.pictures:
        from bench.gates import pictures  # noqa: PLC0415 - matplotlib is needed for nothing else

        pictures.draw(found, given.pictures)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.gates simulate", description="Our gate, its bounds and its peers, simulated."
    )
    parser.add_argument("--runs", type=int, default=2_000, help="A/A rollouts of each setting")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where everything measured goes")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="where three SVG pictures go")
    return parser
