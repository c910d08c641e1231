"""What every format gives: rows of text with their numbers, and how it says where a row is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tidegate.core.errors import Problem, Refused
from tidegate.sources.records.findings import Findings, Place
from tidegate.sources.words import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells of a row by column; one that is absent was told as a problem."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How files of one format are read; `place` says where in a file something is wrong."""

    place: Callable[[Path], Place]
    rows: Callable[[Path, Findings], Iterator[Row]]


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, with what the system says against it as a problem."""
    try:
        with path.open("rb") as stream:
            yield stream
    except (OSError, ValueError) as error:
        raise unreadable(path, getattr(error, "strerror", None) or str(error)) from error


def unreadable(path: Path, reason: str) -> Refused:
    """That a file cannot be read at all, and why."""
    return Refused([Problem(message=f"cannot read {quoted(str(path))}: {reason}", hint="check the path")])
