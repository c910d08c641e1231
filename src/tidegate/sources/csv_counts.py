"""A CSV file of counts → the intervals of a record, for `tidegate analyze`.

    time,arm,requests,bad
    2026-03-01T12:00:00Z,canary,500,2
    2026-03-01T12:00:00Z,control,9500,11

* `time` is when the interval of a row ends: ISO 8601 (UTC where no zone is given) or seconds since 1970. Rows
  are in the order of time; those of one time are one look, whatever their number (one a pod, say), and add up.
* `arm` is `canary` or `control`. `requests` and `bad` were counted since the row before; they are whole numbers.
* Columns may be in any order. UTF-8, with or without a byte order mark; lines end with LF or CRLF; empty lines
  are skipped; cells may be quoted, over one line.

The file is read once and never held as a whole: a line has at most `LINE` bytes, and after `PROBLEMS` problems no
more are gathered. Nothing is said of a file before all of it was read, because every problem is told at once.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from tidegate.core.errors import Location, Problem, Refused
from tidegate.core.gates.analysis import Interval
from tidegate.core.gates.evidence import Tally
from tidegate.sources.words import did_you_mean, listed, quoted

COLUMNS: Final = ("time", "arm", "requests", "bad")
ARMS: Final = ("canary", "control")
LINE: Final = 4096
PROBLEMS: Final = 100

_COUNT: Final = re.compile(r"([0-9]{1,15})(?:\.0{1,15})?")
_SECONDS: Final = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")
_MILLISECONDS: Final = re.compile(r"[0-9]{13,19}")


def read_intervals(path: Path) -> Iterator[Interval]:
    """The intervals of a file in the order of time; at its end `Refused`, with every problem if there are any.

    From the first problem on nothing is yielded any more.
    """
    with _opened(path) as stream:
        reader = _Reader(str(path))
        for number, line in enumerate(_lines(stream), start=1):
            interval = reader.row(number, line)
            if interval is not None and not reader.problems:
                yield interval
            if len(reader.problems) > PROBLEMS:
                break
        last = reader.end()
        if reader.problems:
            raise Refused(reader.told())
        if last is not None:
            yield last


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file, with what the system says against it as a problem."""
    try:
        with path.open("rb") as stream:
            yield stream
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot read {quoted(str(path))}: {reason}"
        raise Refused([Problem(message=message, hint="check the path")]) from error


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines with at most one byte more than is allowed; the rest of a longer one is passed over."""
    while line := stream.readline(LINE + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > LINE:
            rest = stream.readline(LINE + 1)
        yield line


@dataclass(slots=True)
class _Reader:
    """Row after row: the columns once they are known, the interval that is being added up, what is wrong."""

    file: str
    columns: tuple[str, ...] = ()
    open: Interval | None = None
    problems: list[Problem] = field(default_factory=list)
    _line: int = 1

    def row(self, number: int, line: bytes) -> Interval | None:
        """Take one line; the interval that ended before it, if it begins another."""
        self._line = number
        cells = self._cells(line)
        if not cells:
            return None
        if not self.columns:
            self._header(cells)
            return None
        return self._added(cells)

    def end(self) -> Interval | None:
        """The last interval."""
        if not self.columns and not self.problems:
            self._line = 1
            self._say("nothing in this file", f"begin with the line {','.join(COLUMNS)}")
        return self.open

    def told(self) -> list[Problem]:
        """The problems, and that there may be more where reading stopped."""
        if len(self.problems) <= PROBLEMS:
            return self.problems
        stop = Problem(
            message=f"more than {PROBLEMS} problems; reading stopped here",
            location=self.problems[PROBLEMS].location,
            hint="mend these first",
        )
        return [*self.problems[:PROBLEMS], stop]

    def _say(self, message: str, hint: str = "") -> None:
        place = Location(file=self.file, line=self._line)
        self.problems.append(Problem(message=message, location=place, hint=hint))

    def _cells(self, line: bytes) -> list[str]:
        """The cells of a line without the space around them; none if the line is empty or no CSV."""
        if len(line) > LINE:
            self._say(f"longer than {LINE} bytes", "one row a line")
            return []
        try:
            text = line.decode("utf-8-sig" if self._line == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            self._say("not UTF-8 text", "save the file as UTF-8 CSV")
            return []
        try:
            return [cell.strip() for cell in next(csv.reader([text], strict=True), [])]
        except csv.Error as error:
            self._say(f"not CSV: {error}", "close quotes on the same line")
            return []

    def _header(self, cells: list[str]) -> None:
        self.columns = tuple(cells)
        for name in dict.fromkeys(cells):
            if name not in COLUMNS:
                hint = did_you_mean(name, COLUMNS) or f"known here: {listed(COLUMNS)}"
                self._say(f"unknown column {quoted(name)}", hint)
            elif cells.count(name) > 1:
                self._say(f"column {quoted(name)} is given twice")
        for name in COLUMNS:
            if name not in cells:
                self._say(f"column {quoted(name)} is missing", f"the columns are {listed(COLUMNS)}")

    def _added(self, cells: list[str]) -> Interval | None:
        if len(cells) != len(self.columns):
            self._say(f"{len(cells)} cells where there are {len(self.columns)} columns")
            return None
        row = dict(zip(self.columns, cells, strict=True))
        read = {name: parse(self, row[name]) for name, parse in _PARSERS.items() if name in row}
        self._check_counts(read)
        at, before = read.get("time"), self.open
        if at is None:
            return None
        if before is not None and at < before.at:
            self._say(f"time {quoted(row['time'])} is before that of the row above", "sort the rows by time")
            return None
        tally = Tally(requests=int(read.get("requests") or 0), bad=int(read.get("bad") or 0))
        self.open = _with(before, at, row.get("arm", ""), tally)
        return before if before is not None and at > before.at else None

    def _check_counts(self, read: Mapping[str, float | None]) -> None:
        requests, bad = read.get("requests"), read.get("bad")
        if requests is not None and bad is not None and bad > requests:
            self._say(f"{bad:g} bad of {requests:g} requests", "bad requests are counted among the requests")

    def time(self, text: str) -> float | None:
        """Seconds since 1970."""
        if _SECONDS.fullmatch(text):
            return float(text)
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            parsed = None
        if parsed is None or _MILLISECONDS.fullmatch(text):
            late = "in seconds, not milliseconds" if _MILLISECONDS.fullmatch(text) else ""
            self._say(f"{quoted(text)} is not a time", late or "2026-03-01T12:00:00Z, or seconds since 1970")
            return None
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()

    def arm(self, text: str) -> None:
        """Only whether there is such an arm."""
        if text not in ARMS:
            hint = did_you_mean(text, ARMS) or f"allowed: {listed(ARMS)}"
            self._say(f"unknown arm {quoted(text)}", hint)

    def count(self, name: str, text: str) -> float | None:
        """A whole number, not below zero."""
        if found := _COUNT.fullmatch(text):
            return int(found[1])
        self._say(f"{name} is {quoted(text)}, which is not a count", "a whole number such as 120")
        return None


_Parser = Callable[[_Reader, str], float | None]
_PARSERS: Final[Mapping[str, _Parser]] = {
    "time": _Reader.time,
    "arm": _Reader.arm,
    "requests": lambda reader, text: reader.count("requests", text),
    "bad": lambda reader, text: reader.count("bad", text),
}


def _with(before: Interval | None, at: float, arm: str, tally: Tally) -> Interval:
    """The interval that ends at `at`, with one more row of it."""
    none = Tally()
    same = before if before is not None and before.at == at else Interval(at=at, canary=none, control=none)
    canary, control = (tally, none) if arm == ARMS[0] else (none, tally)
    return Interval(at=at, canary=same.canary + canary, control=same.control + control)
