"""How a record is read, by the name of its file: Parquet, else CSV."""

from importlib import import_module
from pathlib import Path

from tidegate.core.errors import Problem, Refused
from tidegate.sources.records import csv_rows
from tidegate.sources.records.rows import Format
from tidegate.sources.words import quoted


def format_of(path: Path) -> Format:
    """How to read a file, by its name: Parquet, else CSV."""
    if path.suffix.lower() != ".parquet":
        return Format(place=csv_rows.place, rows=csv_rows.rows)
    try:
        parquet_rows = import_module("tidegate.sources.records.parquet_rows")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyarrow":
            raise
        message = f"{quoted(str(path))} is Parquet, which needs pyarrow"
        raise Refused([Problem(message=message, hint="pip install 'tidegate[parquet]'")]) from None
    return Format(place=parquet_rows.place, rows=parquet_rows.rows)
