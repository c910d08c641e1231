"""Every name that an operation gives to something or calls something by."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

from tidegate.core.migrations.operations import ForeignKey, MoveTable, Operation

NAMES: Final = frozenset(
    ("table", "to_table", "column", "columns", "name", "to", "index", "include", "unique", "tablespace")
)
"""The fields that hold names, in whatever value."""


def names(operation: Operation) -> Iterator[str]:
    """The names, those of columns in lists and of what lies deeper too."""
    for name, value in _parts(operation):
        if isinstance(operation, MoveTable) and name in ("to", "columns"):
            continue
        yield from _names(name, value)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    return ((each.name, getattr(value, each.name)) for each in fields(value))


def _names(field: str, value: Any) -> Iterator[str]:
    if isinstance(value, tuple):
        for element in value:
            yield from _names(field, element)
    elif isinstance(value, ForeignKey):
        yield from (value.name, *value.table.split("."), *value.columns)
    elif is_dataclass(value):
        for name, part in _parts(value):
            yield from _names(name, part)
    elif field in NAMES and isinstance(value, str) and value not in ("", "-"):
        yield value
