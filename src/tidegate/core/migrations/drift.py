"""What became of tables since they were looked at, in words."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from tidegate.core.migrations.schema import Table
from tidegate.core.migrations.unfolding import Unfolding


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Part = TypeVar("Part", bound=_Named)

_PARTS: Mapping[str, Callable[[Table], Iterable[_Named]]] = {
    "column": lambda table: table.columns,
    "constraint": lambda table: table.constraints,
    "index": lambda table: table.indexes,
}
_FACTS: Mapping[str, Callable[[Table], object]] = {
    "its triggers": lambda table: set(table.triggers),
    "its replica identity": lambda table: (table.replica_identity, table.replica_index),
    "its comment": lambda table: table.comment,
}


def touched(unfolding: Unfolding) -> frozenset[str]:
    """The tables, by their names in either shape, that a migration does something to."""
    named = (
        table for plan in unfolding.phases for deed in plan.forth for table in getattr(deed, "tables", ())
    )
    shaped = (table for reshape in unfolding.reshapes for table in (reshape.table, reshape.new_table))
    return frozenset((*named, *shaped, *unfolding.hidden))


def drifts(before: Iterable[Table], now: Iterable[Table], tables: Collection[str]) -> tuple[str, ...]:
    """Everything that is not as it was with these tables; estimates of rows and sizes do not count."""
    return tuple(_differences("table", _among(before, tables), _among(now, tables), _within))


def missing(before: Iterable[Table], now: Iterable[Table]) -> tuple[str, ...]:
    """What is gone of the columns that were there, or has another type; what is new does not count."""
    there = {table.name: table for table in now}
    found = [(table, there.get(table.name)) for table in before]
    gone = [f"table {table.name} is gone" for table, other in found if other is None]
    return (*gone, *(said for table, other in found if other for said in _missing(table, other)))


def _missing(before: Table, now: Table) -> Iterator[str]:
    for name, column in before.by_name.items():
        if name not in now.by_name:
            yield f"column {name} of {before.name} is gone"
        elif now.by_name[name].type != column.type:
            yield f"column {name} of {before.name} is {now.by_name[name].type} and was {column.type}"


def _among(found: Iterable[Table], tables: Collection[str]) -> list[Table]:
    return [table for table in found if table.name in tables]


def _within(before: Table, now: Table) -> Iterator[str]:
    for noun, parts in _PARTS.items():
        yield from _differences(
            noun, parts(before), parts(now), _changed(noun, before.name), f" of {before.name}"
        )
    for fact, of in _FACTS.items():
        if of(before) != of(now):
            yield f"table {before.name} has changed: {fact}"


def _changed(noun: str, table: str) -> Callable[[_Named, _Named], Iterator[str]]:
    def changed(before: _Named, now: _Named) -> Iterator[str]:
        if before != now:
            yield f"{noun} {now.name} of {table} has changed"

    return changed


def _differences(
    noun: str,
    before: Iterable[Part],
    now: Iterable[Part],
    within: Callable[[Part, Part], Iterator[str]],
    of: str = "",
) -> Iterator[str]:
    """Of two collections of named things."""
    was, is_ = ({each.name: each for each in side} for side in (before, now))
    yield from (f"{noun} {name}{of} is gone" for name in was if name not in is_)
    yield from (f"{noun} {name}{of} is new" for name in is_ if name not in was)
    for name in (name for name in was if name in is_):
        yield from within(was[name], is_[name])
