"""The demo's stories and the soak's rollouts, each once, on a real mesh with a real Temporal."""

import random
from pathlib import Path

import pytest
from bench.soak import soak_one

from tidegate.demo.stories import tell_story

SHOP = Path(__file__).parents[2] / "examples" / "shop"

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


def test_a_bad_release_is_found_contained_and_undone_in_order(tmp_path: Path) -> None:
    told: list[str] = []
    found = tell_story("faulty", SHOP, tmp_path, told.append)
    assert found.failures == []
    assert found.facts["failed user requests"] > 0  # the story shows something
    assert told


def test_a_rollout_under_fire_ends_as_it_should(tmp_path: Path) -> None:
    """`kill -9` for tidegate and Temporal at random moments of a healthy change."""
    found = soak_one("healthy", SHOP, tmp_path, random.Random(7))
    assert found.failures == []
    assert found.facts["kills"] > 0
    assert found.facts["failed user requests"] == 0
