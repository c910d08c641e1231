"""What every format gives: rows of text with their numbers, and how it says where a row is."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from tidegate.core.errors import Problem, Refused
from tidegate.sources.records.findings import Findings, Place
from tidegate.sources.words import did_you_mean, listed, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells of a row by column; one that is absent was told as a problem."""

    number: int
    cells: Mapping[str, str]


class Cell(StrEnum):
    """What the cells of a column have, as messages say it."""

    TIME = "a timestamp, a text, or seconds since 1970"
    ARM = "a text: canary or control"
    COUNT = "a whole number"
    SHARE = "a number between 0 and 1"
    ID = "a text or a whole number"
    TEXT = "a text"
    NUMBER = "a number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one kind of record: what each has, what is wrong with those of a file, and how a CSV begins.

    Where cells `may_lack` a row need not have them all.
    """

    cells: Mapping[str, Cell]
    check: Callable[[int, Sequence[str], Findings], None]
    begin: str
    may_lack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How files of one format are read; `place` says where in a file something is wrong."""

    place: Callable[[Path], Place]
    rows: Callable[[Path, Columns, Findings], Iterator[Row]]


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


def check_known(number: int, names: Sequence[str], known: Collection[str], findings: Findings) -> None:
    """Note columns that are unknown or there twice; `number` is the row they are in."""
    for name in dict.fromkeys(names):
        if name not in known:
            hint = did_you_mean(name, known) or f"known here: {listed(known)}"
            findings.say(number, f"unknown column {quoted(name)}", hint)
        elif names.count(name) > 1:
            findings.say(number, f"column {quoted(name)} is given twice")
