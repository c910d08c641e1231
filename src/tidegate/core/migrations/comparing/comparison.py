"""What is compared of one table, and the conditions that each of its rows meets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tidegate.core.migrations.comparing.functions import Function, down_function, mentioned, up_function
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
            excuses = [
                _down_differs(back) for back, each in enumerate(self.returns, 1) if self._related(pair, each)
            ]
            yield _condition(said, OLD, _up_differs(place), excuses)

    def _of_dropped(self) -> Iterator[Condition]:
        for place, each in enumerate(self.returns, 1):
            said = f"{_named(each.column, self.reshape.old)} of the old shape is not what down gives of the new one"
            excuses = [
                _up_differs(there) for there, pair in enumerate(self.pairs, 1) if self._related(pair, each)
            ]
            yield _condition(said, NEW, _down_differs(place), excuses)

    def _of_fits(self) -> Iterator[Condition]:
        for place, fit in enumerate(self.fits, 1):
            said = f'constraint "{fit.name}" does not hold'
            yield Condition(check="conformance", said=said, broken=f"shape IS NOT NULL AND unfit[{place}]")

    def _related(self, pair: Pair, each: Return) -> bool:
        """Whether one of the two columns comes from the other."""
        ahead = mentioned(self.reshape.old, [pair.up])
        return each.column in ahead or pair.column in mentioned(self.reshape.new, [each.down])


def comparisons(unfolding: Unfolding) -> tuple[Comparison, ...]:
    """One for each table that has both shapes and rows to compare."""
    reshapes = [each for each in unfolding.reshapes if each.key and (each.added or each.dropped)]
    return tuple(Comparison(unfolding=unfolding, reshape=reshape) for reshape in reshapes)


def uncompared(unfolding: Unfolding) -> tuple[str, ...]:
    """Columns that cannot be compared, with the reason."""
    return tuple(said for reshape in unfolding.reshapes for said in _uncompared(reshape))


def _uncompared(reshape: Reshape) -> Iterator[str]:
    for pair in reshape.added:
        column = f"{reshape.new_table}.{dict(reshape.new)[pair.column]}"
        if not pair.up:
            yield f"{column}: nothing of the old shape says what it holds"
        elif not pair.again:
            yield f"{column}: its up gives another value each time"
    for each in reshape.dropped:
        column = f"{reshape.table}.{dict(reshape.old)[each.column]}"
        if not each.down:
            yield f"{column}: nothing of the new shape says what it holds"
        elif not each.again:
            yield f"{column}: its down gives another value each time"


def _condition(said: str, shape: str, differs: str, excuses: list[str]) -> Condition:
    """A write in one shape may leave alone what the other shape wrote: then the reverse holds, which excuses it."""
    unexcused = f" AND ({' OR '.join(excuses)})" if excuses else ""
    return Condition(check="checksum", said=said, broken=f"shape = '{shape}' AND {differs}{unexcused}")


def _up_differs(place: int) -> str:
    return f"up[{place}] IS DISTINCT FROM added[{place}]"


def _down_differs(place: int) -> str:
    return f"down[{place}] IS DISTINCT FROM dropped[{place}]"


def _named(column: str, names: Iterable[tuple[str, str]]) -> str:
    return f'"{dict(names)[column]}"'
