"""Names and texts as SQL writes them; what the server makes of them is in `tests/postgres/test_sql.py`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.migrations.sql.names import (
    fitted,
    listed,
    literal,
    qualified,
    quoted,
    referenced,
    too_long,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (quoted('a "b" C'), '"a ""b"" C"'),
        (qualified("public", "Orders"), '"public"."Orders"'),
        (referenced("public", "orders"), '"public"."orders"'),
        (referenced("public", "sales.orders"), '"sales"."orders"'),
        (listed(("a", "B c")), '("a", "B c")'),
        (literal("it's"), "'it''s'"),
        (literal("a\\'b"), "E'a\\\\''b'"),
        (fitted("orders", "total", "key"), "orders_total_key"),
        (fitted("x" * 63), "x" * 63),
    ],
)
def test_written(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("name", "long"), [("x" * 63, False), ("x" * 64, True), ("é" * 31, False), ("é" * 32, True)]
)
def test_names_are_counted_in_bytes(name: str, long: bool) -> None:
    assert too_long(name) is long


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4), st.integers(min_value=20, max_value=63))
def test_what_is_fitted_is_short_enough_and_the_same_each_time(parts: list[str], limit: int) -> None:
    name = fitted(*parts, limit=limit)
    assert len(name.encode()) <= limit
    assert name == fitted(*parts, limit=limit)


@given(st.text(alphabet="aé", min_size=64, max_size=70), st.text(alphabet="aé", min_size=64, max_size=70))
def test_long_names_stay_apart(one: str, other: str) -> None:
    assert (fitted(one) == fitted(other)) == (one == other)
