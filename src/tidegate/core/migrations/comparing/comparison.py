"""What is compared of one table, and the conditions that each of its rows meets.

`_tidegate_shape` says which shape of a row follows from the other: in rows of `o` every new column is what `up` gives,
in rows of `n` every old column what `down` gives. Rows of `m` were written in both shapes, by column: neither says all
of them, so they meet constraints only, and are told as uncompared.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tidegate.core.migrations.comparing.functions import Function, down_function, up_function
from tidegate.core.migrations.unfolding import NEW, OLD, Pair, Reshape, Return, Unfolding


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that holds of a row: `broken` is SQL over the fields of `rows.Source`, true where it does not."""

    check: Literal["checksum", "conformance"]
    said: str
    broken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A constraint that new columns must meet, by its name, as an expression over the table."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A table whose two shapes are compared."""

    unfolding: Unfolding
    reshape: Reshape
    fits: tuple[Fit, ...] = ()

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """New columns that the old shape says, the same each time."""
        return tuple(pair for pair in self.reshape.added if pair.up and pair.again)

    @property
    def returns(self) -> tuple[Return, ...]:
        """Old columns that the new shape says, the same each time."""
        return tuple(each for each in self.reshape.dropped if each.down and each.again)

    @property
    def up(self) -> Function:
        """What the old shape gives."""
        return up_function(self.unfolding, self.reshape, self.pairs)

    @property
    def down(self) -> Function:
        """What the new shape gives."""
        return down_function(self.unfolding, self.reshape, self.returns)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What holds of each row that does not wait for the backfill."""
        return (*self._of_added(), *self._of_dropped(), *self._of_fits())

    def _of_added(self) -> Iterator[Condition]:
        for place, pair in enumerate(self.pairs, 1):
            said = f"{_named(pair.column, self.reshape.new)} of the new shape is not what up gives of the old one"
            broken = f"shape = '{OLD}' AND up[{place}] IS DISTINCT FROM added[{place}]"
            yield Condition(check="checksum", said=said, broken=broken)

    def _of_dropped(self) -> Iterator[Condition]:
        for place, each in enumerate(self.returns, 1):
            said = f"{_named(each.column, self.reshape.old)} of the old shape is not what down gives of the new one"
            broken = f"shape = '{NEW}' AND down[{place}] IS DISTINCT FROM dropped[{place}]"
            yield Condition(check="checksum", said=said, broken=broken)

    def _of_fits(self) -> Iterator[Condition]:
        for place, fit in enumerate(self.fits, 1):
            said = f'constraint "{fit.name}" does not hold'
            yield Condition(check="conformance", said=said, broken=f"shape IS NOT NULL AND unfit[{place}]")


def comparisons(unfolding: Unfolding) -> tuple[Comparison, ...]:
    """One for each table that has both shapes and rows to compare."""
    reshapes = [each for each in unfolding.reshapes if each.key and (each.added or each.dropped)]
    return tuple(Comparison(unfolding=unfolding, reshape=reshape) for reshape in reshapes)


def uncompared(unfolding: Unfolding) -> tuple[str, ...]:
    """Columns that cannot be compared, with the reason."""
    return tuple(said for reshape in unfolding.reshapes for said in _uncompared(reshape))


def uncompared_rows(comparison: Comparison, rows: int) -> tuple[str, ...]:
    """That so many rows of a table cannot be compared, with the reason."""
    many = f"{rows} row{'s' if rows > 1 else ''}"
    return (f"{comparison.reshape.table}: {many} written in both shapes, by column",) if rows else ()


def _uncompared(reshape: Reshape) -> Iterator[str]:
    for pair in reshape.added:
        if not (pair.up and pair.again):
            yield f"{reshape.new_table}.{dict(reshape.new)[pair.column]}: {_why('up', pair.up)}"
    for each in reshape.dropped:
        if not (each.down and each.again):
            yield f"{reshape.table}.{dict(reshape.old)[each.column]}: {_why('down', each.down)}"


def _why(way: str, expression: str) -> str:
    """Why a column cannot be held against the other shape."""
    return (
        f"its {way} may give another value each time"
        if expression
        else "nothing of the other shape says what it holds"
    )


def _named(column: str, names: Iterable[tuple[str, str]]) -> str:
    return f'"{dict(names)[column]}"'
