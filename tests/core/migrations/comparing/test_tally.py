"""Answers of many ranges become few mismatches."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.core.migrations.shapes import UNFOLDING

from tidegate.core.migrations.comparing.comparison import comparisons
from tidegate.core.migrations.comparing.ranges import NAMED, Broken
from tidegate.core.migrations.comparing.tally import Tally
from tidegate.core.migrations.report import Mismatch

(COMPARISON,) = comparisons(UNFOLDING)
EMPTY = Tally(comparison=COMPARISON, types={"id": "integer"})
SAID = COMPARISON.conditions[0].said
NONE = Broken(rows=0, keys=())


def test_ranges_are_counted_together() -> None:
    tally = EMPTY.with_rows(50, mixed=2).with_rows(7, mixed=1).with_rows(0, sampled=3)
    assert (tally.rows, tally.sampled, tally.mismatches) == (57, 3, ())
    assert tally.uncompared == ("users: 3 rows written in both shapes, by column",)


def test_nothing_broken_is_no_mismatch() -> None:
    assert EMPTY.with_conditions([NONE] * len(COMPARISON.conditions)).with_waiting(0).mismatches == ()


def test_what_is_of_one_kind_is_one_mismatch() -> None:
    rest = [NONE] * (len(COMPARISON.conditions) - 1)
    tally = EMPTY.with_waiting(4).with_conditions([Broken(rows=9, keys=(("3",),)), *rest])
    tally = tally.with_waiting(1).with_conditions([Broken(rows=2, keys=(("70",), ("71",))), *rest])
    assert tally.mismatches == (
        Mismatch(check="backfilled", table="users", said="rows wait for the backfill", rows=5),
        Mismatch(check="checksum", table="users", said=SAID, rows=11, keys=("id=3", "id=70", "id=71")),
    )


def test_rows_of_a_table_that_is_not_backfilled_wait_for_nothing() -> None:
    comparison = replace(COMPARISON, reshape=replace(COMPARISON.reshape, backfilled=False))
    assert Tally(comparison=comparison).with_waiting(4).mismatches == ()


@given(st.lists(st.integers(0, 9), max_size=9))
def test_every_row_is_counted_and_never_more_than_a_few_are_named(found: list[int]) -> None:
    tally = EMPTY
    for number, rows in enumerate(found):
        tally = tally.with_broken(
            "row", SAID, Broken(rows=rows, keys=tuple((str(number),) for _ in range(rows)))
        )
    assert sum(each.rows for each in tally.mismatches) == sum(found)
    assert [len(each.keys) for each in tally.mismatches] == ([min(sum(found), NAMED)] if any(found) else [])
