"""What no schema can say of columns and constraints."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tidegate.core.migrations.operations import ForeignKey, NewColumn, NewConstraint
from tidegate.sources.words import listed, quoted

Said = Iterator[tuple[str, str]]
"""Messages, each with what to do next."""


def named_twice(columns: Iterable[str]) -> Said:
    for name, times in Counter(columns).items():
        if times > 1:
            yield f"the column {quoted(name)} is named twice", "name it once"


def column_problems(columns: Iterable[NewColumn]) -> Said:
    for column in columns:
        origins = [name for name in ("default", "identity", "generated") if getattr(column, name)]
        if len(origins) > 1:
            yield f"{quoted(column.name)} has more than one of {listed(origins)}", "leave one"
        if column.sequence and not column.identity:
            yield f"{quoted(column.name)} has options of a sequence, and no identity", "say which identity"
        yield from reference_problems(column.references, (column.name,))


def reference_problems(reference: ForeignKey | None, columns: Sequence[str]) -> Said:
    if reference and len(reference.columns) != len(columns):
        message = f"{quoted(reference.name)} references {len(reference.columns)} columns by {len(columns)}"
        yield message, "name as many as refer to them"


_PARTS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "unique": (
        frozenset(("columns",)),
        frozenset(("nulls_not_distinct", "include", "storage_parameters", "tablespace")),
    ),
    "check": (frozenset(("check",)), frozenset(("columns", "no_inherit"))),
    "foreign_key": (frozenset(("columns", "references")), frozenset()),
    "primary_key": (frozenset(("columns",)), frozenset(("include", "storage_parameters", "tablespace"))),
    "exclude": (
        frozenset(("exclude",)),
        frozenset(("columns", "include", "storage_parameters", "tablespace")),
    ),
}
"""For each type of constraint the parts that it must have, and those that it may have."""

_TYPED: Final = frozenset(part for parts in _PARTS.values() for each in parts for part in each)


def constraint_problems(constraint: NewConstraint) -> Said:
    must, may = _PARTS[constraint.type]
    said = frozenset(part for part in _TYPED if getattr(constraint, part))
    for part in sorted(must - said):
        yield f"the {constraint.type} {quoted(constraint.name)} lacks {quoted(_camel(part))}", "write it"
    for part in sorted(said - must - may):
        message = f"{quoted(_camel(part))} is nothing for the {constraint.type} {quoted(constraint.name)}"
        yield message, "leave it out"
    yield from _deferred(constraint)
    yield from (*named_twice(constraint.columns), *named_twice(constraint.include))
    yield from reference_problems(constraint.references, constraint.columns)


def _deferred(constraint: NewConstraint) -> Said:
    if constraint.type == "check" and (constraint.deferrable or constraint.initially_deferred):
        yield f"the check {quoted(constraint.name)} cannot be put off", "leave deferrable out"
    elif constraint.initially_deferred and not constraint.deferrable:
        yield f"{quoted(constraint.name)} is put off, and not deferrable", "write deferrable: true"


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(map(str.capitalize, more))
