"""Going back keeps what the old shape cannot say."""

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.core.migrations.shapes import SPLIT, UNFOLDING
from tests.postgres.asking import planted
from tests.postgres.shapes import make

from tidegate.core.migrations.kept import set_aside
from tidegate.core.migrations.unfolding import Unfolding

pytestmark = pytest.mark.real


def kept(url: str, unfolding: Unfolding = UNFOLDING) -> list[tuple[Any, ...]]:
    planted(url, *(statement.sql for statement in set_aside(unfolding)))
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT key->>'id', value, old->>'name' FROM tidegate_kept.split_users ORDER BY (key->>'id')::int"
        ).fetchall()


def test_only_what_the_new_shape_says_and_the_old_one_cannot_is_kept(url: str) -> None:
    make(url, 30)
    planted(
        url,
        "UPDATE users SET slug = 'my \\own' WHERE id = 3",
        "UPDATE users SET first = NULL, slug = NULL WHERE id = 6",
        "UPDATE users SET slug = 'written in the old shape' WHERE id = 4",
    )
    assert kept(url) == [
        ("3", {"given": "Ann3", "family": "Doe", "slug": "my \\own"}, "Ann3 Doe"),
        ("6", {"given": None, "family": "Doe", "slug": None}, "Ann6 Doe"),
    ]


def test_it_may_be_repeated_and_the_newest_value_counts(url: str) -> None:
    make(url, 30)
    planted(url, "UPDATE users SET slug = 'one' WHERE id = 3")
    kept(url)
    planted(url, "UPDATE users SET slug = 'two' WHERE id = 3", "UPDATE users SET slug = 'six' WHERE id = 6")
    assert [(key, value["slug"]) for key, value, _ in kept(url)] == [("3", "two"), ("6", "six")]


def test_a_later_try_with_other_columns_is_kept_beside_an_earlier_one(url: str) -> None:
    """Going back is never stopped by what an earlier try left behind."""
    make(url, 30)
    planted(url, "UPDATE users SET slug = 'one' WHERE id = 3")
    kept(url)
    planted(url, "ALTER TABLE users ADD COLUMN age numeric", "UPDATE users SET age = 7.50 WHERE id = 6")
    pair = replace(SPLIT.added[0], column="age", type="numeric", up="")
    other = replace(SPLIT, new=(("id", "id"), ("age", "age")), added=(pair,))
    found = kept(url, replace(UNFOLDING, reshapes=(other,)))
    assert [(key, value) for key, value, _ in found] == [
        ("3", {"given": "Ann3", "family": "Doe", "slug": "one"}),
        ("6", {"age": "7.50"}),
    ]


def test_a_value_that_the_old_shape_cannot_compute_is_kept(url: str) -> None:
    """Also of rows that each shape wrote in part; an error in an expression does not stop the way back."""
    make(url, 9)
    planted(url, "UPDATE users SET _tidegate_shape = 'm' WHERE id = 4")
    first = replace(SPLIT.added[0], up="(1 / (length(name) - length(name)))::text")
    reshape = replace(SPLIT, added=(first, *SPLIT.added[1:]))
    assert [key for key, _, _ in kept(url, replace(UNFOLDING, reshapes=(reshape,)))] == ["3", "4", "6", "9"]


def test_rows_without_a_key_are_kept_too(url: str) -> None:
    make(url, 6)
    planted(url, "UPDATE users SET slug = 'own' WHERE id = 3")
    found = kept(url, replace(UNFOLDING, reshapes=(replace(SPLIT, key=()),)))
    assert [(value["slug"], old) for _, value, old in found] == [("own", "Ann3 Doe")]


def test_values_that_nothing_gives_again_are_all_kept(url: str) -> None:
    make(url, 12)
    first = replace(SPLIT.added[0], up="gen_random_uuid()::text", again=False)
    reshape = replace(SPLIT, added=(first, *SPLIT.added[1:]))
    assert [key for key, _, _ in kept(url, replace(UNFOLDING, reshapes=(reshape,)))] == ["3", "6", "9", "12"]
