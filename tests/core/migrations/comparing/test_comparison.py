"""What is compared of a table, and what must hold of its rows."""

from dataclasses import replace

import pytest
from tests.core.migrations.shapes import SPLIT, UNFOLDING

from tidegate.core.migrations.comparing.comparison import (
    Comparison,
    Fit,
    comparisons,
    uncompared,
    uncompared_rows,
)
from tidegate.core.migrations.unfolding import Reshape

FIRST, LAST, SLUG = SPLIT.added
(FULL,) = SPLIT.dropped
(SPLITTING,) = comparisons(UNFOLDING)


def test_a_row_is_as_the_shape_that_it_follows_says() -> None:
    fits = (Fit(name="there", expression="first IS NOT NULL"),)
    told = [(each.check, each.said, each.broken) for each in replace(SPLITTING, fits=fits).conditions]
    of_new = "of the new shape is not what up gives of the old one"
    of_old = "of the old shape is not what down gives of the new one"
    assert told == [
        ("checksum", f'"given" {of_new}', "shape = 'o' AND up[1] IS DISTINCT FROM added[1]"),
        ("checksum", f'"family" {of_new}', "shape = 'o' AND up[2] IS DISTINCT FROM added[2]"),
        ("checksum", f'"slug" {of_new}', "shape = 'o' AND up[3] IS DISTINCT FROM added[3]"),
        ("checksum", f'"name" {of_old}', "shape = 'n' AND down[1] IS DISTINCT FROM dropped[1]"),
        ("conformance", 'constraint "there" does not hold', "shape IS NOT NULL AND unfit[1]"),
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (0, ()),
        (1, ("users: 1 row written in both shapes, by column",)),
        (7, ("users: 7 rows written in both shapes, by column",)),
    ],
)
def test_rows_of_both_shapes_are_told_as_uncompared(rows: int, told: tuple[str, ...]) -> None:
    assert uncompared_rows(SPLITTING, rows) == told


@pytest.mark.parametrize(
    "reshape",
    [replace(SPLIT, key=()), replace(SPLIT, added=(), dropped=())],
    ids=["without a key", "renamed only"],
)
def test_tables_without_rows_to_compare_are_left_out(reshape: Reshape) -> None:
    found = comparisons(replace(UNFOLDING, reshapes=(reshape, SPLIT)))
    assert [each.reshape for each in found] == [SPLIT]


def test_what_is_not_said_or_not_said_again_is_not_compared_and_told() -> None:
    added = (replace(FIRST, again=False), replace(LAST, up=""), SLUG)
    for back, reason in (
        (replace(FULL, again=False), "its down may give another value each time"),
        (replace(FULL, down=""), "nothing of the other shape says what it holds"),
    ):
        unfolding = replace(UNFOLDING, reshapes=(replace(SPLIT, added=added, dropped=(back,)),))
        assert uncompared(unfolding) == (
            "users.given: its up may give another value each time",
            "users.family: nothing of the other shape says what it holds",
            f"users.name: {reason}",
        )
        (comparison,) = comparisons(unfolding)
        assert (comparison.up.columns, comparison.down.columns) == (("slug",), ())


def test_what_is_compared_is_not_told() -> None:
    assert uncompared(UNFOLDING) == ()
    assert isinstance(SPLITTING, Comparison)
