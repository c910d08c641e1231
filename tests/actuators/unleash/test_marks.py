"""What tidegate writes down in Unleash is found again, and nothing else is taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.actuators.unleash import marks
from tidegate.actuators.unleash.marks import Owner
from tidegate.core.ids import RolloutId, StepId
from tidegate.ports import Token

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?-[0-9a-f]{6}", fullmatch=True).map(RolloutId)


def token(rollout: RolloutId, attempt: int) -> Token:
    return Token(rollout=rollout, step=StepId("flag/x"), attempt=attempt)


@given(NAMES, st.text(st.characters(exclude_categories=("C", "Z")), max_size=40))
def test_a_title_says_whose_it_is(rollout: RolloutId, audience: str) -> None:
    mine = Owner(rollout=rollout, audience=audience)
    assert marks.owner(mine.title) == mine


@pytest.mark.parametrize(
    "title", ["", "beta testers", "tidegate", "tidegate for all of them", "my tidegate shop-1"]
)
def test_a_teams_titles_are_its_own(title: str) -> None:
    assert marks.owner(title) is None


@given(NAMES, st.lists(st.integers(1, 9_999_999), min_size=1, max_size=4))
def test_the_fence_is_the_newest_attempt_of_that_rollout(rollout: RolloutId, attempts: list[int]) -> None:
    tags = {marks.fence(token(rollout, attempt)) for attempt in attempts}
    others = {
        "simple",
        "tidegate/x/7",
        f"{marks.fence(token(rollout, 1))}/8",
        marks.switched_off("production"),
    }
    assert marks.newest(tags | others, rollout) == max(attempts)
    assert marks.fences(tags | others, rollout) == tags
    assert marks.newest(others, rollout) == 0
    assert all(len(tag) <= 50 for tag in tags)


def test_long_names_are_told_apart_within_the_length_that_unleash_allows() -> None:
    long = ["e" * 99 + end for end in "ab"]
    tags = [mark(name) for mark in (marks.switched_off, marks.was_on, marks.back) for name in long]
    assert len(set(tags)) == 6
    assert max(map(len, tags)) <= 50
