"""Plain SQL with its reverse: two files, a folder with two files, or two sections of one file.

    0001_x.up.sql and 0001_x.down.sql      golang-migrate
    0001_x/up.sql and 0001_x/down.sql      Diesel
    0001_x.sql                             dbmate, goose (`sections`)

What has no reverse says so, and why, in a comment among its statements: `-- tidegate: irreversible WHY`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tidegate.core.errors import Location, Problem, Refused
from tidegate.core.migrations.operations import Migration, RawSql
from tidegate.sources.migrations.sections import Section, says_something, sections
from tidegate.sources.migrations.texts import read_text
from tidegate.sources.migrations.written import migration_of
from tidegate.sources.words import quoted

UP, DOWN = ".up.sql", ".down.sql"
IRREVERSIBLE: Final = re.compile(
    r"^[ \t]*--[ \t]*tidegate:[ \t]*irreversible[ \t]+(\S.*?)[ \t]*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """SQL, its reverse where there is one, where they are from, and where a missing reverse would stand."""

    file: Path
    up: Section
    down: Section
    missing: str

    @property
    def reason(self) -> str:
        """Why there is no way back, as the file says."""
        found = IRREVERSIBLE.search(self.up.text)
        return found[1] if found else ""


def is_folder_of_pair(path: Path) -> bool:
    """Whether a folder is one migration."""
    return (path / "up.sql").is_file()


def read_pair(path: Path, *, schema: str) -> Migration:
    """The migration of a folder or a file of SQL; raises `Refused` with everything that is wrong with it."""
    pair = _pair(path)
    problems = tuple(_problems(pair))
    if problems:
        raise Refused(problems)
    down = pair.down.text if _says(pair.down) else ""
    place = Location(file=str(pair.file), line=pair.up.line)
    operation = RawSql(up=pair.up.text, down=down, irreversible=pair.reason, location=place)
    return migration_of(path, (operation,), "sql", schema=schema)


def _pair(path: Path) -> _Pair:
    if path.is_dir():
        return _files(path / "up.sql", path / "down.sql")
    if path.name.endswith(UP):
        return _files(path, path.with_name(path.name.removesuffix(UP) + DOWN))
    if path.name.endswith(DOWN):
        name = path.name.removesuffix(DOWN) + UP
        raise Refused([_problem(path, 1, f"{quoted(path.name)} is only the way back", f"give {name}")])
    return _sections(path)


def _files(up: Path, down: Path) -> _Pair:
    back = read_text(down) if down.is_file() else ""
    forth = Section(text=read_text(up), line=1)
    return _Pair(file=up, up=forth, down=Section(text=back, line=1), missing=f"into {down.name}")


def _sections(path: Path) -> _Pair:
    text = read_text(path)
    found = sections(text)
    if found.mistakes:
        raise Refused(_problem(path, each.line, each.message, each.hint) for each in found.mistakes)
    if found.up is None:
        message = f"{quoted(path.name)} has no way forth and back"
        hint = f"write -- migrate:up and -- migrate:down, or name it {path.stem}{UP} beside {path.stem}{DOWN}"
        raise Refused([_problem(path, 1, message, hint)])
    nothing = Section(text="", line=found.up.line)
    return _Pair(file=path, up=found.up, down=found.down or nothing, missing="below -- migrate:down")


def _problems(pair: _Pair) -> Iterator[Problem]:
    if not _says(pair.up):
        yield _problem(pair.file, pair.up.line, "there is no SQL in this migration", "write what it does")
    elif not (_says(pair.down) or pair.reason):
        hint = f"write its reverse {pair.missing}, or above: -- tidegate: irreversible WHY"
        yield _problem(pair.file, pair.up.line, "there is no way back, and nothing says so", hint)
    elif _says(pair.down) and pair.reason:
        message = "there is a way back, and a reason why there is none"
        yield _problem(pair.file, pair.up.line, message, "leave one out")


def _says(section: Section) -> bool:
    return says_something(section.text.split("\n"))


def _problem(file: Path, line: int, message: str, hint: str) -> Problem:
    return Problem(message=message, location=Location(file=str(file), line=line), hint=hint)
