"""What is compared of one table, and the conditions that each of its rows meets.

`_tidegate_shape` is one letter for a whole row, and says of it:

* `o`: every new column is what `up` gives. The row was written in the old shape or backfilled, and since then nobody
  wrote a new column without a later write in the old shape computing all of them again.
* `n`: some new column was written in the new shape since. Old columns are what `down` gives, save those that the old
  shape wrote later, whose new columns are then what `up` gives.

So a new column is held against `up` in rows of `o`, and an old one against `down` in rows of `n`, unless the reverse
holds of what it belongs with. An old column that no new one belongs with may have been written in the old shape alone
at any time: it is compared only in tables without new columns, where any write in the old shape makes a row `o`.
"""

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
        return tuple(pair for pair in self.reshape.added if not _why_not_up(pair))

    @property
    def returns(self) -> tuple[Return, ...]:
        """Old columns that the new shape says, the same each time."""
        return tuple(each for each in self.reshape.dropped if not _why_not_down(self.reshape, each))

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
            with_it = [
                back for back, each in enumerate(self.returns, 1) if _related(self.reshape, pair, each)
            ]
            yield _condition(said, OLD, _up_differs(place), map(_down_differs, with_it))

    def _of_dropped(self) -> Iterator[Condition]:
        for place, each in enumerate(self.returns, 1):
            said = f"{_named(each.column, self.reshape.old)} of the old shape is not what down gives of the new one"
            with_it = [
                ahead for ahead, pair in enumerate(self.pairs, 1) if _related(self.reshape, pair, each)
            ]
            yield _condition(said, NEW, _down_differs(place), map(_up_differs, with_it))

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


def _uncompared(reshape: Reshape) -> Iterator[str]:
    for pair in reshape.added:
        if why := _why_not_up(pair):
            yield f"{reshape.new_table}.{dict(reshape.new)[pair.column]}: {why}"
    for each in reshape.dropped:
        if why := _why_not_down(reshape, each):
            yield f"{reshape.table}.{dict(reshape.old)[each.column]}: {why}"


def _why_not_up(pair: Pair) -> str:
    """Why a new column cannot be held against the old ones; nothing where it can."""
    if not pair.up:
        return "nothing of the old shape says what it holds"
    return "" if pair.again else "its up gives another value each time"


def _why_not_down(reshape: Reshape, each: Return) -> str:
    """Why an old column cannot be held against the new ones; nothing where it can."""
    if not each.down:
        return "nothing of the new shape says what it holds"
    if not each.again:
        return "its down gives another value each time"
    alone = reshape.added and not any(_related(reshape, pair, each) for pair in reshape.added)
    return "no new column goes with it, so that the old shape may have written it alone" if alone else ""


def _related(reshape: Reshape, pair: Pair, each: Return) -> bool:
    """Whether one of the two columns comes from the other."""
    ahead, back = mentioned(reshape.old, [pair.up]), mentioned(reshape.new, [each.down])
    return each.column in ahead or pair.column in back


def _condition(said: str, shape: str, differs: str, excuses: Iterable[str]) -> Condition:
    """What is not as one shape says, and is not excused by what the other says."""
    unexcused = " OR ".join(excuses)
    broken = f"shape = '{shape}' AND {differs}{f' AND ({unexcused})' if unexcused else ''}"
    return Condition(check="checksum", said=said, broken=broken)


def _up_differs(place: int) -> str:
    return f"up[{place}] IS DISTINCT FROM added[{place}]"


def _down_differs(place: int) -> str:
    return f"down[{place}] IS DISTINCT FROM dropped[{place}]"


def _named(column: str, names: Iterable[tuple[str, str]]) -> str:
    return f'"{dict(names)[column]}"'
