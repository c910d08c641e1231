"""Whether everything that clients were told is committed is there, in either shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.migrations.clients import Key, Ledger, connect, differing, read
from bench.migrations.shapes import Row, Seen, seen

from tidegate.core.migrations.unfolding import Unfolding


def renamed(unfolding: Unfolding) -> Mapping[str, str]:
    """Tables that the new shape calls otherwise."""
    return {each.table: each.new_table for each in unfolding.reshapes if each.table != each.new_table}


@dataclass(slots=True)
class Looked:
    """How many rows were looked up, and what was wrong with them."""

    rows: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Looks up rows of clients in a database with these two shapes."""

    url: str
    unfolding: Unfolding

    async def all(self, ledgers: Sequence[Ledger], schema: str, *, own: bool) -> Looked:
        """Rows in their `own` shape must be as they were written, in the other what both have in common."""
        found, base = Looked(), self.unfolding.schema
        there = renamed(self.unfolding) if schema == self.unfolding.new_schema else {}
        async with await connect(self.url, schema, base) as connection:
            tables = {each.name: each for each in await seen(connection, base, schema, there)}
            for key, written in _certain(ledgers):
                name = key[0] if own else self._other(key[0], schema)
                if name in tables:
                    row = await read(connection, tables[name], (name, key[1]))
                    said = differing(written, row, None if own else self._common(tables[name]))
                    found.rows += 1
                    found.wrong += [f"{schema}.{name}: {said}"] if said else []
        return found

    def _other(self, table: str, schema: str) -> str:
        """What the other shape calls a table."""
        there = renamed(self.unfolding)
        if schema != self.unfolding.new_schema:
            there = {new: old for old, new in there.items()}
        return there.get(table, table)

    def _common(self, table: Seen) -> frozenset[str]:
        """Columns that have the same name and values in both shapes."""
        for reshape in self.unfolding.reshapes:
            if table.name in {reshape.table, reshape.new_table}:
                moved = {each.column for each in reshape.added} | {each.column for each in reshape.dropped}
                new = dict(reshape.new)
                return frozenset(
                    name for column, name in reshape.old if column not in moved and new.get(column) == name
                )
        return frozenset(table.types)


def _certain(ledgers: Sequence[Ledger]) -> list[tuple[Key, Row]]:
    return [(key, row) for each in ledgers for key, row in each.rows.items() if key not in each.doubt]
