"""Structure and types are shown, values never."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.contracts.conformance.redaction import MOST_CHARACTERS, pointer, shape
from tidegate.core.contracts.specification import Value

DECLARED = frozenset({"id", "owner", "tags"})


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (None, "null"),
        (True, "<boolean>"),
        (12, "<number>"),
        (1.5, "<number>"),
        ("secret", "<string of 6>"),
        ([], "<array>"),
        ({}, "<object>"),
        ({"id": 7, "ann@example.org": "x"}, '{"id": <number>, <key>: <string of 1>}'),
        ({"tags": [1, 2, 3, 4, 5]}, '{"tags": [<number>, <number>, <number>, … 2 more]}'),
        ([[[[[[[1]]]]]]], "[[[[[[<array>]]]]]]"),
    ],
)
def test_what_is_shown_of_a_body(body: Value, shown: str) -> None:
    assert shape(body, DECLARED) == shown


def test_what_is_shown_is_bounded() -> None:
    wide: Value = {str(number): [["x"] * 9] * 9 for number in range(1000)}
    text = shape(wide, DECLARED)
    assert len(text) == MOST_CHARACTERS + 1
    assert text.endswith("…")


def test_a_place_names_what_is_declared_only() -> None:
    assert pointer(["owner", 3, "ann@example.org"], DECLARED) == "/owner/[]/<key>"


SECRET = "zq{}qz"  # nothing that is shown has these letters
LEAVES = st.integers(min_value=0).map(SECRET.format) | st.booleans() | st.none()
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.integers().map(SECRET.format) | st.sampled_from(sorted(DECLARED)), inner, max_size=5
        )
    ),
)


@settings(max_examples=60)
@given(BODIES)
def test_no_value_and_no_key_that_is_not_declared_is_ever_shown(body: Value) -> None:
    shown = shape(body, DECLARED)
    assert "zq" not in shown
    assert len(shown) <= MOST_CHARACTERS + 1


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_are_shown_as_numbers(number: float) -> None:
    assert shape({"id": number}, DECLARED) == '{"id": <number>}'
