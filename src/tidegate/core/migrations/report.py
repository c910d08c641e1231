"""What holding the two shapes of data against each other found."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Something that does not hold of a table: `said` in words, `keys` of some rows (redacted), `rows` how many.

    One of no row says that the database could not answer: nothing is known, which is no pass.

    `check` says by what it was found: rows not backfilled, values that are null or of another type, checksums of a
    range of keys, rows compared one by one, an invariant of the user's.
    """

    check: Literal["backfilled", "conformance", "checksum", "row", "invariant"]
    table: str
    said: str
    rows: int = 0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One comparison: when it ended (seconds since 1970), how long it took, what was looked at, what did not match.

    `uncompared` names columns and rows that cannot be compared, with the reason.
    """

    at: float
    seconds: float
    rows: int
    sampled: int
    mismatches: tuple[Mismatch, ...] = ()
    uncompared: tuple[str, ...] = ()

    @property
    def matches(self) -> bool:
        """Whether everything that was looked at holds."""
        return not self.mismatches
