"""The benchmarks of flags compare what answers alike, and find what they look for."""

import time
from pathlib import Path

import numpy as np
import pytest
from bench.flags.exposure import Asked, accuracy, exposed, independence
from bench.flags.propagation import _summary
from bench.flags.questions import KINDS, STATIC
from bench.flags.speed import Trial, differing, measure, of_all
from bench.flags.subjects import Subject, in_process


def test_everybody_who_is_compared_answers_alike(tmp_path: Path) -> None:
    with in_process(tmp_path) as subjects:
        assert differing(subjects) == []
        rates = measure(subjects, Trial(questions=5, rounds=1, clock=time.perf_counter))
    assert {name: tuple(kinds) for name, kinds in rates.items()} == {
        subject.name: subject.kinds for subject in subjects
    }


def test_who_answers_otherwise_is_named() -> None:
    honest = Subject(name="honest", ask=lambda _kind, user: user % 2 == 0)
    other = Subject(name="other", ask=lambda kind, user: user % 2 == 0 or kind == STATIC)
    assert differing([honest, honest, other]) == ["other"]


def test_a_rate_of_all_kinds_is_of_equal_parts() -> None:
    assert of_all({"a": dict.fromkeys(KINDS, 30.0), "b": {STATIC: 5.0}}) == {
        "a": {**dict.fromkeys(KINDS, 30.0), "all": 30},
        "b": {STATIC: 5.0},
    }


def test_exposures_are_as_large_as_asked_and_the_same_again() -> None:
    first = Asked(users=4000, share=0.25)
    again = Asked(users=4000, share=0.25, anew=True)
    found = exposed(first)
    assert abs(accuracy(0.25, found)["z"]) < 4
    assert np.array_equal(found, exposed(again))


@pytest.mark.parametrize(("shift", "independent"), [(0, False), (1, True)])
def test_dependence_is_found(shift: int, independent: bool) -> None:
    one = np.arange(1000) % 4 < 2
    other = np.roll(one, shift)
    assert (independence(one, other) > 0.01) is independent


def test_times_are_told_in_hundredths() -> None:
    assert _summary([float(each) for each in range(101)]) == {"p50": 50.0, "p99": 99.0, "max": 100.0}
