"""What is compared of a table, and what must hold of its rows."""

from dataclasses import replace

import pytest
from tests.core.migrations.shapes import SPLIT, UNFOLDING

from tidegate.core.migrations.comparing.comparison import Comparison, Fit, comparisons, uncompared
from tidegate.core.migrations.unfolding import Reshape

FIRST, LAST, SLUG = SPLIT.added
(FULL,) = SPLIT.dropped
(SPLITTING,) = comparisons(UNFOLDING)


def test_a_row_is_as_the_shape_that_wrote_it_last_says_unless_the_reverse_excuses_it() -> None:
    fits = (Fit(name="there", expression="first IS NOT NULL"),)
    told = [(each.check, each.said, each.broken) for each in replace(SPLITTING, fits=fits).conditions]
    reverse = "AND (down[1] IS DISTINCT FROM dropped[1])"
    of_new = "of the new shape is not what up gives of the old one"
    assert told == [
        ("checksum", f'"given" {of_new}', f"shape = 'o' AND up[1] IS DISTINCT FROM added[1] {reverse}"),
        ("checksum", f'"family" {of_new}', f"shape = 'o' AND up[2] IS DISTINCT FROM added[2] {reverse}"),
        ("checksum", f'"slug" {of_new}', f"shape = 'o' AND up[3] IS DISTINCT FROM added[3] {reverse}"),
        (
            "checksum",
            '"name" of the old shape is not what down gives of the new one',
            f"shape = 'n' AND down[1] IS DISTINCT FROM dropped[1] AND ({' OR '.join(_UP_DIFFERS)})",
        ),
        ("conformance", 'constraint "there" does not hold', "shape IS NOT NULL AND unfit[1]"),
    ]


_UP_DIFFERS = [f"up[{place}] IS DISTINCT FROM added[{place}]" for place in (1, 2, 3)]


def test_a_column_without_a_counterpart_has_no_excuse() -> None:
    lone = replace(SLUG, up="lower(note)")
    pair_only = replace(UNFOLDING, reshapes=(replace(SPLIT, added=(lone,), dropped=()),))
    return_only = replace(
        UNFOLDING, reshapes=(replace(SPLIT, added=(), dropped=(replace(FULL, down="note"),)),)
    )
    told = [
        each.broken for unfolding in (pair_only, return_only) for each in comparisons(unfolding)[0].conditions
    ]
    assert told == [
        "shape = 'o' AND up[1] IS DISTINCT FROM added[1]",
        "shape = 'n' AND down[1] IS DISTINCT FROM dropped[1]",
    ]


def test_an_old_column_that_goes_with_no_new_one_is_not_compared_beside_new_ones() -> None:
    """The old shape may write it and leave the row as one of the new shape."""
    lone = replace(SPLIT, added=(replace(SLUG, up="lower(note)"),), dropped=(replace(FULL, down="note"),))
    unfolding = replace(UNFOLDING, reshapes=(lone,))
    reason = "no new column goes with it, so that the old shape may have written it alone"
    assert uncompared(unfolding) == (f"users.name: {reason}",)
    assert [each.said.split()[0] for each in comparisons(unfolding)[0].conditions] == ['"slug"']


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
        (replace(FULL, again=False), "its down gives another value each time"),
        (replace(FULL, down=""), "nothing of the new shape says what it holds"),
    ):
        unfolding = replace(UNFOLDING, reshapes=(replace(SPLIT, added=added, dropped=(back,)),))
        assert uncompared(unfolding) == (
            "users.given: its up gives another value each time",
            "users.family: nothing of the old shape says what it holds",
            f"users.name: {reason}",
        )
        (comparison,) = comparisons(unfolding)
        assert (comparison.up.columns, comparison.down.columns) == (("slug",), ())


def test_what_is_compared_is_not_told() -> None:
    assert uncompared(UNFOLDING) == ()
    assert isinstance(SPLITTING, Comparison)
