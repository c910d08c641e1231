"""Which targets count, and until when a reading is complete."""

import pytest

from tidegate.observers.prometheus.series import Series
from tidegate.observers.prometheus.targets import Target, Targets, target_of, targets_of, watermark

A, B, C = (Target(job="shop", instance=name) for name in "abc")
PUSHED = Target(job="pushed", instance="p")


def up(target: Target, *samples: tuple[float, float]) -> Series:
    return Series(labels={"job": target.job, "instance": target.instance, "zone": "z"}, samples=samples)


LEFT = Target(job="shop", instance="left over by a restart of Prometheus")
TARGETS = targets_of(
    now=[up(A, (100, 1)), up(B, (100, 0)), up(LEFT, (100, 1))],
    lately=[
        up(A, (80, 0), (90, 1), (99, 1)),
        up(B, (90, 1), (99, 0)),
        up(C, (80, 1)),
        up(LEFT, (60, 1), (68, 1)),
    ],
    interval=10.0,
)


def test_targets_are_what_their_up_series_say() -> None:
    assert (
        Targets(
            up={A: True, B: False},
            labels={A: up(A).labels, B: up(B).labels},
            since={A: 90, B: 90, C: 80, LEFT: 60},
            jobs=frozenset({"shop"}),
        )
        == TARGETS
    )


@pytest.mark.parametrize(
    ("target", "gone", "silent", "scraped"),
    [
        (A, False, False, 90.0),
        (B, False, True, 90.0),
        (C, True, True, 80.0),
        (LEFT, True, True, 60.0),
        (PUSHED, False, False, None),
    ],
)
def test_one_target(target: Target, gone: bool, silent: bool, scraped: float | None) -> None:
    assert (TARGETS.gone(target), TARGETS.silent(target)) == (gone, silent)
    assert TARGETS.scraped(target) == (float("inf") if scraped is None else scraped)


def test_a_series_without_a_target_has_an_empty_one() -> None:
    assert target_of({"app": "pay"}) == Target(job="", instance="")


@pytest.mark.parametrize(
    ("why", "newest", "mark"),
    [
        ("the slowest", {A: 99.0, PUSHED: 97.0}, 97.0),
        ("a target that is down is not waited for", {A: 99.0, B: 90.0}, 99.0),
        ("nor one that is gone", {A: 99.0, C: 90.0}, 99.0),
        ("nor one that has been still for three intervals", {A: 99.0, PUSHED: 69.0}, 99.0),
        ("one that is late is", {A: 99.0, PUSHED: 70.0}, 70.0),
        ("nothing", {}, None),
        ("nothing alive", {B: 99.0}, None),
    ],
)
def test_watermark(why: str, newest: dict[Target, float], mark: float | None) -> None:
    assert watermark(newest, TARGETS, now=100.0, interval=10.0) == mark, why
