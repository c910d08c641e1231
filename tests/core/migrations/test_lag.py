"""A replica is behind since more had been written than it has replayed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.migrations.lag import Written

WRITTEN = Written(((10.0, 100), (11.0, 200), (12.0, 200), (13.0, 300)))


@pytest.mark.parametrize(
    ("replayed", "behind"),
    [(99, 10.0), (100, 9.0), (150, 9.0), (200, 7.0), (299, 7.0), (300, 0.0), (999, 0.0)],
)
def test_it_is_behind_since_the_first_moment_that_it_does_not_have(replayed: int, behind: float) -> None:
    assert WRITTEN.behind(20.0, replayed) == behind


def test_nothing_is_known_of_what_was_written_before() -> None:
    assert Written().behind(20.0, 0) == 0.0


@given(st.lists(st.integers(0, 9)), st.integers(0, 20))
def test_samples_that_all_have_replayed_are_forgotten_and_change_nothing(
    grown: list[int], replayed: int
) -> None:
    all_, few, position = Written(), Written(), 0
    for at, more in enumerate(grown):
        position += more
        all_ = all_.with_sample(float(at), position, -1)
        few = few.with_sample(float(at), position, replayed)
    assert few.behind(99.0, replayed) == all_.behind(99.0, replayed)
    assert all(position > replayed for _, position in few.samples[:-1])
