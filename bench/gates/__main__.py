"""`python -m bench.gates`: how often the harm test errs, how soon it finds, and how soon a good canary may pass.

Three tables, each against a bound and not against a clock. All dice are seeded.

    false alarms   share of A/A rollouts that are ever accused, looking continuously; the bound is alpha
    detection      median requests until a real fault is found, over ln(1/alpha)/I (information, per request)
    promotion      median canary requests until "not worse than the margin" is shown, over ln(1/alpha)/growth
"""

import argparse
from dataclasses import dataclass
from math import inf, log

import numpy as np

from tidegate.core.gates.eprocess import Comparison, NotWorse, Worse, arm, comparison, growth_per_request

ALPHA = 0.01
ALPHA_PROMOTE = 0.05

SETTINGS = (
    (0.001, 0.01, 5),
    (0.001, 0.05, 2),
    (0.001, 0.05, 5),
    (0.001, 0.05, 20),
    (0.001, 0.5, 1.5),
    (0.001, 0.5, 2),
    (0.001, 0.5, 5),
    (0.01, 0.01, 5),
    (0.01, 0.01, 20),
    (0.01, 0.05, 2),
    (0.01, 0.05, 5),
    (0.01, 0.05, 20),
    (0.01, 0.5, 2),
    (0.01, 0.5, 5),
    (0.05, 0.1, 2),
)
"""(control's error rate, canary's share, ratio of the rates): the grid of the published comparison."""

MARGINS = (
    (0.0001, 0.05, 0.005),
    (0.001, 0.05, 0.005),
    (0.001, 0.01, 0.005),
    (0.01, 0.05, 0.005),
    (0.0001, 0.05, 0.001),
)
"""(error rate of both, canary's share, margin in shares)."""


def divergence(p: float, q: float) -> float:
    """Kullback-Leibler divergence of two coins, in nats."""
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def information(p0: float, p1: float, share: float) -> float:
    """What one request tells about the canary being worse, both arms counted."""
    middle = share * p1 + (1 - share) * p0
    return share * divergence(p1, middle) + (1 - share) * divergence(p0, middle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Requests of both arms a look (`batch`), the canary's share of them, and the error rates of both."""

    control: float
    canary: float
    share: float
    batch: int


def requests_until(state: Comparison, traffic: Traffic, looks: int, alpha: float) -> np.ndarray:
    """For each stream the requests of both arms until its evidence reaches 1/alpha; infinite if it never does."""
    runs, dice = len(state.log_e), np.random.default_rng(1)
    reached = np.full(runs, inf)
    for look in range(1, looks + 1):
        canary = dice.binomial(traffic.batch, traffic.share, runs)
        control = traffic.batch - canary
        state = state.with_batch(
            arm(canary, dice.binomial(canary, traffic.canary)),
            arm(control, dice.binomial(control, traffic.control)),
        )
        shown = (state.log_e >= log(1 / alpha)) & np.isinf(reached)
        reached = np.where(shown, look * traffic.batch, reached)
    return reached


def false_alarms(runs: int, looks: int) -> None:
    """A/A rollouts at three rates and shares; every look counts."""
    print(f"false alarms of {runs} A/A rollouts of {looks} looks, alpha {ALPHA:.0%}")
    for p0, share, batch in ((0.001, 0.05, 5000), (0.01, 0.5, 1000), (0.01, 0.05, 1000)):
        state = comparison(NotWorse(), runs, restarts=True)
        traffic = Traffic(control=p0, canary=p0, share=share, batch=batch)
        reached = requests_until(state, traffic, looks, ALPHA)
        print(f"  rate {p0:6.2%} share {share:4.0%}: {np.isfinite(reached).mean():.2%}")


def detection(runs: int) -> None:
    """How many times the information bound a fault takes in the median, restarts mixed in."""
    print(f"detection, median of {runs}: requests over ln(1/alpha)/I, alpha {ALPHA:.0%}")
    for p0, share, ratio in SETTINGS:
        bound = log(1 / ALPHA) / information(p0, p0 * ratio, share)
        state = comparison(NotWorse(), runs, restarts=True)
        traffic = Traffic(control=p0, canary=p0 * ratio, share=share, batch=max(int(bound / 200), 1))
        reached = requests_until(state, traffic, 700, ALPHA)
        print(
            f"  rate {p0:6.2%} share {share:4.0%} x{ratio:<4g} bound {bound:9.0f}: {np.median(reached) / bound:.2f}"
        )


def promotion(runs: int) -> None:
    """How many canary requests show "not worse than the margin" for a canary that is as good as its control."""
    print(f"promotion, median of {runs}: canary requests, alpha {ALPHA_PROMOTE:.0%}")
    for p0, share, margin in MARGINS:
        null = Worse(1.5, margin)
        bound = log(1 / ALPHA_PROMOTE) / growth_per_request(null, p0, share)
        traffic = Traffic(control=p0, canary=p0, share=share, batch=max(int(bound / share / 60), 1))
        reached = requests_until(comparison(null, runs), traffic, 200, ALPHA_PROMOTE)
        canary = float(np.median(reached)) * share
        print(
            f"  rate {p0:6.2%} share {share:4.0%} margin {margin:.1%}: {canary:6.0f}, "
            f"{canary / bound:.2f} of the bound, ln(20)/margin is {log(20) / margin:.0f}"
        )


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.gates", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--runs", type=int, default=10_000, help="A/A rollouts; detection uses a tenth of them"
    )
    parser.add_argument(
        "--looks", type=int, default=720, help="of each A/A rollout: an hour, every five seconds"
    )
    given = parser.parse_args()
    detection(given.runs // 10)
    promotion(given.runs // 10)
    false_alarms(given.runs, given.looks)


if __name__ == "__main__":
    main()
