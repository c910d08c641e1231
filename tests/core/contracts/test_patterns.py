"""Patterns answer as `re` does where they answer at all, and in bounded time where `re` would not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.contracts.patterns import matches

WHOLE = [
    (r"\d{2}/\d{2}/\d{4}", "29/10/2015", True),
    (r"\d{2}/\d{2}/\d{4}", "29/10/15", False),
    (r"alligator named .{4}", "alligator named brent", False),
    (r"red|blue", "blue", True),
    (r"red|blue|", "", True),
    (r"(?:a|b)+c?", "abab", True),
    (r"(?<year>\d{4})-(?P<month>\d\d)", "2015-06", True),
    (r"[^\[\]x-z]{1,}?", "abc", True),
    (r"a{0}", "", True),
    (r"a{1,3}", "aaaa", False),
    (r"^\w+$", "é", False),
    (r"\Aone\b.\Btwo\z", "one two", False),
    (r"\Aone\b two\Z", "one two", True),
    (r"a\Bb", "ab", True),
    (r"(a*)*b", "a" * 500, False),
    (r"a{,3}", "a{,3}", True),
    (r"\x41A\.", "AA.", True),
    (r".", "\n", False),
]

UNDECIDED = {
    "look-ahead": "(?=a)a",
    "back-reference": r"(a)\1",
    "property": r"\p{L}",
    "inline flag": "(?i)a",
    "possessive": "a++",
    "set operation": "[a-z&&[^b]]",
    "set in a set": "[[a]]",
    "open group": "(a",
    "closed group": "a)",
    "open class": "[a",
    "empty class": "[]",
    "nothing to repeat": "*a",
    "bad range": "[z-a]",
    "too long": "a" * 1_001,
    "too large": "(a{100}){100}",
    "too many": "((a{40}){40}|b)" * 2,
    "long in sum": "(a{900})(a{900})(a{900})",
    "long alternatives": "a{1200}|b{1200}",
    "too deep": "(" * 30 + ")" * 30,
    "lone escape": "\\",
}


@pytest.mark.parametrize(("pattern", "text", "answer"), WHOLE)
def test_a_pattern_matches_a_whole_text(pattern: str, text: str, answer: bool) -> None:
    assert matches(pattern, text) is answer


@pytest.mark.parametrize("pattern", UNDECIDED.values(), ids=UNDECIDED)
def test_what_cannot_be_read_is_not_answered(pattern: str) -> None:
    assert matches(pattern, "a") is None


def test_a_text_too_long_for_the_pattern_is_not_answered() -> None:
    assert matches("(a|b)*", "a" * 1_000_000) is None


@pytest.mark.parametrize(("pattern", "answer"), [("b+", True), ("^b", False), ("c$", True), ("d", False)])
def test_a_pattern_is_found_anywhere(pattern: str, answer: bool) -> None:
    assert matches(pattern, "abbc", whole=False) is answer


PIECES = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "^", "$", r"\b"])
PATTERNS = st.recursive(
    PIECES,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])),
    ),
    max_leaves=6,
)


@given(pattern=PATTERNS, text=st.text(alphabet="ab1 ", max_size=6), whole=st.booleans())
def test_answers_are_those_of_the_standard_library(pattern: str, text: str, whole: bool) -> None:
    search = re.compile(pattern, re.ASCII)
    wanted = search.fullmatch(text) if whole else search.search(text)
    assert matches(pattern, text, whole=whole) is bool(wanted)
