"""Both shapes held against each other on a real server: what is planted is found, and nothing else."""

from dataclasses import replace
from hashlib import sha256

import psycopg
import pytest
from psycopg import AsyncConnection
from tests.core.migrations.shapes import MIGRATION, SPLIT, UNFOLDING, with_expressions
from tests.postgres.asking import connected, planted
from tests.postgres.shapes import make

from tidegate.actuators.postgres import comparing
from tidegate.actuators.postgres.comparing import compared
from tidegate.core.migrations.comparing.comparison import comparisons
from tidegate.core.migrations.comparing.ranges import random_key
from tidegate.core.migrations.operations import Invariant, Migration, Pace, Verification
from tidegate.core.migrations.report import Mismatch, Report
from tidegate.core.migrations.unfolding import Pair, Reshape, Return, Unfolding

pytestmark = pytest.mark.real

BUSY = replace(MIGRATION, pace=Pace(duty=1.0))
GIVEN = '"given" of the new shape is not what up gives of the old one'
NAME = '"name" of the old shape is not what down gives of the new one'
NEW_VIEW = (
    "CREATE OR REPLACE VIEW public_split.users AS SELECT id, note, first AS given, last AS family, slug"
)
FIRST_FIVE = ("id=1", "id=2", "id=3", "id=4", "id=5")


def report(
    url: str,
    unfolding: Unfolding = UNFOLDING,
    migration: Migration = BUSY,
    *,
    whole: bool = True,
    backfilled: bool = True,
) -> Report:
    return connected(
        url,
        lambda connection: compared(connection, unfolding, migration, whole=whole, backfilled=backfilled),
    )


def found(result: Report, *checks: str) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(each.said, each.rows, each.keys) for each in result.mismatches if each.check in checks]


def test_rows_alike_in_both_shapes_match(url: str) -> None:
    make(url, 3000)
    result = report(url, migration=replace(BUSY, verification=Verification(range_rows=700, sample=200)))
    assert (result.mismatches, result.rows, result.sampled, result.uncompared) == ((), 3000, 200, ())


def test_one_wrong_row_in_100_000_is_found_and_named(url: str) -> None:
    make(url, 100_000)
    planted(url, "UPDATE users SET first = 'Eve' WHERE id = 77777")
    result = report(url)
    assert result.rows == 100_000
    assert found(result, "checksum") == [(GIVEN, 1, ("id=77777",))]


@pytest.mark.parametrize(
    ("harm", "check", "expected"),
    [
        ("first = NULL WHERE id = 4", "checksum", (GIVEN, 1, ("id=4",))),
        ("\"full\" = 'Eve Roe' WHERE id = 6", "checksum", (NAME, 1, ("id=6",))),
        ("_tidegate_shape = NULL WHERE id > 290", "backfilled", ("rows wait for the backfill", 10, ())),
        (
            "first = '' WHERE id IN (5, 6)",
            "conformance",
            ('constraint "named" does not hold', 2, ("id=5", "id=6")),
        ),
        ("first = NULL WHERE id = 8", "conformance", ('constraint "there" does not hold', 1, ("id=8",))),
    ],
)
def test_each_kind_of_harm_is_found(
    url: str, harm: str, check: str, expected: tuple[str, int, tuple[str, ...]]
) -> None:
    make(url, 300)
    planted(
        url,
        f"UPDATE users SET {harm}",
        "ALTER TABLE users ADD CONSTRAINT named CHECK (first <> '' AND \"full\" <> '') NOT VALID",
        "ALTER TABLE users ADD CONSTRAINT there CHECK (first IS NOT NULL) NOT VALID",
    )
    assert expected in found(report(url), check)


def test_a_column_of_another_type_is_found(url: str) -> None:
    make(url, 10)
    planted(
        url,
        "DROP VIEW public_split.users",
        "ALTER TABLE users ALTER slug TYPE text",
        f"{NEW_VIEW} FROM public.users",
    )
    said = '"slug" of the new shape has the type text, not varchar(80)'
    assert [text for text, _, _ in found(report(url), "conformance")] == [said]


def test_every_row_wrong_is_counted_and_a_few_are_named(url: str) -> None:
    make(url, 300)
    planted(url, "UPDATE users SET first = 'Eve'")
    result = report(url, migration=replace(BUSY, verification=Verification(range_rows=70)))
    (said, rows, keys), *_ = found(result, "checksum")
    assert (said, rows, keys) == (GIVEN, 200, ("id=1", "id=2", "id=4", "id=5", "id=7"))


def test_views_that_show_something_else_are_found(url: str) -> None:
    make(url, 300)
    planted(
        url,
        f"{NEW_VIEW} FROM public.users WHERE id <> 9",
        'CREATE OR REPLACE VIEW public_first.users AS SELECT id, "full" AS name, upper(note) AS note FROM public.users',
    )
    assert found(report(url), "row") == [
        ("a column that is the same in both shapes is another in their views", 299, FIRST_FIVE),
        ("a row of the table is not in the views of both shapes", 1, ("id=9",)),
    ]


def test_a_name_means_the_row_as_it_does_to_a_trigger_and_not_a_table_in_a_subselect(url: str) -> None:
    """In a query, `name` would be that of `others`, and so null."""
    make(url, 30)
    planted(url, "CREATE TABLE others (id int, name text)", "INSERT INTO others SELECT id, NULL FROM users")
    up = "CASE WHEN EXISTS (SELECT 1 FROM others WHERE name LIKE 'Ann%') THEN split_part(name, ' ', 1) END"
    assert report(url, with_expressions(up, "given || ' ' || family")).matches


def test_neither_values_nor_keys_of_text_are_said(url: str) -> None:
    key = "'ann' || i || '@example.com'"
    make(url, 300, key="text", of=key)
    planted(url, "UPDATE users SET first = 'Secret', last = 'Word' WHERE id LIKE 'ann7%'")
    result = report(url)
    digest = sha256(b"ann7@example.com").hexdigest()[:12]
    assert any(f"id=sha256:{digest}" in each.keys for each in result.mismatches)
    assert not any(word in repr(result) for word in ("Secret", "Word", "@example.com", "Doe"))


@pytest.mark.parametrize(
    ("query", "shape", "expected"),
    [
        ("SELECT id FROM users WHERE given = ''", "new", []),
        ("SELECT id FROM users WHERE name LIKE 'Ann1 %';", "old", ["gives 1 row in the old shape"]),
        ("SELECT * FROM users -- all of them", "new", ["gives 100 rows or more in the new shape"]),
        ("SELECT nothing FROM users", "new", ["could not be asked: the database says undefined column (42703)"]),
        ("SELECT pg_sleep(9)", "new", ["could not be asked: the database says query canceled (57014)"]),
        ("SELECT nextval('taken')", "new", ["the database says read only sql transaction (25006)"]),
        ("SELECT 1) AS q) AS few; COMMIT; DROP TABLE users; --", "new", ["the database says syntax error (42601)"]),
    ],
)  # fmt: skip
def test_invariants_hold_in_their_shape_or_say_why_not(
    url: str, monkeypatch: pytest.MonkeyPatch, query: str, shape: str, expected: list[str]
) -> None:
    make(url, 300)
    planted(url, "CREATE SEQUENCE taken")
    monkeypatch.setattr(comparing, "RANGE_SECONDS", 0.5)
    invariant = Invariant(name="kept", query=query, shape="old" if shape == "old" else "new")
    mismatches = report(url, migration=replace(BUSY, invariants=(invariant,))).mismatches
    assert [any(words in each.said for each in mismatches) for words in expected] == [True] * len(expected)
    assert len(mismatches) == len(expected)


def test_what_cannot_be_computed_is_a_mismatch_of_no_row_that_says_no_value(url: str) -> None:
    make(url, 30)
    (mismatch,) = report(url, with_expressions("name::int::text", "given")).mismatches
    said = "cannot be compared: the database says invalid text representation (22P02)"
    assert mismatch == Mismatch(check="checksum", table="users", said=said)


def test_the_reverse_is_not_asked_of_rows_that_are_as_they_should_be(url: str) -> None:
    """What the new shape writes may be nothing that up can compute."""
    make(url, 30)
    planted(url, """UPDATE users SET "full" = 'Ann Doe', first = 'Ann' WHERE id % 3 = 0""")
    up = "CASE WHEN name = 'Ann Doe' THEN (1 / (length(name) - 7))::text ELSE split_part(name, ' ', 1) END"
    assert report(url, with_expressions(up, "given || ' ' || family")).matches


def test_rows_that_each_shape_wrote_in_part_are_told_as_uncompared(url: str) -> None:
    make(url, 30)
    planted(url, "UPDATE users SET last = 'Roe', _tidegate_shape = 'm' WHERE id IN (4, 5)")
    result = report(url)
    assert result.matches
    assert result.uncompared == ("users: 2 rows written in both shapes, by column",)


def test_a_key_of_several_columns_and_names_that_need_quotes(url: str) -> None:
    name = 'odd %s "one'
    planted(
        url,
        'CREATE TABLE "odd %s ""one" (a int, b text, "Old%" int, new int, _tidegate_shape "char", PRIMARY KEY (b, a))',
        """INSERT INTO "odd %s ""one" SELECT i % 10, 'k' || i / 10, i, i * 2, 'o' FROM generate_series(1, 99) AS i""",
        """UPDATE "odd %s ""one" SET new = 0 WHERE (b, a) = ('k4', 7)""",
        "CREATE SCHEMA public_split",
        'CREATE VIEW public_split."odd %s ""one" AS SELECT a, b, new AS "Old%" FROM public."odd %s ""one"',
    )
    reshape = Reshape(
        table=name,
        new_table=name,
        key=("b", "a"),
        old=(("a", "a"), ("b", "b"), ("Old%", "Old%")),
        new=(("a", "a"), ("b", "b"), ("new", "Old%")),
        added=(Pair(column="new", type="integer", up='"Old%" * 2'),),
        dropped=(Return(column="Old%", type="integer", down='"Old%" / 2'),),
    )
    small = replace(BUSY, verification=Verification(range_rows=7))
    result = report(url, replace(UNFOLDING, old_schema="public", reshapes=(reshape,)), small)
    key = f"b=sha256:{sha256(b'k4').hexdigest()[:12]}, a=7"
    assert found(result, "checksum") == [
        ('"Old%" of the new shape is not what up gives of the old one', 1, (key,))
    ]
    assert (result.rows, len(result.mismatches)) == (99, 2)


def test_what_was_found_before_the_database_could_not_go_on_is_told_with_it(url: str) -> None:
    make(url, 300)
    planted(
        url, "UPDATE users SET first = 'Eve' WHERE id = 4", 'UPDATE users SET "full" = NULL WHERE id = 299'
    )
    up = "CASE WHEN name IS NULL THEN (1 / length(left(note, 0)))::text ELSE split_part(name, ' ', 1) END"
    small = replace(BUSY, verification=Verification(range_rows=70))
    result = report(url, with_expressions(up, "given || ' ' || family"), small)
    assert [(each.said, each.keys) for each in result.mismatches] == [
        (GIVEN, ("id=4",)),
        ("cannot be compared: the database says division by zero (22012)", ()),
    ]


def test_a_table_that_is_gone_is_a_mismatch_of_no_row(url: str) -> None:
    (mismatch,) = report(url).mismatches
    assert (mismatch.rows, mismatch.said) == (
        0,
        "cannot be compared: the database says undefined table (42P01)",
    )


def test_a_key_is_drawn_from_one_page_and_not_by_reading_the_table(url: str) -> None:
    make(url, 5000)
    (comparison,) = comparisons(UNFOLDING)
    with psycopg.connect(url) as connection:
        plan = connection.execute(f"EXPLAIN {random_key(comparison)}".encode()).fetchall()
        drawn = {connection.execute(random_key(comparison).encode()).fetchone() for _ in range(20)}
    assert any("Tid Range Scan" in line for (line,) in plan)
    assert len(drawn) > 5


def test_volatile_and_unsaid_columns_are_told_as_uncompared(url: str) -> None:
    make(url, 30)
    first, last, slug = SPLIT.added
    added = (replace(first, up="gen_random_uuid()::text", again=False), replace(last, up=""), slug)
    dropped = (replace(SPLIT.dropped[0], down=""),)
    result = report(url, replace(UNFOLDING, reshapes=(replace(SPLIT, added=added, dropped=dropped),)))
    assert result.matches
    assert result.uncompared == (
        "users.given: its up may give another value each time",
        "users.family: nothing of the other shape says what it holds",
        "users.name: nothing of the other shape says what it holds",
    )


def test_a_glance_looks_at_the_newest_rows_and_at_some_others(url: str) -> None:
    make(url, 3000)
    planted(url, "UPDATE users SET first = 'Eve' WHERE id = 2999")
    few = replace(BUSY, verification=Verification(range_rows=50, sample=10))
    result = report(url, migration=few, whole=False)
    assert found(result, "checksum")[0][0] == GIVEN
    assert "id=2999" in found(result, "checksum")[0][2]
    assert result.rows > 50


def test_rows_that_wait_are_no_mismatch_before_the_backfill_is_through(url: str) -> None:
    make(url, 300)
    planted(
        url, "UPDATE users SET _tidegate_shape = NULL, first = NULL, last = NULL, slug = NULL WHERE id > 9"
    )
    assert report(url, backfilled=False).matches


def test_an_empty_table_and_one_without_reshapes_match(url: str) -> None:
    make(url, 0)
    assert report(url).matches
    assert report(url, replace(UNFOLDING, reshapes=())).matches


def test_a_database_that_goes_away_is_no_mismatch(url: str) -> None:
    make(url, 30)

    async def work(connection: AsyncConnection[tuple[object, ...]]) -> None:
        pid = connection.info.backend_pid
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        with pytest.raises(psycopg.OperationalError):
            await compared(connection, UNFOLDING, BUSY)

    connected(url, work)
