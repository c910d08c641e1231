"""`python -m bench.experiments [--runs N]`: everything on simulated units, as tables; a thousand runs take minutes."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from bench.experiments.contest import QUANTILE, VALUES, WATCHED, Claims, held
from bench.experiments.mismatch import drawn, steps
from bench.experiments.report import claims_table, drawn_table, found_table, steps_line
from bench.experiments.trials import METRICS, Dice, Trial, conversions

from tidegate.core.experiments.confidence import POWER

SHARES = (0.5, 0.05)
RATE, LIFTS = 0.1, (0.05, 0.1, 0.2, 0.5)
DRAWN = ((0.5, 0.5), (0.05, 0.05), (0.5, 0.49), (0.5, 0.48), (0.5, 0.45), (0.05, 0.04))
UNITS_DRAWN, UNITS_FOUND, UNITS_STEP = 100_000, 200_000, 20_000
SEED = 20260301


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.experiments", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help="experiments of each kind")
    runs: int = parser.parse_args(arguments).runs
    dice = np.random.default_rng(SEED)
    print("\n".join(claims_table(_alike(runs, dice))), flush=True)
    print("\n".join(["", *found_table(_lifted(max(runs // 5, 1), dice))]), flush=True)
    ratios = [drawn(one, other, UNITS_DRAWN, runs, dice) for one, other in DRAWN]
    print("\n".join(["", *drawn_table(ratios), "", steps_line(steps(UNITS_STEP, runs, dice))]))
    return 0


def _alike(runs: int, dice: Dice) -> Mapping[str, Mapping[str, Claims]]:
    return {
        f"{name}, {share:.0%}": held(Trial(draw=draw, units=units, share=share), runs, dice, VALUES)
        for (name, (draw, units)), share in product(METRICS.items(), SHARES)
    }


def _lifted(runs: int, dice: Dice) -> Mapping[str, Mapping[str, Claims]]:
    """Conversions at ten per cent, drawn evenly."""
    return {
        f"{lift:+.0%} of 10 %": {
            **held(_converting(lift), runs, dice, WATCHED),
            "z-test once, as planned": _once(lift),
        }
        for lift in LIFTS
    }


def _once(lift: float) -> Claims:
    """What a test takes that is planned to find just this lift with a chance of 80 %."""
    one, other = RATE * (1.0 + lift), RATE
    variance = one * (1.0 - one) + other * (1.0 - other)
    return Claims(part=0.8, units=2.0 * (QUANTILE + POWER) ** 2 * variance / (one - other) ** 2)


def _converting(lift: float) -> Trial:
    return Trial(draw=conversions(RATE), units=UNITS_FOUND, share=0.5, lift=lift)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
