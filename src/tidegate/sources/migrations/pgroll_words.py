"""The dictionary: what pgroll's files say, found for each of our words. `OPERATIONS` has an entry for each kind.

Sources: pgroll's operations reference (https://pgroll.com/docs) and its published schema, release 0.14; from earlier
releases `alter_column` with a `name`, and the columns of an index as names or as a mapping.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from tidegate.core.migrations.sql.names import listed
from tidegate.sources.tree import NOTHING, Node

Word = Callable[[Node], Node]
"""Finds in what pgroll's file says the value for one of our words."""


def told(body: Node, words: Mapping[str, Word]) -> Node:
    """What pgroll's file says, in our words; what it does not say is left out."""
    said = {ours: find(body) for ours, find in words.items()}
    return replace(
        body, value=MappingProxyType({ours: part for ours, part in said.items() if part is not NOTHING})
    )


def _at(*path: str) -> Word:
    return lambda body: body.at(*path)


def _in(name: str, words: Mapping[str, Word]) -> Word:
    return lambda body: told(body.at(name), words) if body.at(name) else NOTHING


def _each(name: str, find: Word) -> Word:
    def elements(body: Node) -> Node:
        found = body.at(name)
        return replace(found, value=tuple(map(find, found.elements))) if found else NOTHING

    return elements


def _text(body: Node, text: str) -> Node:
    return Node(value=text, file=body.file, line=body.line)


def _list(*path: str) -> Word:
    """One value, where we have a list."""
    return lambda body: replace(body, value=(body.at(*path),))


def _lower(*path: str) -> Word:
    return lambda body: _text(body, body.at(*path).text.lower())


def _identity(body: Node) -> Node:
    identity = body.at("generated", "identity")
    return _text(body, identity.at("user_specified_values").text or "ALWAYS") if identity else NOTHING


def _on_delete(body: Node) -> Node:
    """The action, with the columns that are set where it sets only some."""
    some = tuple(column.text for column in body.at("on_delete_set_columns").elements)
    return _text(body, f"{body.at('on_delete').text} {listed(some)}") if some else body.at("on_delete")


def _by_no_name(name: str) -> Word:
    """The expression for the one column of a constraint, which the file does not name."""
    return lambda body: replace(body, value=MappingProxyType({"": body.at(name)}))


def _opclass(body: Node) -> Node:
    opclass = body.at("opclass")
    parameters = ", ".join(part.text for part in opclass.at("params").elements)
    return (
        _text(body, f"{opclass.at('name').text}{f' ({parameters})' if parameters else ''}")
        if opclass
        else NOTHING
    )


def _index_columns(body: Node) -> Node:
    columns = body.at("columns")
    named = [told(part, SORTED) for part in map(_named, columns.elements)]
    mapped = [_sorted_by(name, part) for name, part in columns.fields.items()]
    return replace(columns, value=(*named, *mapped))


def _named(column: Node) -> Node:
    return replace(column, value=MappingProxyType({"column": column})) if column.text else column


def _sorted_by(name: str, part: Node) -> Node:
    fields = {**part.fields, "column": _text(part, name)}
    return told(replace(part, value=MappingProxyType(fields)), SORTED)


SORTED: Final[Mapping[str, Word]] = {
    "column": _at("column"),
    "collation": _at("collate"),
    "opclass": _opclass,
    "order": _at("sort"),
    "nulls": _at("nulls"),
}
CHECK: Final[Mapping[str, Word]] = {
    "name": _at("name"),
    "condition": _at("constraint"),
    "noInherit": _at("no_inherit"),
}
ACTIONS: Final[Mapping[str, Word]] = {
    "onDelete": _on_delete,
    "onUpdate": _at("on_update"),
    "match": _at("match_type"),
}
REFERENCE: Final[Mapping[str, Word]] = {
    "name": _at("name"),
    "table": _at("table"),
    "columns": _list("column"),
    "deferrable": _at("deferrable"),
    "initiallyDeferred": _at("initially_deferred"),
    **ACTIONS,
}
TARGET: Final[Mapping[str, Word]] = {"table": _at("table"), "columns": _at("columns"), **ACTIONS}
COLUMN: Final[Mapping[str, Word]] = {
    "name": _at("name"),
    "type": _at("type"),
    "nullable": _at("nullable"),
    "primaryKey": _at("pk"),
    "default": _at("default"),
    "unique": _at("unique"),
    "check": _in("check", CHECK),
    "references": _in("references", REFERENCE),
    "identity": _identity,
    "sequence": _at("generated", "identity", "sequence_options"),
    "generated": _at("generated", "expression"),
    "comment": _at("comment"),
}
EXCLUSION: Final[Mapping[str, Word]] = {
    "method": _at("index_method"),
    "elements": _at("elements"),
    "predicate": _at("predicate"),
}
CONSTRAINT: Final[Mapping[str, Word]] = {
    "name": _at("name"),
    "type": _at("type"),
    "columns": _at("columns"),
    "check": _at("check"),
    "references": _in("references", TARGET),
    "exclude": _in("exclude", EXCLUSION),
    "deferrable": _at("deferrable"),
    "initiallyDeferred": _at("initially_deferred"),
    "nullsNotDistinct": _at("nulls_not_distinct"),
    "include": _at("index_parameters", "include_columns"),
    "storageParameters": _at("index_parameters", "storage_parameters"),
    "tablespace": _at("index_parameters", "tablespace"),
    "noInherit": _at("no_inherit"),
}
TABLE: Final[Mapping[str, Word]] = {"table": _at("table")}
UP_AND_DOWN: Final[Mapping[str, Word]] = {"up": _at("up"), "down": _at("down")}

RENAMES: Final = "alter_column with name"
OPERATIONS: Final[Mapping[str, tuple[str, Mapping[str, Word]]]] = {
    "add_column": ("addColumn", {**TABLE, "column": _in("column", COLUMN), "up": _at("up")}),
    "drop_column": ("dropColumn", {**TABLE, "column": _at("column"), "down": _at("down")}),
    "rename_column": ("renameColumn", {**TABLE, "column": _at("from"), "to": _at("to")}),
    RENAMES: ("renameColumn", {**TABLE, "column": _at("column"), "to": _at("name")}),
    "alter_column": (
        "alterColumn",
        {
            **TABLE,
            "column": _at("column"),
            "type": _at("type"),
            "nullable": _at("nullable"),
            "default": _at("default"),
            "comment": _at("comment"),
            "unique": _at("unique", "name"),
            "check": _in("check", CHECK),
            "references": _in("references", REFERENCE),
            **UP_AND_DOWN,
        },
    ),
    "create_constraint": ("createConstraint", {**TABLE, **CONSTRAINT, **UP_AND_DOWN}),
    "drop_constraint": (
        "dropConstraint",
        {**TABLE, "name": _at("name"), "up": _by_no_name("up"), "down": _by_no_name("down")},
    ),
    "drop_multicolumn_constraint": ("dropConstraint", {**TABLE, "name": _at("name"), **UP_AND_DOWN}),
    "rename_constraint": ("renameConstraint", {**TABLE, "name": _at("from"), "to": _at("to")}),
    "create_table": (
        "createTable",
        {
            "name": _at("name"),
            "columns": _each("columns", lambda column: told(column, COLUMN)),
            "constraints": _each("constraints", lambda constraint: told(constraint, CONSTRAINT)),
            "comment": _at("comment"),
        },
    ),
    "rename_table": ("renameTable", {"table": _at("from"), "to": _at("to")}),
    "drop_table": ("dropTable", {"table": _at("name")}),
    "create_index": (
        "createIndex",
        {
            **TABLE,
            "name": _at("name"),
            "columns": _index_columns,
            "unique": _at("unique"),
            "method": _at("method"),
            "storageParameters": _at("storage_parameters"),
            "predicate": _at("predicate"),
        },
    ),
    "drop_index": ("dropIndex", {"name": _at("name")}),
    "set_replica_identity": (
        "setReplicaIdentity",
        {**TABLE, "type": _lower("identity", "type"), "index": _at("identity", "index")},
    ),
    "sql": ("sql", {**UP_AND_DOWN, "onContract": _at("onComplete")}),
}
