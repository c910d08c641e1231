"""A CSV file of counts → rows.

    time,arm,requests,bad
    2026-03-01T12:00:00Z,canary,500,2
    2026-03-01T12:00:00Z,control,9500,11

UTF-8, with or without a byte order mark; lines end with LF or CRLF; empty lines are skipped; cells may be quoted,
within one line. A line has at most `LINE` bytes.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from tidegate.core.errors import Location, Problem
from tidegate.sources.records.findings import Findings, Place
from tidegate.sources.records.rows import Columns, Row, opened

LINE: Final = 4096


def place(path: Path) -> Place:
    """Rows are known by their lines."""

    def placed(row: int, message: str, hint: str) -> Problem:
        return Problem(message=message, location=Location(file=str(path), line=row), hint=hint)

    return placed


def rows(path: Path, wanted: Columns, findings: Findings) -> Iterator[Row]:
    """The rows below the columns; what is wrong with a line is among the findings."""
    columns: list[str] = []
    with opened(path) as stream:
        for number, line in enumerate(_lines(stream), start=1):
            cells = _cells(number, line, findings)
            if not cells:
                continue
            if not columns:
                columns = cells
                wanted.check(number, columns, findings)
            elif len(cells) != len(columns):
                findings.say(number, f"{len(cells)} cells where there are {len(columns)} columns")
            else:
                yield Row(number=number, cells=dict(zip(columns, cells, strict=True)))
    if not columns and not findings.problems:
        findings.say(1, "nothing in this file", f"begin with the line {wanted.begin}")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines with at most one byte more than is allowed; the rest of a longer one is passed over."""
    while line := stream.readline(LINE + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > LINE:
            rest = stream.readline(LINE + 1)
        yield line


def _cells(number: int, line: bytes, findings: Findings) -> list[str]:
    """The cells of a line without the space around them; none if the line is empty or no CSV."""
    if len(line) > LINE:
        findings.say(number, f"longer than {LINE} bytes", "one row a line")
        return []
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        findings.say(number, "not UTF-8 text", "save the file as UTF-8 CSV")
        return []
    try:
        return [cell.strip() for cell in next(csv.reader([text], strict=True), [])]
    except csv.Error as error:
        findings.say(number, f"not CSV: {error}", "close quotes on the same line")
        return []
