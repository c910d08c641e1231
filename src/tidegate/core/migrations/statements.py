"""What is said to the database: each statement with what it locks, how long, and who waits meanwhile."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from tidegate.core.errors import Location


class Lock(StrEnum):
    """Table locks by the names of PostgreSQL (Explicit Locking, Table-Level Locks), the weakest first."""

    NONE = "none"
    ACCESS_SHARE = "ACCESS SHARE"
    ROW_SHARE = "ROW SHARE"
    ROW_EXCLUSIVE = "ROW EXCLUSIVE"
    SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
    SHARE = "SHARE"
    SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
    EXCLUSIVE = "EXCLUSIVE"
    ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

    @property
    def stops_reads(self) -> bool:
        """Whether who reads the table waits."""
        return self is Lock.ACCESS_EXCLUSIVE

    @property
    def stops_writes(self) -> bool:
        """Whether who writes the table waits."""
        return self in {Lock.SHARE, Lock.SHARE_ROW_EXCLUSIVE, Lock.EXCLUSIVE, Lock.ACCESS_EXCLUSIVE}


class Effort(StrEnum):
    """What a statement's time grows with."""

    CATALOG = "catalog"
    """Only the catalog is written: at once, whatever the size of the table."""

    SCAN = "scan"
    """Every row is read once."""

    BUILD = "build"
    """Every row is read and sorted into an index."""

    REWRITE = "rewrite"
    """Every row is written anew."""

    UNKNOWN = "unknown"
    """A user's own statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, without values to bind; it may be repeated.

    Statements of one phase that follow each other and are not `alone` are one transaction. One that is `alone`
    (`CREATE INDEX CONCURRENTLY`) may leave an invalid `index` behind, which is dropped before it is tried again.
    `database` names the one it is for, where a migration has two. `location` is the operation in the file that it
    comes from.
    """

    sql: str
    summary: str
    lock: Lock = Lock.NONE
    effort: Effort = Effort.CATALOG
    tables: tuple[str, ...] = ()
    alone: bool = False
    index: str = ""
    database: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeViews:
    """Make the version schema: a view for every table that is there now, as the new shape has it."""

    kind: Literal["views"] = "views"


Deed = Statement | MakeViews
