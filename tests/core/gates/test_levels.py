"""Levels of instances in a gate: beside the control's, their trend, their limit, and what is not read."""

from dataclasses import replace

import pytest

from tidegate.core.gates.evidence import Batch, CallEdge, Counts, Levels, Signal
from tidegate.core.gates.judge import judged, observed, opened
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.sizing import check_count
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Gate, Level, Stage

CART = Subject(service=ServiceName("cart"), old=Version("1"), new=Version("2"))
STAGE = Stage(exposure=0.1, bake=0.0, wait=600.0)
MEMORY = Level(name="memory", warm_up=0.0)
CALLS = {
    CallEdge(caller=None, callee=CART.canary): Counts(requests=500),
    CallEdge(caller=None, callee=CART.control): Counts(requests=4500, bad=5),
}
FOUR = (100.0, 104.0, 98.0, 101.0)


def look(at: float, canary: tuple[float, ...], control: tuple[float, ...]) -> Batch:
    arms = ((CART.canary, canary), (CART.control, control))
    levels = {
        Signal(name="memory", version=arm): Levels(
            at=at, values={f"{arm}-{n}": value for n, value in enumerate(values)}
        )
        for arm, values in arms
        if values
    }
    return Batch(edges=CALLS, levels=levels)


def verdict(level: Level, *looks: Batch) -> Verdict:
    case = opened(CART, Gate(levels=(level,))).with_stage_begun(0.1)
    for batch in looks:
        case = observed(case, batch)
    return judged(case, stage=STAGE, elapsed=300.0)


def steady(canary: float, number: int = 12) -> list[Batch]:
    return [look(float(n), (canary,), FOUR) for n in range(number)]


def leaking(number: int = 40) -> list[Batch]:
    """Below all others, but it grows by ten between two looks."""
    return [look(float(n), (20.0 + 2.0 * n,), FOUR) for n in range(number)]


LIMITED = replace(MEMORY, limit=150.0)


@pytest.mark.parametrize(
    ("why", "level", "looks", "outcome", "words"),
    [
        ("like its control", MEMORY, steady(103.0), Outcome.PASS, "cart 2 is not worse than 1"),
        ("within the margin", MEMORY, steady(150.0), Outcome.PASS, "cart 2 is not worse than 1"),
        (
            "above it",
            MEMORY,
            steady(170.0),
            Outcome.FAIL,
            "memory of cart 2 is above that of 1: 170, of 1 98 to 104",
        ),
        (
            "once is not enough",
            MEMORY,
            steady(170.0, 1),
            Outcome.INSUFFICIENT,
            "was read too seldom to show that it is not",
        ),
        (
            "never read",
            MEMORY,
            [Batch(edges=CALLS)] * 9,
            Outcome.INSUFFICIENT,
            "no memory of cart 2 was read",
        ),
        (
            "no control",
            MEMORY,
            [look(float(n), (100.0,), ()) for n in range(9)],
            Outcome.INSUFFICIENT,
            "no memory of cart 1 was read, so there is nothing to compare with",
        ),
        (
            "a leak",
            replace(MEMORY, trend=5),
            leaking(),
            Outcome.FAIL,
            "memory of cart 2 grows faster than that of 1: ",
        ),
        ("a leak without a look at the trend", MEMORY, leaking(), Outcome.PASS, "cart 2 is not worse than 1"),
        (
            "over the limit",
            replace(LIMITED, worse_times=10.0),
            steady(160.0),
            Outcome.FAIL,
            "memory of cart 2 is above its limit of 150: 160, of 1 98 to 104",
        ),
        ("within the limit", LIMITED, steady(90.0, 80), Outcome.PASS, "cart 2 is not worse than 1"),
        (
            "within the limit, without a control",
            LIMITED,
            [look(float(n), (90.0,), ()) for n in range(140)],
            Outcome.PASS,
            "cart 2 is not worse than 1",
        ),
        (
            "too few to know of the limit",
            LIMITED,
            [look(float(n), (90.0,), ()) for n in range(9)],
            Outcome.INSUFFICIENT,
            "memory of cart 2 was read too seldom to show that it is within its limit",
        ),
        (
            "lower is worse",
            replace(MEMORY, lower_is_worse=True, trend=5),
            steady(60.0),
            Outcome.FAIL,
            "memory of cart 2 is below that of 1: 60, of 1 98 to 104",
        ),
    ],
)
def test_levels(why: str, level: Level, looks: list[Batch], outcome: Outcome, words: str) -> None:
    answer = verdict(level, *looks)
    assert answer.outcome is outcome, (why, answer.reason)
    assert words in answer.reason


def test_its_checks_are_told_with_the_others() -> None:
    level = replace(LIMITED, trend=5)
    names = [check.name for check in verdict(level, *steady(90.0)).checks]
    assert names == ["errors", "outgoing", "success rate", "memory", "memory trend", "memory limit"]
    assert check_count(Gate(levels=(level,))) == len(names)


def test_an_instance_counts_once_it_is_warm() -> None:
    """The canary begins with a cold cache, whose level is high for three looks."""
    cold = [look(10.0 * n, (400.0,), FOUR) for n in range(3)]
    warm = [look(10.0 * n, (100.0,), FOUR) for n in range(3, 15)]
    assert verdict(MEMORY, *cold, *warm).outcome is Outcome.INSUFFICIENT
    assert verdict(replace(MEMORY, warm_up=30.0), *cold, *warm).outcome is Outcome.PASS
    assert verdict(replace(MEMORY, warm_up=600.0), *warm).reason.startswith("no memory of cart 2 was read")
