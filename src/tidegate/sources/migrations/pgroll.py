"""Migrations in pgroll's words, told in ours (`pgroll_words`).

The name of a migration is that of its file. A version schema that is named has the schema's name before it, as in
pgroll, whose applications go by it.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tidegate.core.errors import Problem, Refused
from tidegate.core.migrations.operations import Migration, Operation, RawSql
from tidegate.sources.documents import check, in_order, load_schema
from tidegate.sources.migrations import checks
from tidegate.sources.migrations.operations import operation, sound
from tidegate.sources.migrations.pgroll_words import OPERATIONS, RENAMES, told
from tidegate.sources.migrations.written import migration_of, stem
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted

SCHEMA: Final = "pgroll/migration.json"


def looks_like_pgroll(root: Node) -> bool:
    """Whether a document has operations without saying of what kind it is."""
    return "operations" in root.fields and "kind" not in root.fields


def read_pgroll(path: Path, root: Node, problems: list[Problem], *, schema: str) -> Migration:
    """The migration in a document of pgroll's; raises `Refused` with everything that is wrong with it."""
    written = sound(root.at("operations").elements, SCHEMA)
    operations = tuple(map(_operation, written))
    found = [*check(root, load_schema(SCHEMA)), *_misused(written), *checks.problems(operations)]
    problems = [*problems, *_misnamed(root.at("name"), stem(path)), *found]
    if problems:
        raise Refused(in_order(problems))
    name = root.at("version_schema").text
    version_schema = f"{schema}_{name}" if name else ""
    return migration_of(path, operations, "pgroll", schema=schema, version_schema=version_schema)


def _operation(node: Node) -> Operation:
    ((kind, body),) = node.fields.items()
    ours, words = OPERATIONS[RENAMES if _renames(node) else kind]
    said = replace(node, value=MappingProxyType({ours: told(body, words)}))
    made = operation(replace(said, key_lines={ours: node.key(kind).line}))
    return replace(made, derive=True) if isinstance(made, RawSql) else made


def _misnamed(name: Node, file: str) -> Iterator[Problem]:
    if name.text and name.text != file:
        message = f"the migration is called {quoted(file)} by its file, and {quoted(name.text)} here"
        yield name.problem(message, "rename the file, or leave this out")


def _renames(node: Node) -> bool:
    return "name" in node.at("alter_column").fields


def _misused(written: tuple[Node, ...]) -> Iterator[Problem]:
    for node in filter(_renames, written):
        others = [name for name in node.at("alter_column").fields if name not in ("table", "column", "name")]
        if others:
            place = node.at("alter_column").key(others[0])
            message = "alter_column with 'name' renames a column and does nothing else"
            yield Problem(message=message, location=place, hint="use rename_column, and alter it separately")
