"""What contract gives up, and the questions around it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.migrations.shapes import SPLIT, UNFOLDING

from tidegate.core.ids import MigrationName
from tidegate.core.migrations import manifest, restore
from tidegate.core.migrations.restore import Doomed, Dump, RestorePoint, Sum

RENAMED = replace(SPLIT, new_table="people", new=(("id", "no"), *SPLIT.new[1:]))
USERS = Doomed(
    schema="public", table="users", columns=("id", "full"), key=("id",), later="people", later_key=("no",)
)
LOGS = Doomed(schema="public", table="logs")
DUMP = Dump(
    doomed=USERS,
    columns=(("id", "integer"), ("full", "text")),
    definitions=("column id integer NOT NULL",),
    sum=Sum(rows=3, checksum="-17"),
    file="001_users.copy.gz",
    digest="ab",
)
POINT = RestorePoint(migration=MigrationName("split"), dumps=(DUMP,))


def test_columns_of_the_old_shape_by_key_and_else_whole_tables_are_given_up() -> None:
    unfolding = replace(
        UNFOLDING, reshapes=(RENAMED, replace(SPLIT, dropped=()), replace(SPLIT, key=())), hidden=("logs",)
    )
    assert restore.doomed(unfolding) == (USERS, Doomed(schema="public", table="users"), LOGS)


@pytest.mark.parametrize(
    ("number", "table", "file"),
    [(1, "users", "001_users.copy.gz"), (12, "../Odd/Näme", "012____Odd_Näme.copy.gz")],
)
def test_files_have_names_that_stay_in_their_folder(number: int, table: str, file: str) -> None:
    assert restore.file_name(number, replace(LOGS, table=table)) == file


def test_a_restore_point_is_named_for_its_data() -> None:
    other = replace(POINT, dumps=(replace(DUMP, sum=Sum(rows=3, checksum="-18")),))
    same = replace(POINT, dumps=(replace(DUMP, digest="other"),))
    assert (POINT.name == same.name, POINT.name == other.name) == (True, False)
    assert POINT.name.startswith("split_")


def test_a_dump_goes_out_and_in_by_its_columns() -> None:
    assert [
        restore.copied_out(DUMP),
        restore.made("pg_temp.x", DUMP, temporary=True),
        restore.made("y", DUMP, temporary=False),
        restore.copied_in("pg_temp.x", DUMP),
        restore.summed("pg_temp.x", ["id", "full"]),
    ] == [
        'COPY (SELECT "id", "full" FROM "public"."users") TO STDOUT',
        'CREATE TEMPORARY TABLE pg_temp.x ("id" integer, "full" text)',
        'CREATE TABLE y ("id" integer, "full" text)',
        'COPY pg_temp.x ("id", "full") FROM STDIN',
        SUMMED,
    ]


def test_columns_come_back_beside_the_data_by_the_names_after_contract() -> None:
    assert restore.restored_columns(DUMP) == (
        'ALTER TABLE "public"."people" ADD COLUMN IF NOT EXISTS "_tidegate_restored_full" text'
    )
    assert restore.restored_values(DUMP, "pg_temp.x", (0, 128)) == (
        'UPDATE "public"."people" AS t SET "_tidegate_restored_full" = d."full" FROM pg_temp.x AS d '
        "WHERE t.\"no\" = d.\"id\" AND d.ctid >= '(0,0)'::tid AND d.ctid < '(128,0)'::tid"
    )
    assert restore.restored_table(replace(DUMP, doomed=LOGS)) == '"public"."_tidegate_restored_logs"'


def test_questions_about_a_whole_table_are_of_all_its_columns() -> None:
    for question in (restore.columns, restore.definitions, restore.room):
        assert "ANY (ARRAY['id', 'full']::name[])" in question(USERS)
        assert "ANY" not in question(LOGS)


SUMMED = (
    "SELECT count(*), coalesce(sum(pg_catalog.hash_record_extended("
    'ROW(ARRAY["id"::text, "full"::text]::text[]), 0)), 0)::text FROM pg_temp.x'
)
names = st.text(min_size=1)
points = st.builds(
    RestorePoint,
    migration=names.map(MigrationName),
    dumps=st.lists(
        st.builds(
            Dump,
            doomed=st.builds(
                Doomed,
                schema=names,
                table=names,
                columns=st.lists(names, max_size=3).map(tuple),
                key=st.lists(names, max_size=3).map(tuple),
                later=names,
            ),
            columns=st.lists(st.tuples(names, names), max_size=3).map(tuple),
            definitions=st.lists(names, max_size=3).map(tuple),
            sum=st.builds(Sum, rows=st.integers(0), checksum=names),
            file=names,
            digest=names,
        ),
        max_size=3,
    ).map(tuple),
)


@given(points)
def test_a_manifest_tells_the_whole_restore_point(point: RestorePoint) -> None:
    assert manifest.read(manifest.written(point)) == point


WRITTEN = manifest.written(POINT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"format": 2, "migration": "m", "dumps": []}',
        "[" * 100_000,
        WRITTEN[:-20],
        WRITTEN.replace('"rows": 3', '"rows": "many"'),
    ],
    ids=len,
)
def test_anything_else_is_no_manifest(text: str) -> None:
    assert manifest.read(text) is None
