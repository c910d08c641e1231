"""The table where it goes, made as the one is that it comes from."""

from collections.abc import Iterator

from tidegate.core.migrations.move.parties import Places
from tidegate.core.migrations.schema import Column, Constraint, Table
from tidegate.core.migrations.sql.names import fitted, literal, qualified, quoted, referenced
from tidegate.core.migrations.statements import Effort, Statement

_SEQUENCE = "nextval("


def created(places: Places, source: Table) -> tuple[Statement, ...]:
    """The table with its columns, constraints, indexes and comments."""
    name = qualified(places.there.name, places.to_table)
    clauses = [_column(column) for column in source.columns]
    clauses += [
        f"CONSTRAINT {quoted(each.name)} {each.definition}" for each in kept_constraints(places, source)
    ]
    table = f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(clauses)})"
    said = [(table, f"create table {places.to_table}"), *_comments(name, source)]
    to = str(places.operation.to)
    indexes = (_index(places, index.name, index.definition, unique=index.unique) for index in source.indexes)
    return (*(Statement(sql=sql, summary=summary, database=to) for sql, summary in said), *indexes)


def kept_constraints(places: Places, source: Table) -> Iterator[Constraint]:
    """All but foreign keys to tables that are not there; a unique and not null key is one of them."""
    for constraint in source.constraints:
        if constraint.type != "foreign_key" or constraint.references_table in places.there.by_name:
            yield constraint


def unkept(places: Places, source: Table) -> tuple[str, ...]:
    """What the table has here and will not have there, in words."""
    kept = {constraint.name for constraint in kept_constraints(places, source)}
    keys = tuple(
        f"foreign key {each.name} of {source.name}: {places.operation.to} has no table {each.references_table}"
        for each in source.constraints
        if each.name not in kept
    )
    triggers = tuple(
        f"trigger {name} of {source.name}: what it does is not done in {places.operation.to}"
        for name in source.triggers
        if not name.startswith("!tidegate_")
    )
    return keys + triggers


def _column(column: Column) -> str:
    """A column that counts by a sequence counts by one of its own there."""
    counted = column.identity or ("BY DEFAULT" if (column.default or "").startswith(_SEQUENCE) else "")
    pieces = (
        quoted(column.name),
        column.type,
        f"COLLATE {column.collation}" if column.collation else "",
        f"GENERATED {counted} AS IDENTITY" if counted else "",
        f"GENERATED ALWAYS AS ({column.generated}) STORED" if column.generated else "",
        f"DEFAULT {column.default}" if column.default and not counted else "",
        "NOT NULL" if column.not_null else "",
    )
    return " ".join(filter(None, pieces))


def _comments(name: str, source: Table) -> Iterator[tuple[str, str]]:
    of = [(f"TABLE {name}", source.comment)]
    of += [(f"COLUMN {name}.{quoted(column.name)}", column.comment) for column in source.columns]
    for what, comment in of:
        if comment is not None:
            yield f"COMMENT ON {what} IS {literal(comment)}", f"comment on {what.split()[0].lower()}"


def _index(places: Places, name: str, definition: str, *, unique: bool) -> Statement:
    """An index by a name of its own, as the other database may have one by the first; the table is empty yet."""
    _, _, rest = definition.partition(" USING ")
    own = name if places.to_table == places.operation.table else fitted(places.to_table, name)
    table = referenced(places.there.name, places.to_table)
    kind = "UNIQUE INDEX" if unique else "INDEX"
    return Statement(
        sql=f"CREATE {kind} IF NOT EXISTS {quoted(own)} ON {table} USING {rest}",
        summary=f"create index {own}",
        effort=Effort.CATALOG,
        database=str(places.operation.to),
    )
