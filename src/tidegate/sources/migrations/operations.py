"""What a file says of an operation, in our words, becomes the operation: the fields are the same, in snake case.

What is said otherwise in a file than in a value, because people read it:

* columns with their expressions are a mapping (`up: {first: …}`), of which the order is kept;
* a constraint stands on one level with its operation;
* `unique: true` lets PostgreSQL choose the name;
* `default: null` takes a default away, while one that is not written stays.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from pydantic import TypeAdapter

from tidegate.core.migrations import operations
from tidegate.core.migrations.operations import NewConstraint, Operation
from tidegate.sources.documents import Schema, check, load_schema
from tidegate.sources.quantities import seconds
from tidegate.sources.tree import Node

Said = dict[str, Any]

KINDS: Final[Mapping[str, type[Any]]] = {
    "addColumn": operations.AddColumn,
    "dropColumn": operations.DropColumn,
    "renameColumn": operations.RenameColumn,
    "alterColumn": operations.AlterColumn,
    "splitColumn": operations.SplitColumn,
    "mergeColumns": operations.MergeColumns,
    "createConstraint": operations.CreateConstraint,
    "dropConstraint": operations.DropConstraint,
    "renameConstraint": operations.RenameConstraint,
    "createTable": operations.CreateTable,
    "renameTable": operations.RenameTable,
    "dropTable": operations.DropTable,
    "createIndex": operations.CreateIndex,
    "dropIndex": operations.DropIndex,
    "setReplicaIdentity": operations.SetReplicaIdentity,
    "sql": operations.RawSql,
    "moveTable": operations.MoveTable,
}
_ADAPTERS: Final = {kind: TypeAdapter(operation) for kind, operation in KINDS.items()}
_CONSTRAINT: Final = frozenset(each.name for each in fields(NewConstraint))


def sound(elements: Iterable[Node], schema: str) -> tuple[Node, ...]:
    """Operations that are well written by the schema in this file.

    What is wrong with the others is told, and need not be told in other words.
    """
    return tuple(node for node in elements if not check(node, _operation_schema(schema)))


@cache
def _operation_schema(file: str) -> Schema:
    schema = load_schema(file)
    return {"$defs": schema["$defs"], **schema["$defs"]["operation"]}


def operation(node: Node) -> Operation:
    """The operation of a mapping of its kind to what is said of it, which is sound."""
    ((kind, body),) = node.fields.items()
    said = _ARRANGED.get(kind, _fields)(body)
    made: Operation = _ADAPTERS[kind].validate_python({**said, "location": node.key(kind)})
    return made


def _fields(body: Node) -> Said:
    return {_snake(name): _CONVERTED.get(name, _value)(part) for name, part in body.fields.items()}


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _value(node: Node) -> Any:
    if node.fields:
        return _fields(node)
    return tuple(map(_value, node.elements)) if node.elements else node.plain()


def _by_column(node: Node) -> Any:
    """Expressions by column as pairs; what else stands in their place as it is."""
    by_column = isinstance(node.value, MappingProxyType)
    return tuple((name, part.text) for name, part in node.fields.items()) if by_column else _value(node)


def _constraint(body: Node) -> Said:
    """A constraint; the foreign key in it has its name."""
    said = _fields(body)
    if "references" in said:
        said["references"]["name"] = said["name"]
    return said


_CONVERTED: Final[Mapping[str, Callable[[Node], Any]]] = {
    "up": _by_column,
    "down": _by_column,
    "columns": _by_column,
    "back": _by_column,
    "unique": lambda node: node.text or ("-" if node.value else ""),
    "constraints": lambda node: tuple(map(_constraint, node.elements)),
}


# -- operations that are said otherwise than they are ------------------------------------------------------


def _alter_column(body: Node) -> Said:
    changed = {name: {"value": body.at(name).value} for name in ("default", "comment") if name in body.fields}
    return {**_fields(body), **changed}


def _create_constraint(body: Node) -> Said:
    said = _constraint(body)
    constraint = {name: said.pop(name) for name in _CONSTRAINT & said.keys()}
    return {**said, "constraint": constraint}


def _create_index(body: Node) -> Said:
    return {**_fields(body), "unique": body.at("unique").value is True}


def _move_table(body: Node) -> Said:
    said = _fields(body)
    lag = said.pop("max_lag", None)
    return said if lag is None else {**said, "max_lag_seconds": seconds(lag) or 0.0}


_ARRANGED: Final[Mapping[str, Callable[[Node], Said]]] = {
    "alterColumn": _alter_column,
    "createConstraint": _create_constraint,
    "createIndex": _create_index,
    "moveTable": _move_table,
}
