"""What can differ between the schema of a reader and that of a writer."""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Part


class Sort(StrEnum):
    """What can differ between reader and writer."""

    UNWRITTEN = "unwritten"
    UNREAD = "unread"
    SYMBOL = "symbol"
    BRANCH = "branch"
    TYPE = "type"
    NAME = "name"
    SIZE = "size"
    LOGICAL = "logical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference for the reader: of what sort, where, what it does, and why; `branch` of a union."""

    sort: Sort
    part: Part = ()
    answer: Compatibility
    why: str
    branch: str = ""
