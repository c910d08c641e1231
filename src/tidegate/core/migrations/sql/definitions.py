"""What tables consist of, as SQL writes it: columns, constraints, comments."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tidegate.core.migrations.operations import (
    Check,
    CreateTable,
    Exclusion,
    ForeignKey,
    NewColumn,
    NewConstraint,
)
from tidegate.core.migrations.sql.expressions import as_value, renamed
from tidegate.core.migrations.sql.names import fitted, listed, literal, qualified, quoted, referenced

UNNAMED = "-"
"""The name of a constraint that PostgreSQL is to choose."""

_SUFFIX: Mapping[str, str] = {
    "unique": "key",
    "check": "check",
    "foreign_key": "fkey",
    "primary_key": "pkey",
    "exclude": "excl",
}


def column_clause(column: NewColumn) -> str:
    """A column with its type, default and nullability; its constraints are those of the table."""
    pieces = (
        quoted(column.name),
        column.type,
        _identity(column) if column.identity else "",
        f"GENERATED ALWAYS AS {as_value(column.generated)} STORED" if column.generated else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
        "" if column.nullable and not column.primary_key else "NOT NULL",
    )
    return " ".join(filter(None, pieces))


def _identity(column: NewColumn) -> str:
    return f"GENERATED {column.identity} AS IDENTITY{f' ({column.sequence})' if column.sequence else ''}"


def create_table(operation: CreateTable, schema: str) -> str:
    """A table with its columns and constraints, unless it is there."""
    clauses = [column_clause(column) for column in operation.columns]
    clauses += [constraint_clause(constraint, schema) for constraint in constraints_of_table(operation)]
    return f"CREATE TABLE IF NOT EXISTS {qualified(schema, operation.name)} ({', '.join(clauses)})"


def comments(operation: CreateTable, schema: str) -> tuple[str, ...]:
    """The comments of a table and its columns."""
    table = qualified(schema, operation.name)
    ofs = [(f"TABLE {table}", operation.comment)]
    ofs += [(f"COLUMN {table}.{quoted(column.name)}", column.comment) for column in operation.columns]
    return tuple(f"COMMENT ON {what} IS {literal(comment)}" for what, comment in ofs if comment is not None)


def constraints_of_table(operation: CreateTable) -> tuple[NewConstraint, ...]:
    """All constraints of a table to be: its own and those that its columns name."""
    named = tuple(constraint for column in operation.columns for constraint in constraints_of(column))
    key = tuple(column.name for column in operation.columns if column.primary_key)
    keys = (NewConstraint(name=UNNAMED, type="primary_key", columns=key),) if key else ()
    return (*keys, *named, *operation.constraints)


def constraints_of(column: NewColumn) -> tuple[NewConstraint, ...]:
    """The constraints that a column names, but for its part in a primary key, as those of a table."""
    made = (
        column.unique and NewConstraint(name=column.unique, type="unique", columns=(column.name,)),
        column.check and _checks(column.check, column.name),
        column.references and _references(column.references, column.name),
    )
    return tuple(constraint for constraint in made if constraint)


def _checks(check: Check, column: str) -> NewConstraint:
    return NewConstraint(
        name=check.name, type="check", columns=(column,), check=check.condition, no_inherit=check.no_inherit
    )


def _references(key: ForeignKey, column: str) -> NewConstraint:
    return NewConstraint(
        name=key.name,
        type="foreign_key",
        columns=(column,),
        references=key,
        deferrable=key.deferrable,
        initially_deferred=key.initially_deferred,
    )


def named(constraint: NewConstraint, table: str) -> NewConstraint:
    """The constraint with the name that PostgreSQL would choose, where the file leaves that to it."""
    if constraint.name not in {"", UNNAMED}:
        return constraint
    columns = () if constraint.type == "primary_key" else constraint.columns
    return replace(constraint, name=fitted(table, *columns, _SUFFIX[constraint.type]))


def over(constraint: NewConstraint, columns: Mapping[str, str]) -> NewConstraint:
    """The constraint over other columns in place of those that `columns` names."""

    def other(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(columns.get(name, name) for name in names)

    key, exclude = constraint.references, constraint.exclude
    return replace(
        constraint,
        columns=other(constraint.columns),
        include=other(constraint.include),
        check=renamed(constraint.check, columns),
        references=key and _reference_over(key, columns),
        exclude=exclude and _exclusion_over(exclude, columns),
    )


def _reference_over(key: ForeignKey, columns: Mapping[str, str]) -> ForeignKey:
    """The reference with other columns in `SET NULL (…)`; its words are no columns."""
    action, bracket, of = key.on_delete.partition("(")
    return replace(key, on_delete=action + renamed(bracket + of, columns))


def _exclusion_over(exclude: Exclusion, columns: Mapping[str, str]) -> Exclusion:
    elements, predicate = renamed(exclude.elements, columns), renamed(exclude.predicate, columns)
    return replace(exclude, elements=elements, predicate=predicate)


def constraint_clause(constraint: NewConstraint, schema: str) -> str:
    """A constraint of a table with its name; what it references is in `schema` unless it says so itself."""
    name = "" if constraint.name in {"", UNNAMED} else f"CONSTRAINT {quoted(constraint.name)} "
    return f"{name}{_BODIES[constraint.type](constraint, schema)}{deferral(constraint)}"


def deferral(constraint: NewConstraint) -> str:
    """When it is checked, if that is not at once."""
    if constraint.initially_deferred:
        return " DEFERRABLE INITIALLY DEFERRED"
    return " DEFERRABLE" if constraint.deferrable else ""


def included(constraint: NewConstraint) -> str:
    """Columns that the index of a key holds besides."""
    return f" INCLUDE {listed(constraint.include)}" if constraint.include else ""


def storage(constraint: NewConstraint) -> str:
    """Storage parameters of the index of a key."""
    return f" WITH ({constraint.storage_parameters})" if constraint.storage_parameters else ""


def _key(constraint: NewConstraint, _: str) -> str:
    what = "PRIMARY KEY" if constraint.type == "primary_key" else "UNIQUE"
    nulls = " NULLS NOT DISTINCT" if constraint.nulls_not_distinct else ""
    space = f" USING INDEX TABLESPACE {quoted(constraint.tablespace)}" if constraint.tablespace else ""
    return f"{what}{nulls} {listed(constraint.columns)}{included(constraint)}{storage(constraint)}{space}"


def _check(constraint: NewConstraint, _: str) -> str:
    return f"CHECK {as_value(constraint.check)}{' NO INHERIT' if constraint.no_inherit else ''}"


def _foreign_key(constraint: NewConstraint, schema: str) -> str:
    key = constraint.references
    assert key is not None, "a foreign key references something"
    return f"FOREIGN KEY {listed(constraint.columns)} REFERENCES {_reference(key, schema)}"


def _reference(key: ForeignKey, schema: str) -> str:
    pieces = (
        referenced(schema, key.table),
        listed(key.columns) if key.columns else "",
        f"MATCH {key.match}" if key.match else "",
        f"ON DELETE {key.on_delete}" if key.on_delete else "",
        f"ON UPDATE {key.on_update}" if key.on_update else "",
    )
    return " ".join(filter(None, pieces))


def _exclude(constraint: NewConstraint, _: str) -> str:
    exclude = constraint.exclude
    assert exclude is not None, "an exclusion constraint excludes something"
    where = f" WHERE {as_value(exclude.predicate)}" if exclude.predicate else ""
    return f"EXCLUDE USING {exclude.method or 'gist'} ({exclude.elements}){where}"


_BODIES: Mapping[str, Callable[[NewConstraint, str], str]] = {
    "unique": _key,
    "primary_key": _key,
    "check": _check,
    "foreign_key": _foreign_key,
    "exclude": _exclude,
}
