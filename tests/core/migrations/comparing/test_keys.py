"""Rows are named, and nothing that is in them is said."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.migrations.comparing.keys import SHOWN, redacted

TYPES = {"id": "integer", "ref": "uuid", "mail": "text"}


def digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()[:12]}"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ({"id": "-7"}, "id=-7"),
        ({"ref": "0b5e-1"}, "ref=0b5e-1"),
        ({"mail": "ann@example.com"}, f"mail={digest('ann@example.com')}"),
        ({"mail": "441234567", "id": "3"}, f"mail={digest('441234567')}, id=3"),
        ({"unknown": "7"}, f"unknown={digest('7')}"),
    ],
)
def test_numbers_and_uuids_are_shown_by_their_type_and_the_rest_is_a_digest(
    key: dict[str, str], expected: str
) -> None:
    assert redacted(tuple(key.values()), tuple(key), TYPES) == expected


@given(st.text(min_size=1), st.text().filter(lambda type_: type_ not in SHOWN))
def test_no_letter_of_any_other_key_is_said(value: str, type_: str) -> None:
    assert redacted([value], ["k"], {"k": type_}) == f"k={digest(value)}"
