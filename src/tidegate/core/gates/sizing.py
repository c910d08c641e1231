"""How much traffic a gate needs, before there is any: from the bounds, for rates that are guessed.

To see harm. Each request, of either arm, tells canary from control by at most

    I = w KL(p1 || c) + (1-w) KL(p0 || c),   c = w p1 + (1-w) p0,

nats on average (w the canary's share of the traffic), and no test that is wrong at most with chance alpha can do
with fewer than ln(1/alpha)/I of them. Our test needs `MEASURED` times as many in the median. A gate averages several
checks, of which harm in errors need show in one only, so it asks for ln(checks/alpha) instead of ln(1/alpha):
with three checks and alpha of one per cent 1.24 times as many again.

To show that there is none. A canary as good as its control adds `growth_per_request` nats a request to the proof
that it is not worse than the margins, which needs ln(2/alpha_promote): half of the stake is on the absolute
boundary (`judge.py`).

What harm costs. Before it can be seen, a canary with errors at r times the rate fails at least

    (r-1) ln(1/alpha) / (r ln r - r + 1)

requests that its control would have answered, for rates and shares that are small: neither the share nor the
traffic changes that, a small share only makes them come slowly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log

from tidegate.core.gates.eprocess import Worse, divergence, growth_per_request
from tidegate.core.gates.measures import bounded, measures
from tidegate.core.strategy import Boundaries, Gate, GateAction, Stage

MEASURED = (1.2, 1.4)
"""Median requests of our test as a multiple of the bound: `python -m bench.gates`, in `docs/benchmarks.md`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """So many requests of both arms, those of them that the canary gets, and the seconds that takes.

    `seconds` is absent where nothing is known of the traffic.
    """

    requests: float
    canary_requests: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A canary with `share` of the traffic, errors at `rate` in its control and `ratio` times that in itself."""

    rate: float
    ratio: float
    share: float
    per_second: float | None = None

    @property
    def canary_rate(self) -> float:
        """The canary's own share of bad answers; above one, the question makes no sense."""
        return self.rate * self.ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """What a gate needs: to see the harm at all (`bound`), in practice, and to show that there is none."""

    bound: Need
    expected: tuple[Need, Need]
    proof: Need
    failed_at_least: float


def sized(question: Question, gate: Gate) -> Sizing:
    """What `gate` needs for an answer to the question."""
    information = _information(question)
    bound = log(1.0 / gate.alpha) / information
    asked = log(check_count(gate) / gate.alpha) / information
    fewest, most = (_need(question, asked * factor) for factor in MEASURED)
    return Sizing(
        bound=_need(question, bound),
        expected=(fewest, most),
        proof=_need(question, _canary_proof(question, gate) / question.share),
        failed_at_least=_failed(question.ratio, gate.alpha),
    )


def check_count(gate: Gate) -> int:
    """The checks over which a gate's evidence of harm is averaged."""
    levels = sum(1 + (level.trend > 0) + (level.limit is not None) for level in gate.levels)
    compared = len(measures(gate)) + gate.boundaries.latency_compared
    return compared + len(bounded(gate)) + len(gate.guards) + levels


def _information(question: Question) -> float:
    p0, p1, w = question.rate, question.canary_rate, question.share
    both = w * p1 + (1.0 - w) * p0
    return w * divergence(p1, both) + (1.0 - w) * divergence(p0, both)


def _canary_proof(question: Question, gate: Gate) -> float:
    limits: Boundaries = gate.boundaries
    growth = growth_per_request(Worse(limits.worse_times, limits.worse_by), question.rate, question.share)
    return log(2.0 / gate.alpha_promote) / growth


def _failed(ratio: float, alpha: float) -> float:
    return (ratio - 1.0) * log(1.0 / alpha) / (ratio * log(ratio) - ratio + 1.0)


def _need(question: Question, requests: float) -> Need:
    seconds = requests / question.per_second if question.per_second else None
    return Need(requests=requests, canary_requests=requests * question.share, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A stage (by number) whose gate cannot decide: requests of the canary by its end, and the fewest for `claim`."""

    stage: int
    claim: str
    expected: float
    needed: float


def shortfalls(stages: Sequence[Stage], traffic: float | None) -> Iterator[Shortfall]:
    """The stages that cannot pass at `traffic` requests a second of the service; none if that is unknown.

    What is needed is a lower bound: no failure on either arm, and every bet the best one in hindsight.
    """
    reached = 0.0
    for number, stage in enumerate(stages):
        reached += (traffic or 0.0) * stage.exposure * stage.wait
        fewest = [_fewest(gate, stage) for gate in stage.gates if gate.action is not GateAction.OBSERVE]
        for needed, claim in sorted(fewest, reverse=True)[:1]:
            if traffic is not None and reached < needed:
                yield Shortfall(stage=number, claim=claim, expected=reached, needed=needed)


def _fewest(gate: Gate, stage: Stage) -> tuple[float, str]:
    """The fewest requests that could prove a gate's errors harmless, and what they would show."""
    limits, errors = gate.boundaries, measures(gate)[0]
    by_boundary = divergence(0.0, max(errors.allowed, _LEAST))
    by_comparison = growth_per_request(
        Worse(limits.worse_times, limits.worse_by), 0.0, min(stage.exposure, 0.5)
    )
    needed = float(ceil(log(1.0 / gate.alpha_promote) / max(by_boundary, by_comparison)))
    return needed, errors.kept


_LEAST = 1e-6
"""A boundary of none at all is reckoned as one in a million."""
