"""The move that an operation means on the schemas of two databases, or everything that keeps it from working."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tidegate.core.errors import Problem
from tidegate.core.migrations.move.carriage import Carriage, Move, Side, Written
from tidegate.core.migrations.operations import Expressions, Migration, MoveTable
from tidegate.core.migrations.schema import Column, Schema, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """A migration of one table, the name of its own database, and the schemas as found here and there."""

    migration: Migration
    database: str
    here: Schema
    there: Schema

    @property
    def operation(self) -> MoveTable:
        """What is wanted."""
        (operation,) = self.migration.operations
        assert isinstance(operation, MoveTable)
        return operation

    @property
    def to_table(self) -> str:
        """What the table is called there."""
        return self.operation.to_table or self.operation.table

    @property
    def source(self) -> Table | None:
        """The table here, if it is there at all."""
        return self.here.by_name.get(self.operation.table)

    @property
    def found(self) -> Table | None:
        """The table there, if there is one."""
        return self.there.by_name.get(self.to_table)


def move_of(places: Places) -> Move | tuple[Problem, ...]:
    """Both directions, or why there are none."""
    source = places.source
    if source is None:
        table = f"table {places.here.name}.{places.operation.table}"
        return (_problem(places, f"{table} is not in database {places.database}", "name one that is"),)
    target = places.found or replace(source, triggers=())
    problems = tuple(_problem(places, *each) for each in _obstacles(places, source, target))
    return problems or _move(places, source, target)


def _move(places: Places, source: Table, target: Table) -> Move:
    operation = places.operation
    here = _side(places.database, places.here.name, source, source.key)
    there = _side(operation.to, places.there.name, target, source.key, places.to_table)
    name = str(places.migration.name)
    return Move(
        forth=_carriage(name, (here, there), operation.columns),
        back=_carriage(name, (there, here), operation.back),
    )


def _side(database: str, schema: str, table: Table, key: tuple[str, ...], name: str = "") -> Side:
    return Side(
        database=database,
        schema=schema,
        table=name or table.name,
        key=key,
        columns=tuple((column.name, column.type) for column in _stored(table)),
        triggers=tuple(trigger for trigger in table.triggers if not trigger.startswith("!tidegate_")),
    )


def _carriage(move: str, sides: tuple[Side, Side], expressions: Expressions) -> Carriage:
    leader, follower = sides
    given = dict(expressions)
    written = tuple(
        Written(name=name, type=type_, expression=given.get(name, ""))
        for name, type_ in follower.columns
        if name in given or name in leader.types
    )
    return Carriage(move=move, leader=leader, follower=follower, written=written)


def _obstacles(places: Places, source: Table, target: Table) -> Iterator[tuple[str, str]]:
    """What is wrong, and what to do."""
    operation = places.operation
    if operation.to == places.database:
        yield f"database {operation.to} has the table already", "move it to another one, or rename it"
    if not source.key:
        yield f"table {source.name} has no key by which a row is known", "give it a primary key"
    for table in {source.name: source, target.name: target}.values():
        for obstacle in table.obstacles:
            yield f"table {table.name} is {obstacle}", "only an ordinary table can be moved"
    for name, _, table_here, _ in places.here.referrers:
        if table_here == source.name:
            yield f"{name} references {source.name} by a foreign key", "drop that first: it cannot reach over"
    yield from _deferred((source, target))
    if source.key and set(target.key) != set(source.key):
        yield f"table {target.name} there has another key than {source.name}", "give it the same primary key"
    yield from _columns(source, target, operation.columns, f"columns of {operation.to}.{places.to_table}")
    yield from _columns(target, source, operation.back, f"back to {places.database}.{source.name}")
    yield from _unreturned(operation, source, target)


def _deferred(tables: Iterable[Table]) -> Iterator[tuple[str, str]]:
    for constraint in {each.name: each for table in tables for each in table.constraints}.values():
        if "DEFERRABLE" in constraint.definition and constraint.type != "foreign_key":
            what = f"constraint {constraint.name} is deferrable: rows in between may break it"
            yield what, "make it an immediate one first"


def _columns(leader: Table, follower: Table, given: Expressions, where: str) -> Iterator[tuple[str, str]]:
    """Each column of the follower is computed, taken as it is, or left to its default."""
    expressions, has = dict(given), {column.name: column for column in _stored(leader)}
    known = {column.name: column for column in _stored(follower)}
    for name in expressions:
        if name not in known:
            yield f"{where}: there is no column {name}", "name one that can be written"
        elif name in leader.key:
            yield f"{where}: {name} is part of the key", "leave it as it is: rows are known by it"
    for name, column in known.items():
        if name not in expressions:
            yield from _untaken(column, has.get(name), where)


def _untaken(column: Column, other: Column | None, where: str) -> Iterator[tuple[str, str]]:
    if other is None and column.not_null and column.default is None and not column.identity:
        yield f"{where}: nothing says what {column.name} holds", "give it an expression or a default"
    if other is not None and other.type != column.type:
        what = f"{where}: {column.name} is {column.type}, and {other.type} where it comes from"
        yield what, "give it an expression"


def _unreturned(operation: MoveTable, source: Table, target: Table) -> Iterator[tuple[str, str]]:
    """What is not the same there must have its way back, or going back would lose it."""
    computed, back = dict(operation.columns), dict(operation.back)
    same = {column.name for column in _stored(target)} - computed.keys()
    for column in _stored(source):
        if column.name not in same and column.name not in back:
            yield f"column {column.name} of {source.name} has no way back", "say in `back` what computes it"


def _stored(table: Table) -> tuple[Column, ...]:
    """Columns that can be written: generated ones compute themselves on either side."""
    return tuple(column for column in table.columns if not column.generated)


def _problem(places: Places, message: str, hint: str) -> Problem:
    return Problem(message=message, location=places.operation.location, hint=hint)
