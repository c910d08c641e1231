"""Plain SQL with its reverse, as several tools lay it out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sources.migrations.conftest import told

from tidegate.core.errors import Location, Refused
from tidegate.core.migrations.operations import Migration, RawSql
from tidegate.sources.migrations import read_migration

Read = Callable[..., Migration]
UP, DOWN = "CREATE TABLE a ();\n", "DROP TABLE a;\n"
REASON = "-- tidegate: irreversible nobody reads them\n"


@pytest.mark.parametrize(
    ("files", "name", "line"),
    [
        ({"0001_a.up.sql": UP, "0001_a.down.sql": DOWN}, "0001_a", 1),
        ({"0001_a.sql": f"-- migrate:up transaction:false\n{UP}\n-- migrate:down\n{DOWN}"}, "0001_a", 1),
        ({"0001_a.sql": f"-- by hand\n\n-- +goose Up\n{UP}\n-- +goose Down\n{DOWN}"}, "0001_a", 3),
        ({"0001_a.sql": f"--migrate:down\n{DOWN}--  MIGRATE:UP\n{UP}"}, "0001_a", 3),
    ],
)
def test_what_pairs_mean(read: Read, files: dict[str, str], name: str, line: int) -> None:
    migration = read(files, schema="crm")
    (operation,) = migration.operations
    assert isinstance(operation, RawSql)
    assert (operation.up.strip(), operation.down.strip()) == (UP.strip(), DOWN.strip())
    assert operation.location == Location(file=next(iter(files)), line=line)
    assert (migration.name, migration.schema, migration.source) == (name, "crm", "sql")


def test_a_folder_is_a_pair(tmp_path: Path) -> None:
    folder = tmp_path / "2026_rooms"
    folder.mkdir()
    (folder / "up.sql").write_text(UP)
    (folder / "down.sql").write_text(DOWN)
    migration = read_migration(folder)
    place = Location(file=str(folder / "up.sql"), line=1)
    assert migration.operations == (RawSql(up=UP, down=DOWN, location=place),)
    assert migration.name == "2026_rooms"


@pytest.mark.parametrize(
    "files",
    [
        {"a.up.sql": REASON + UP},
        {"a.up.sql": UP + REASON, "a.down.sql": "-- nothing\n"},
        {"a.sql": f"-- migrate:up\n{REASON}{UP}-- migrate:down\n"},
    ],
)
def test_what_has_no_way_back_says_why(read: Read, files: dict[str, str]) -> None:
    (operation,) = read(files).operations
    assert isinstance(operation, RawSql)
    assert (operation.down, operation.irreversible) == ("", "nobody reads them")


def test_statements_of_goose_stay_whole(read: Read) -> None:
    body = "-- +goose StatementBegin\nCREATE FUNCTION f() …;\n-- +goose StatementEnd\n"
    migration = read({"a.sql": f"-- +goose NO TRANSACTION\n-- +goose Up\n{body}-- +goose Down\n{DOWN}"})
    assert migration.operations[0] == RawSql(
        up=body.removesuffix("\n"), down=DOWN, location=Location(file="a.sql", line=2)
    )


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"a.up.sql": UP},
            (
                "a.up.sql:1: there is no way back, and nothing says so"
                " (write its reverse into a.down.sql, or above: -- tidegate: irreversible WHY)"
            ),
        ),
        (
            {"a.sql": f"\n-- +goose Up\n{UP}"},
            (
                "a.sql:2: there is no way back, and nothing says so"
                " (write its reverse below -- migrate:down, or above: -- tidegate: irreversible WHY)"
            ),
        ),
        (
            {"a.up.sql": UP + REASON, "a.down.sql": DOWN},
            "a.up.sql:1: there is a way back, and a reason why there is none (leave one out)",
        ),
        (
            {"a.up.sql": "-- later\n", "a.down.sql": DOWN},
            "a.up.sql:1: there is no SQL in this migration (write what it does)",
        ),
        (
            {"a.down.sql": DOWN},
            "a.down.sql:1: 'a.down.sql' is only the way back (give a.up.sql)",
        ),
        (
            {"a.sql": UP},
            (
                "a.sql:1: 'a.sql' has no way forth and back"
                " (write -- migrate:up and -- migrate:down, or name it a.up.sql beside a.down.sql)"
            ),
        ),
        (
            {"a.sql": f"-- migrate:up\n{UP}-- +goose ENVSUB ON\n-- migrate:down\n{DOWN}"},
            "a.sql:3: the comment '-- +goose ENVSUB ON' is not known (leave it out)",
        ),
        (
            {"a.sql": f"-- migrate:up\n{UP}-- migrate:up\n{UP}"},
            "a.sql:3: 'up' is written twice, first on line 1 (leave one out)",
        ),
        (
            {"a.sql": f"{UP}-- migrate:up\n{UP}-- migrate:down\n{DOWN}"},
            "a.sql:1: SQL before the first section belongs to none (move it into one)",
        ),
        ({"a.up.sql": "a\0", "a.down.sql": DOWN}, "a.up.sql:1: control character '\\x00' (remove it)"),
    ],
)
def test_what_is_wrong_with_pairs(read: Read, files: dict[str, str], problem: str) -> None:
    assert told(read, files) == [problem]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "not UTF-8 text (save the file as UTF-8)"),
        (b" " * (1024 * 1024 + 1), "longer than 1024 KiB (split the migration)"),
    ],
)
def test_files_that_are_no_text_of_a_bearable_length(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        read_migration(path)
    assert [str(each) for each in refused.value.problems] == [f"{path}:1: {problem}"]
