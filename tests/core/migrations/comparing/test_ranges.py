"""Ranges of the key: what is asked about them, and what the answers mean."""

from dataclasses import replace

import pytest
from tests.core.migrations.shapes import SPLIT, UNFOLDING

from tidegate.core.migrations.comparing.comparison import Fit, comparisons
from tidegate.core.migrations.comparing.ranges import (
    Broken,
    Sums,
    broken,
    broken_of,
    last_key,
    newest,
    random_key,
    range_end,
    sums,
    sums_of,
)
from tidegate.core.migrations.comparing.rows import Range

TWO_KEYS = replace(SPLIT, key=("id", "note"), added=(), dropped=SPLIT.dropped)
(COMPARISON,) = comparisons(replace(UNFOLDING, reshapes=(TWO_KEYS,)))
FITTING = replace(
    COMPARISON, fits=(Fit(name="a", expression="first > ''"), Fit(name="b", expression="id > 0"))
)
FIRST = Range(after=None, to=("9", "z"))
LATER = Range(after=("5", "k"), to=("9", "z"))
KEY = 't."id"::text, t."note"::text'
USERS = '"public"."users" AS t'
PAGES = """pg_relation_size('"public"."users"'::regclass) / current_setting('block_size')::int"""
RANDOM_PAGE = f"SELECT ('(' || floor(random() * ({PAGES}))::bigint || ',0)')::tid"
UP_TO = '(t."id", t."note") <= ($1, $2)'
BETWEEN = '(t."id", t."note") > ($1, $2) AND (t."id", t."note") <= ($3, $4)'


def test_ends_of_ranges_are_found_along_the_key() -> None:
    backwards = 't."id" DESC, t."note" DESC'
    assert [
        last_key(COMPARISON),
        newest(COMPARISON, 50),
        random_key(COMPARISON),
        range_end(COMPARISON, FIRST, 50),
        range_end(COMPARISON, LATER, 1),
    ] == [
        f"SELECT {KEY} FROM {USERS} ORDER BY {backwards} LIMIT 1",
        f"SELECT {KEY} FROM {USERS} ORDER BY {backwards} OFFSET 50 LIMIT 1",
        f"SELECT {KEY} FROM {USERS} WHERE t.ctid >= ({RANDOM_PAGE}) LIMIT 1",
        f'SELECT {KEY} FROM {USERS} WHERE {UP_TO} ORDER BY t."id", t."note" OFFSET 49 LIMIT 1',
        f'SELECT {KEY} FROM {USERS} WHERE {BETWEEN} ORDER BY t."id", t."note" OFFSET 0 LIMIT 1',
    ]
    assert (FIRST.values, LATER.values) == (("9", "z"), ("5", "k", "9", "z"))


def test_one_pass_counts_and_sums_both_sides() -> None:
    down = f'{FITTING.down.name}(t."first", t."last")'
    shape, none = 't."_tidegate_shape"', "ARRAY[]::text[]"
    rows = (
        f'SELECT {shape} AS shape, ARRAY[t."id"::text, t."note"::text]::text[] AS keys, '
        f"CASE {shape} WHEN 'o' THEN {none} END AS up, CASE {shape} WHEN 'n' THEN {down} END AS down, "
        f'{none} AS added, ARRAY[t."full"::text]::text[] AS dropped, '
        f"ARRAY[(first > '') IS FALSE, (id > 0) IS FALSE]::boolean[] AS unfit FROM {USERS} WHERE {UP_TO} OFFSET 0"
    )
    summed = ", ".join(
        f"coalesce(sum(hash_record_extended(ROW(keys, {field}), 0)) FILTER (WHERE shape = '{shape}'), 0)"
        for field, shape in (("up", "o"), ("added", "o"), ("down", "n"), ("dropped", "n"))
    )
    assert sums(FITTING, FIRST) == (
        f"SELECT count(*), count(*) FILTER (WHERE shape IS NULL), count(*) FILTER (WHERE shape = 'm'), {summed}, "
        f"count(*) FILTER (WHERE shape IS NOT NULL AND (unfit[1] OR unfit[2])) FROM ({rows}) AS r"
    )
    assert "IS NOT NULL AND (false))" in sums(COMPARISON, FIRST)


def test_rows_behind_a_difference_are_asked_for_by_every_condition() -> None:
    asked = broken(FITTING, LATER)
    counts = [f"count(*) FILTER (WHERE {each.broken})" for each in FITTING.conditions]
    keys = [f"(array_agg(keys) FILTER (WHERE {each.broken}))[:5]" for each in FITTING.conditions]
    pairs = zip(counts, keys, strict=True)
    assert asked.startswith(f"SELECT {', '.join(f'{count}, {some}' for count, some in pairs)} FROM (SELECT ")


@pytest.mark.parametrize(
    ("answer", "alike"),
    [
        ((9, 2, 1, 5, 5, -7, -7, 0), True),
        ((9, 2, 1, 5, 6, -7, -7, 0), False),
        ((9, 2, 1, 5, 5, -7, 7, 0), False),
        ((9, 2, 1, 5, 5, -7, -7, 1), False),
    ],
)
def test_a_range_is_alike_when_both_sums_are_and_nothing_is_unfit(
    answer: tuple[int, ...], alike: bool
) -> None:
    assert sums_of(answer) == Sums(rows=9, waiting=2, mixed=1, alike=alike)


def test_broken_conditions_come_with_their_keys() -> None:
    answer = (2, [["1", "a"], ["2", "b"]], 0, None)
    found = Broken(rows=2, keys=(("1", "a"), ("2", "b")))
    assert broken_of(answer) == (found, Broken(rows=0, keys=()))
