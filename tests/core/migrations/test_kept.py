"""What is kept on the way back, as statements."""

from dataclasses import replace

from tests.core.migrations.shapes import SPLIT, UNFOLDING

from tidegate.core.migrations.kept import kept_table, set_aside
from tidegate.core.migrations.statements import Effort, Lock


def test_one_statement_a_table_reads_every_row_and_stops_nobody() -> None:
    lone = replace(SPLIT, table="empty", added=())
    (statement,) = set_aside(replace(UNFOLDING, reshapes=(SPLIT, lone)))
    assert (statement.lock, statement.effort, statement.tables) == (
        Lock.ACCESS_SHARE,
        Effort.SCAN,
        ("users",),
    )
    assert statement.summary == "keep what only the new shape says of users in tidegate_kept"


def test_it_is_one_block_so_that_it_may_be_repeated_as_a_whole() -> None:
    (statement,) = set_aside(UNFOLDING)
    steps = [line.split("''")[0] for line in statement.sql.splitlines() if line.startswith("EXECUTE")]
    assert statement.sql.startswith("DO 'BEGIN\nEXECUTE ")
    assert len(steps) == 4
    assert 'INSERT INTO "tidegate_kept"."split_users"' in statement.sql
    assert "ON CONFLICT (key) DO UPDATE" in statement.sql


def test_a_table_whose_new_columns_nobody_gives_is_kept_by_what_they_hold() -> None:
    pair = replace(SPLIT.added[0], up="")
    (statement,) = set_aside(replace(UNFOLDING, reshapes=(replace(SPLIT, added=(pair,)),)))
    assert 't."first" IS NOT NULL)' in statement.sql
    assert "IS DISTINCT FROM" not in statement.sql


def test_rows_without_a_key_are_kept_by_where_they_lay() -> None:
    (statement,) = set_aside(replace(UNFOLDING, reshapes=(replace(SPLIT, key=()),)))
    assert 't."ctid"::text' in statement.sql


def test_its_name_is_no_longer_than_names_may_be() -> None:
    table = kept_table(UNFOLDING, replace(SPLIT, table="ä" * 60))
    assert len(table.encode()) <= 63
