"""The form of a migration's file is told from the file, and the migrations of a folder are put in order."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.sources import tree
from tidegate.sources.folders import find_files
from tidegate.sources.migrations.own import read_own
from tidegate.sources.migrations.pairs import is_folder_of_pair, read_pair
from tidegate.sources.migrations.pgroll import looks_like_pgroll, read_pgroll
from tidegate.sources.migrations.revisions import read_revision
from tidegate.sources.words import listed, quoted

NUMBERED: Final = re.compile(r"([0-9]{1,30})(.*)", re.DOTALL)


def read_migration(path: Path, *, schema: str = "public") -> Migration:
    """One migration; raises `Refused` with everything that is wrong with its file.

    `schema` is that of forms which cannot say it themselves. The Python of an Alembic revision is run to read it.
    """
    if is_folder_of_pair(path):
        return read_pair(path, schema=schema)
    read = READERS.get(path.suffix)
    if read is None:
        message = f"{quoted(str(path))} is no form of migration that tidegate reads"
        raise Refused([Problem(message=message, hint=f"it reads {listed(READERS)}, and folders with up.sql")])
    return read(path, schema)


def read_migrations(paths: Iterable[Path], *, schema: str = "public") -> tuple[Migration, ...]:
    """The migrations of files and folders, each folder in the order of names; raises `Refused` for all of them.

    Numbers at the start of names count as numbers. In folders, only files of ours and pgroll's are looked for.
    """
    problems: list[Problem] = []
    found: list[Migration] = []
    for path in (file for each in paths for file in _files(each, problems)):
        try:
            found.append(read_migration(path, schema=schema))
        except Refused as error:
            problems += error.problems
    problems += _twice(found)
    if problems:
        raise Refused(problems)
    return tuple(found)


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    if is_folder_of_pair(path) or not path.is_dir():
        return [path]
    files, missing = find_files(
        path, lambda name: name.endswith(DOCUMENTS), what="migrations", where="the migrations"
    )
    problems += missing
    return sorted(files, key=_place)


def _place(path: Path) -> tuple[int, str, str]:
    """By number, then by name; what has no number comes last."""
    numbered = NUMBERED.fullmatch(path.name)
    return (0, numbered[1].zfill(30), numbered[2]) if numbered else (1, path.name, "")


def _twice(migrations: Iterable[Migration]) -> Iterable[Problem]:
    first: dict[MigrationName, Migration] = {}
    for each in migrations:
        if first.setdefault(each.name, each) is not each:
            message = f"{quoted(each.name)} is a migration already (first at {first[each.name].location})"
            yield Problem(message=message, location=each.location, hint="rename one")


def _document(path: Path, schema: str) -> Migration:
    """YAML and JSON: pgroll's, or else ours."""
    parsed = tree.read(path)
    root, *more = parsed.documents or (tree.NOTHING,)
    if not (parsed.complete and looks_like_pgroll(root)):
        return read_own(path)
    extra = [node.problem("a migration is one document a file", "move this one to its own") for node in more]
    return read_pgroll(path, root, [*parsed.problems, *extra], schema=schema)


DOCUMENTS: Final = (".yaml", ".yml", ".json")
READERS: Final[dict[str, Callable[[Path, str], Migration]]] = {
    **dict.fromkeys(DOCUMENTS, _document),
    ".sql": lambda path, schema: read_pair(path, schema=schema),
    ".py": lambda path, schema: read_revision(path, schema=schema),
}
