"""Revisions of Alembic become SQL without a database, or are refused with the reason."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest
from tests.sources.migrations.conftest import told

from tidegate.core.errors import Location
from tidegate.core.migrations.operations import Migration, RawSql
from tidegate.sources.migrations import offline, revisions

Read = Callable[..., Migration]
HEAD = """\
import sqlalchemy as sa
from alembic import op
revision: str = "4f2a"
down_revision = "11c0"
"""


def revision(up: str, down: str = "pass") -> dict[str, str]:
    """A revision; what it does going up begins on line 6."""
    functions = (
        f"def {name}grade():\n{indent(dedent(body).strip(), '    ')}\n"
        for name, body in (("up", up), ("down", down))
    )
    return {"4f2a_rooms.py": HEAD + "".join(functions)}


def test_what_a_revision_means(read: Read) -> None:
    up = """
    print("on its way")
    rooms = op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.execute("UPDATE rooms SET name = '100%' WHERE name LIKE 'a%' AND id::text <> 'b'")
    op.execute(rooms.update().values(name="it's"))
    op.bulk_insert(rooms, [{"name": "hall"}])
    op.get_bind().execute(sa.text("SELECT setval('rooms_id_seq', 9)"))
    with op.get_context().autocommit_block():
        op.create_index("rooms_name", "rooms", ["name"], postgresql_concurrently=True)
    """
    migration = read(revision(up, "op.drop_table('rooms')"), schema="crm")
    (operation,) = migration.operations
    assert isinstance(operation, RawSql)
    assert [" ".join(part.split()) for part in operation.up.split(";")] == [
        "CREATE TABLE rooms ( id SERIAL NOT NULL, name TEXT, PRIMARY KEY (id) )",
        "UPDATE rooms SET name = '100%' WHERE name LIKE 'a%' AND id::text <> 'b'",
        "UPDATE rooms SET name='it''s'",
        "INSERT INTO rooms (name) VALUES ('hall')",
        "SELECT setval('rooms_id_seq', 9)",
        "CREATE INDEX CONCURRENTLY rooms_name ON rooms (name)",
        "",
    ]
    assert operation.down.strip() == "DROP TABLE rooms;"
    assert operation.irreversible == ""
    assert operation.location == Location(file="4f2a_rooms.py", line=1)
    assert (migration.name, migration.schema, migration.source) == ("4f2a_rooms", "crm", "alembic")
    assert [str(path) for path in Path().iterdir()] == ["4f2a_rooms.py"], "nothing is left beside it"


def test_a_downgrade_that_does_nothing_is_no_way_back(read: Read) -> None:
    (operation,) = read(revision("op.drop_table('rooms')", "raise NotImplementedError")).operations
    assert isinstance(operation, RawSql)
    assert (operation.down, operation.irreversible) == ("", "downgrade() of 4f2a_rooms.py does nothing")


@pytest.mark.parametrize(
    ("up", "line", "reason"),
    [
        (
            "for row in op.get_bind().execute(sa.text('a')):\n    print(row)",
            6,
            "it reads what a database answers",
        ),
        ("op.get_bind().execute(sa.text('SELECT 1')).fetchall()", 6, "it reads what a database answers"),
        ("if op.get_bind().scalar(sa.text('SELECT 1')):\n    pass", 6, "it asks the connection for scalar"),
        (
            "try:\n    op.get_bind().execute('a').b\nexcept Exception:\n    pass",
            7,
            "it reads what a database answers",
        ),
        ("op.get_bind().execute(sa.text('SELECT 1')) == 1", 6, "it reads what a database answers"),
        ("op.get_bind().begin()", 6, "it asks the connection for begin"),
        ("op.get_bind().execute(sa.text('SELECT :a'), {'a': 1})", 6, "it binds values to a statement"),
        ("sa.inspect(op.get_bind())", 6, "NoInspectionAvailable"),
        ("pass\nop.execute(1 / 0)", 7, "ZeroDivisionError: division by zero"),
        ("raise NotImplementedError", 6, "NotImplementedError"),
        ("op.execute('SELECT \\ud800')", 1, "UnicodeEncodeError"),
        ("raise SystemExit(9)", 6, "SystemExit: 9"),
        ("import nowhere_to_be_found", 6, "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
    ],
)
def test_what_cannot_be_known_without_a_database(tmp_path: Path, up: str, line: int, reason: str) -> None:
    path = tmp_path / "4f2a_rooms.py"
    path.write_text(revision(up)[path.name])
    answer = offline.said(str(path))
    assert answer["problem"].startswith(reason)
    assert answer["line"] == line


def test_the_reason_is_told_with_its_line(read: Read) -> None:
    assert told(read, revision("op.get_bind().execute(sa.text('SELECT 1')).fetchall()")) == [
        (
            "4f2a_rooms.py:6: the SQL of this revision cannot be known: it reads what a database answers"
            " (write it without asking a database, or as kind: Migration)"
        )
    ]


def test_words_of_others_stay_on_one_line(read: Read) -> None:
    (problem,) = told(read, revision("raise ValueError('a\\n b\\x1b[31m' + 'c' * 999)"))
    assert "cannot be known: 'ValueError: a b\\x1b[31mcc" in problem
    assert len(problem) < 500


TRIES = """
import os, socket, subprocess
def tried(what):
    try:
        return what()
    except BaseException as error:
        return type(error).__name__
raise ValueError([
    tried(lambda: __import__("psycopg")),
    tried(lambda: socket.socket().connect(("127.0.0.1", 5432))),
    tried(lambda: subprocess.run(["true"])),
    tried(lambda: os.system("true")),
    tried(lambda: os.fork()),
    tried(lambda: len("x" * (1 << 33))),
    tried(lambda: os.environ.get("PGPASSWORD")),
])
"""


def test_it_cannot_leave_its_process(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hush")
    (problem,) = told(read, revision(TRIES))
    outcomes = ["ModuleNotFoundError", *["PermissionError"] * 4, "MemoryError", None]
    assert f"ValueError: {outcomes}" in problem


def test_it_ends_in_time(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "PATIENCE", 1.5)
    assert told(read, revision("while True:\n    pass")) == [
        "4f2a_rooms.py:1: this revision ran for 1.5 s (mend the revision)"
    ]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a.py": "x = 1\n"}, "a.py:1: 'a.py' is no revision of Alembic (give one with down_revision)"),
        ({"a.py": "x = 1\nx = = 1\n"}, "a.py:2: not Python: invalid syntax (mend the revision)"),
        ({"a.py": "(" * 5000 + ")" * 5000}, "a.py:1: not Python: too many nested parentheses"),
        ({"a.py": "-" * 200_000 + "1"}, "a.py:1: not Python that can be read (mend the revision)"),
        (revision("pass"), "4f2a_rooms.py:1: upgrade() does nothing (leave this revision out)"),
        (
            revision("import os\nos._exit(0)"),
            "4f2a_rooms.py:1: this revision ended without telling its SQL (mend the revision)",
        ),
    ],
)
def test_what_is_no_revision(read: Read, files: dict[str, str], problem: str) -> None:
    assert told(read, files)[0].startswith(problem)
