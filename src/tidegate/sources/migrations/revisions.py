"""Revisions of Alembic. Their SQL is made by Alembic's offline mode, for which their Python is run (`offline`)."""

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from tidegate.core.errors import Location, Problem, Refused
from tidegate.core.migrations.operations import Migration, RawSql
from tidegate.sources.migrations.sections import says_something
from tidegate.sources.migrations.texts import read_text
from tidegate.sources.migrations.written import migration_of
from tidegate.sources.words import quoted

PROGRAM: Final = Path(__file__).with_name("offline.py")
PATIENCE: Final = 30.0
"""Seconds that a revision may take."""

MOST_BYTES: Final = 8 << 20
MOST_SAID: Final = 300
MARKS: Final = frozenset(("revision", "down_revision"))


def read_revision(path: Path, *, schema: str) -> Migration:
    """The migration of a revision; raises `Refused` where its SQL cannot be known without a database."""
    if not _assigned(path) >= MARKS:
        raise _refused(
            path, 1, f"{quoted(path.name)} is no revision of Alembic", "give one with down_revision"
        )
    said = _offline(path)
    if "problem" in said:
        message = f"the SQL of this revision cannot be known: {_shown(said['problem'])}"
        raise _refused(
            path, said["line"], message, "write it without asking a database, or as kind: Migration"
        )
    if not _says(said["up"]):
        raise _refused(path, 1, "upgrade() does nothing", "leave this revision out")
    back = said["down"] if _says(said["down"]) else ""
    operation = RawSql(
        up=said["up"],
        down=back,
        irreversible="" if back else f"downgrade() of {path.name} does nothing",
        location=Location(file=str(path), line=1),
    )
    return migration_of(path, (operation,), "alembic", schema=schema)


def _assigned(path: Path) -> frozenset[str]:
    """The names that a module gives values to, without running it."""
    try:
        module = ast.parse(read_text(path))
    except SyntaxError as error:
        raise _refused(path, error.lineno or 1, f"not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise _refused(path, 1, "not Python that can be read") from None
    return frozenset(
        target.id
        for statement in module.body
        for target in _targets(statement)
        if isinstance(target, ast.Name)
    )


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.AnnAssign):
        return [statement.target]
    return statement.targets if isinstance(statement, ast.Assign) else []


def _offline(path: Path) -> Mapping[str, Any]:
    """What the program says of the revision; it gets no environment, in which passwords are."""
    with tempfile.TemporaryFile() as answer:
        try:
            subprocess.run(
                [sys.executable, "-I", "-B", str(PROGRAM), str(path.absolute())],
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _refused(path, 1, f"this revision ran for {PATIENCE:g} s") from None
        return _answer(answer, path)


def _answer(answer: IO[bytes], path: Path) -> Mapping[str, Any]:
    answer.seek(0)
    try:
        said: Mapping[str, Any] = json.loads(answer.read(MOST_BYTES))
    except ValueError:
        raise _refused(path, 1, "this revision ended without telling its SQL") from None
    return said


def _shown(words: str) -> str:
    """Words of anybody's, on one line and safe on a terminal."""
    line = " ".join(words.split())[:MOST_SAID]
    return line if line.isprintable() else ascii(line)


def _says(sql: str) -> bool:
    return says_something(sql.split("\n"))


def _refused(path: Path, line: int, message: str, hint: str = "") -> Refused:
    place = Location(file=str(path), line=line)
    return Refused([Problem(message=message, location=place, hint=hint or "mend the revision")])
