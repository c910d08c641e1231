"""A Parquet file → rows. Needs pyarrow, so it is imported only when there is such a file.

Times may be timestamps of any unit (UTC where no zone is given), text, or seconds since 1970; arms, clients and units
are text, the last two numbers as well; counts and rates are numbers of any width. No cell is null, unless its columns
may lack cells.

Row groups are read in batches of `BATCH` rows. One column of a row group has at most `CHUNK` bytes, by what the
file says of itself.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
from pyarrow import parquet as pq
from pyarrow import types

from tidegate.core.errors import Problem
from tidegate.sources.records.findings import Findings, Place
from tidegate.sources.records.rows import Cell, Columns, Row, opened, unreadable
from tidegate.sources.words import quoted

BATCH: Final = 4096
BUFFER: Final = 64 * 1024
CHUNK: Final = 256 * 1024 * 1024
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNITS: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""So many of them make a second."""

_IsType = Callable[[Any], bool]
_NUMBER: Final[tuple[_IsType, ...]] = (types.is_integer, types.is_floating, types.is_decimal)
_TEXT: Final[tuple[_IsType, ...]] = (types.is_string, types.is_large_string)
_TYPES: Final[Mapping[Cell, tuple[_IsType, ...]]] = {
    Cell.TIME: (types.is_timestamp, *_NUMBER, *_TEXT),
    Cell.ARM: _TEXT,
    Cell.COUNT: _NUMBER,
    Cell.SHARE: _NUMBER,
    Cell.ID: (*_TEXT, types.is_integer),
    Cell.TEXT: _TEXT,
    Cell.NUMBER: _NUMBER,
}


def place(path: Path) -> Place:
    """Rows are counted from one; 0 is the file."""

    def placed(row: int, message: str, hint: str) -> Problem:
        where = f"{path}: row {row}" if row else str(path)
        return Problem(message=f"{where}: {message}", hint=hint)

    return placed


def rows(path: Path, wanted: Columns, findings: Findings) -> Iterator[Row]:
    """The rows of the file; what is wrong with it is among the findings."""
    with opened(path) as stream:
        try:
            file = _file(stream)
            _check(file, wanted, findings)
            if not findings.problems:
                yield from _rows(file, wanted, findings)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise unreadable(path, f"not Parquet, or damaged: {_first_line(error)}") from error


def _file(stream: BinaryIO) -> Any:
    """Texts stay in their dictionaries: a long one that many rows have is held once."""
    found = pq.ParquetFile(stream)
    texts = [field.name for field in found.schema_arrow if any(is_text(field.type) for is_text in _TEXT)]
    return pq.ParquetFile(
        stream, metadata=found.metadata, buffer_size=BUFFER, pre_buffer=False, read_dictionary=texts
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


def _check(file: Any, wanted: Columns, findings: Findings) -> None:
    """The columns, their types and sizes."""
    schema = file.schema_arrow
    wanted.check(0, schema.names, findings)
    for field in schema:
        cell = wanted.cells.get(field.name)
        if cell and not any(is_type(_plain(field.type)) for is_type in _TYPES[cell]):
            message = f"column {quoted(field.name)} has the type {_plain(field.type)}"
            findings.say(0, message, f"it must be {cell}")
    for group in range(file.metadata.num_row_groups):
        columns = file.metadata.row_group(group)
        for number in range(columns.num_columns):
            column = columns.column(number)
            if column.path_in_schema in wanted.cells and column.total_uncompressed_size > CHUNK:
                message = (
                    f"column {quoted(column.path_in_schema)} has more than {CHUNK:,} bytes in one row group"
                )
                findings.say(0, message, "write smaller row groups")


def _plain(type_: Any) -> Any:
    return type_.value_type if types.is_dictionary(type_) else type_


def _rows(file: Any, wanted: Columns, findings: Findings) -> Iterator[Row]:
    number = 0
    for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
        columns = [_texts(column) for column in batch.columns]
        for values in zip(*columns, strict=True):
            number += 1
            cells = {
                name: value
                for name, value in zip(batch.schema.names, values, strict=True)
                if value is not None
            }
            if not wanted.may_lack:
                _check_whole(number, batch.schema.names, cells, findings)
            yield Row(number=number, cells=cells)


def _check_whole(number: int, names: list[str], cells: Mapping[str, str], findings: Findings) -> None:
    for name in names:
        if name not in cells:
            findings.say(number, f"{name} is null", "give a value, or leave the row out")


def _texts(column: Any) -> list[str | None]:
    """The values of a column as a CSV would have them."""
    if types.is_dictionary(column.type):
        texts = _texts(column.dictionary)
        return [None if index is None else texts[index] for index in column.indices.to_pylist()]
    if types.is_timestamp(column.type):
        each_second = UNITS[column.type.unit]
        values = column.cast(pa.int64()).to_pylist()
        return [None if value is None else _time(value, each_second) for value in values]
    return [None if value is None else str(value) for value in column.to_pylist()]


def _time(units: int, each_second: int) -> str:
    """ISO 8601, to the microsecond; what is beyond the calendar is told as it is, and is no time."""
    try:
        return (EPOCH + timedelta(microseconds=units * 10**6 // each_second)).isoformat()
    except OverflowError:
        return f"{units // each_second} s since 1970"
