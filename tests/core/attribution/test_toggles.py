"""Searches by switching off: who is found, in how many rounds, and how often the search is wrong."""

from collections.abc import Collection
from math import ceil, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.attribution.answer import Answer, Basis
from tidegate.core.attribution.toggles import ALPHA, Toggles, given_up, most_rounds, observed, opened
from tidegate.core.gates.evidence import NOTHING, Tally, VersionedService
from tidegate.core.ids import ServiceName, Version

SEEN = Tally(requests=1000, bad=200)
ALLOWED = 0.01


def version(name: str) -> VersionedService:
    return VersionedService(service=ServiceName(name), version=Version("2.0.0"))


EIGHT = tuple(version(name) for name in "abcdefgh")
FLAGS = (version("flag/x"), version("flag/y"), version("flag/z"))


def search(toggles: Toggles, ill: Collection[Collection[VersionedService]], per_look: int = 50) -> Toggles:
    """Carry a search out in a world that fails while every member of any set in `ill` is on."""
    for _ in range(1000):
        if toggles.answer is not None:
            return toggles
        fails = any(not set(together).intersection(toggles.off) for together in ill)
        toggles = observed(toggles, Tally(requests=per_look, bad=per_look // 5 if fails else 0))
    raise AssertionError("no end")


@pytest.mark.parametrize(
    ("suspects", "ill", "answer", "culprits", "most"),
    [
        (EIGHT, [["a"]], Answer.ONE, "a", 3),
        (EIGHT, [["h"]], Answer.ONE, "h", 4),
        (EIGHT[:5], [["c"]], Answer.ONE, "c", 4),
        (EIGHT[:1], [["a"]], Answer.ONE, "a", 1),
        (EIGHT, [["b", "g"]], Answer.ONE, "b", 4),  # they fail only together: either heals
        (EIGHT, [["a"], ["h"]], Answer.UNDECIDED, "", 5),
        (EIGHT, [[]], Answer.NONE, "", 5),  # whatever is off
        (EIGHT[:1], [[]], Answer.NONE, "", 1),
        ((*EIGHT, *FLAGS), [["flag/x"]], Answer.ONE, "flag/x", 3),
        ((*EIGHT, *FLAGS), [["h"]], Answer.ONE, "h", 5),
        ((*EIGHT, *FLAGS), [["h", "flag/y"]], Answer.ONE, "flag/y", 3),
        ((*EIGHT, *FLAGS), [[]], Answer.NONE, "", 6),
    ],
)
def test_who_is_found_in_how_many_rounds(
    suspects: tuple[VersionedService, ...], ill: list[list[str]], answer: Answer, culprits: str, most: int
) -> None:
    ended = search(opened(suspects, SEEN, ALLOWED), [[version(name) for name in each] for each in ill])
    assert ended.answer is not None
    assert (ended.answer.answer, ended.answer.basis) == (answer, Basis.TOGGLES)
    assert ended.answer.culprits == tuple(map(version, culprits.split()))
    assert len(ended.rounds) <= most <= most_rounds(suspects)


def test_flags_are_switched_off_before_any_traffic_moves() -> None:
    """That costs least; what is left is halved as ever."""
    toggles = opened((*EIGHT, *FLAGS), SEEN, ALLOWED)
    assert toggles.off == FLAGS
    ended = search(toggles, [[version("a")]])
    assert [each.off for each in ended.rounds] == [FLAGS, EIGHT[:4], EIGHT[:2], EIGHT[:1]]


def test_a_search_says_what_it_did_and_what_stays_off() -> None:
    found = search(opened(EIGHT[:2], SEEN, ALLOWED), [[EIGHT[1]]])
    assert [(each.off, each.turn) for each in found.rounds] == [((EIGHT[0],), "stays"), ((EIGHT[1],), "gone")]
    assert found.answer is not None
    assert found.off == (EIGHT[1],)
    seen = found.rounds[-1].tally
    assert found.answer.reason == (
        f"with b@2.0.0 switched off, and only that, it went away: 0 of {seen.requests} requests (0 %) were bad"
    )
    assert observed(found, SEEN) == found

    nobody = search(opened(EIGHT[:2], SEEN, ALLOWED), [[]])
    assert nobody.answer is not None
    assert nobody.off == ()
    assert "it stays with all of them switched off" in nobody.answer.reason

    several = search(opened(EIGHT[:2], SEEN, ALLOWED), [[EIGHT[0]], [EIGHT[1]]])
    assert several.answer is not None
    assert several.off == EIGHT[:2]
    assert (
        "only with several of them switched off; suspects left are a@2.0.0, b@2.0.0" in several.answer.reason
    )


def test_nothing_is_searched_where_there_is_nothing_to_find() -> None:
    nobody = opened([], SEEN, ALLOWED).answer
    assert nobody is not None
    assert nobody.answer is Answer.NONE
    for seen in (Tally(requests=1000, bad=10), NOTHING):
        healthy = opened(EIGHT, seen, ALLOWED)
        assert healthy.answer is not None
        assert (healthy.answer.answer, healthy.off) == (Answer.UNDECIDED, ())


def test_no_requests_show_nothing_and_a_search_may_be_given_up() -> None:
    toggles = opened(EIGHT, SEEN, ALLOWED)
    waiting = observed(toggles, NOTHING)
    assert waiting == toggles
    ended = given_up(waiting, "no request was seen in 60 s")
    assert ended.answer is not None
    assert (ended.answer.answer, ended.answer.culprits, ended.off) == (Answer.UNDECIDED, (), EIGHT)
    assert ended.answer.reason.startswith("no request was seen in 60 s; suspects left are a@2.0.0, ")


def test_failures_that_come_together_need_more_requests() -> None:
    alone = search(opened(EIGHT, SEEN, ALLOWED), [[EIGHT[0]]])
    together = search(opened(EIGHT, SEEN, ALLOWED, design_effect=5.0), [[EIGHT[0]]])
    assert together.answer is not None
    assert together.answer.culprits == (EIGHT[0],)
    assert sum(each.tally.requests for each in together.rounds) > 2 * sum(
        each.tally.requests for each in alone.rounds
    )


def test_a_rate_at_the_border_misleads_no_oftener_than_alpha_however_often_one_looks() -> None:
    """The worst case for both sides: at the border either turn is wrong half of the time at most."""
    rng, wrong, runs = np.random.default_rng(7), 0, 400
    for _ in range(runs):
        toggles = opened(EIGHT[:2], SEEN, ALLOWED)
        for _ in range(60):
            toggles = observed(toggles, Tally(requests=20, bad=int(rng.binomial(20, toggles.border))))
            if toggles.rounds:
                wrong += 1
                break
    assert wrong / runs <= 2 * ALPHA / most_rounds(EIGHT[:2]) + 3 * (ALPHA / runs) ** 0.5


@settings(max_examples=60)
@given(
    count=st.integers(1, 40),
    place=st.integers(0, 39),
    allowed=st.floats(0.0, 0.05),
    seen=st.floats(0.2, 1.0),
)
def test_any_single_culprit_is_found_in_about_log2_rounds(
    count: int, place: int, allowed: float, seen: float
) -> None:
    suspects = [version(f"s{number:02}") for number in range(count)]
    culprit = suspects[place % count]
    toggles = opened(suspects, Tally(requests=1000, bad=round(1000 * seen)), allowed)
    while toggles.answer is None:
        bad = 0 if culprit in toggles.off else round(100 * seen)
        toggles = observed(toggles, Tally(requests=100, bad=bad))
    assert toggles.answer.culprits == (culprit,)
    assert len(toggles.rounds) <= ceil(log2(count)) + 1
