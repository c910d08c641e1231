"""Shares: how large they are, who is in them, and that they grow without putting anybody out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.flags.logic.compiling import compiled
from tidegate.core.flags.logic.fraction import MOST_WEIGHT, bucket

USER = {"targetingKey": "u1", "$flagd": {"flagKey": "flag"}, "color": "red", "heavy": 1, "pair": ["heads", 1]}

BOUNDARIES = [("ejOoVL", 0), ("bY9fO-", 0), ("SI7p-", 49), ("6LvT0", 50), ("ceQdGm", 99)]
"""Texts that MurmurHash3 gives the least, the greatest and the middle ones of its numbers."""


@pytest.mark.parametrize(("key", "place"), BOUNDARIES)
def test_the_whole_range_of_the_hash_is_stretched_to_the_sum(key: str, place: int) -> None:
    assert bucket(key, 100) == place


@pytest.mark.parametrize(
    ("shares", "answer"),
    [
        ([{"var": "targetingKey"}, ["heads", 1], ["tails", 0]], "heads"),
        ([{"var": "targetingKey"}, ["heads", 0], ["tails"]], "tails"),
        ([{"var": "targetingKey"}, ["heads", -5], ["tails", 5]], "tails"),
        ([{"var": "targetingKey"}, [{"var": "color"}, 1]], "red"),
        ([{"var": "targetingKey"}, ["heads", {"var": "heavy"}], ["tails", 0]], "heads"),
        ([{"var": "pair"}, ["tails", 0]], "heads"),
        ([["heads"]], "heads"),
        ([["heads", 1], ["tails", 0]], "heads"),
        ([["heads", {"var": "heavy"}], ["tails", 0]], "heads"),
        ([[False, 0], [True, 1]], True),
        ([{"var": "targetingKey"}, ["heads", MOST_WEIGHT]], "heads"),
        ([{"var": "targetingKey"}, ["heads", MOST_WEIGHT], ["tails", 1]], None),
        ([{"var": "targetingKey"}, ["heads", 0]], None),
        ([{"var": "targetingKey"}, ["heads", 1.5]], None),
        ([{"var": "targetingKey"}, ["heads", True]], None),
        ([{"var": "targetingKey"}, ["heads", 1, 2]], None),
        ([{"var": "targetingKey"}, []], None),
        ([{"var": "targetingKey"}, "heads"], None),
        ([{"var": "targetingKey"}], None),
        ([{"var": "missing"}, ["heads", 1]], None),
        ([{"var": "heavy"}, ["heads", 1]], None),
        (["", ["heads", 1]], None),
        ([], None),
    ],
)
def test_what_is_drawn(shares: list[Any], answer: Any) -> None:
    assert compiled({"fractional": shares})(USER) == answer


@pytest.mark.parametrize("user", [{}, {"targetingKey": ""}, {"targetingKey": 7}, {"targetingKey": None}])
def test_whoever_has_no_key_is_in_no_share(user: dict[str, Any]) -> None:
    assert compiled({"fractional": [["heads"], ["tails"]]})(user) is None


def test_in_short_the_keys_of_the_flag_and_of_whoever_asks_draw() -> None:
    halves: list[Any] = [["heads", 50], ["tails", 50]]
    written_out = {"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}
    users = [{"targetingKey": f"user-{n}", "$flagd": {"flagKey": "flag"}} for n in range(200)]
    short, long = compiled({"fractional": halves}), compiled({"fractional": [written_out, *halves]})
    assert [short(user) for user in users] == [long(user) for user in users]


@given(st.text(), st.integers(1, 999), st.integers(1, 999))
def test_whoever_is_in_stays_in_while_a_share_grows(key: str, weight: int, other: int) -> None:
    small, large = sorted((weight, other))
    drawn = [
        compiled({"fractional": [{"var": "k"}, ["on", share], ["off", 1000 - share]]})({"k": key})
        for share in (small, large)
    ]
    assert drawn in (["on", "on"], ["off", "on"], ["off", "off"], [None, None])
    assert (drawn[0] is None) == (key == "")


def test_shares_are_as_large_as_their_weights() -> None:
    rule = compiled({"fractional": [{"var": "k"}, ["on", 25], ["off", 75]]})
    on = sum(rule({"k": f"user-{n}"}) == "on" for n in range(40_000))
    assert abs(on - 10_000) < 5 * (40_000 * 0.25 * 0.75) ** 0.5
