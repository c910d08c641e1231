"""Answers of one table's ranges, gathered: what did not hold, of how many rows, and a few of them by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tidegate.core.migrations.comparing.comparison import Comparison, uncompared_rows
from tidegate.core.migrations.comparing.keys import redacted
from tidegate.core.migrations.comparing.ranges import NAMED, Broken
from tidegate.core.migrations.report import Mismatch

Check = Literal["backfilled", "conformance", "checksum", "row", "invariant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was found of a table; `types` are those of the columns of its key."""

    comparison: Comparison
    types: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    mixed: int = 0
    sampled: int = 0
    found: Mapping[tuple[Check, str], Mismatch] = field(default_factory=dict)

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """In the order in which they were found first."""
        return tuple(self.found.values())

    @property
    def uncompared(self) -> tuple[str, ...]:
        """Rows that could not be compared, with the reason."""
        return uncompared_rows(self.comparison, self.mixed)

    def with_rows(self, rows: int, *, mixed: int = 0, sampled: int = 0) -> "Tally":
        """So many rows more were looked at, some of them mixed."""
        return replace(self, rows=self.rows + rows, mixed=self.mixed + mixed, sampled=self.sampled + sampled)

    def with_waiting(self, rows: int) -> "Tally":
        """So many rows wait for the backfill, and should not any more; unless there is none for them to wait for."""
        waiting = rows if self.comparison.reshape.backfilled else 0
        return self.with_broken("backfilled", "rows wait for the backfill", Broken(rows=waiting, keys=()))

    def with_conditions(self, broken: Iterable[Broken]) -> "Tally":
        """What was found of each condition of the comparison."""
        tally = self
        for condition, each in zip(self.comparison.conditions, broken, strict=True):
            tally = tally.with_broken(condition.check, condition.said, each)
        return tally

    def with_broken(self, check: Check, said: str, broken: Broken) -> "Tally":
        """Something that does not hold of some rows; nothing new where there are none."""
        return self.with_mismatch(self._mismatch(check, said, broken)) if broken.rows else self

    def with_mismatch(self, mismatch: Mismatch) -> "Tally":
        """One more, together with what was found of its kind before."""
        kind = (mismatch.check, mismatch.said)
        before = self.found.get(kind, replace(mismatch, rows=0, keys=()))
        keys = (*before.keys, *mismatch.keys)[:NAMED]
        together = replace(mismatch, rows=before.rows + mismatch.rows, keys=keys)
        return replace(self, found={**self.found, kind: together})

    def _mismatch(self, check: Check, said: str, broken: Broken) -> Mismatch:
        key = self.comparison.reshape.key
        keys = tuple(redacted(each, key, self.types) for each in broken.keys)
        return Mismatch(
            check=check, table=self.comparison.reshape.table, said=said, rows=broken.rows, keys=keys
        )
