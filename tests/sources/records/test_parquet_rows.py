"""Parquet files of counts: what a CSV of the same counts gives, and problems with their rows."""

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from tidegate.core.errors import Refused
from tidegate.core.gates.analysis import Interval
from tidegate.core.gates.evidence import NOTHING, Tally
from tidegate.sources.records import parquet_rows, read_intervals

TWO = [
    Interval(at=10.0, canary=Tally(requests=5, bad=1), control=Tally(requests=90, bad=2)),
    Interval(at=20.5, canary=Tally(requests=6), control=NOTHING),
]
TIMES = [10, 10, 20.5]
ARMS = ["canary", "control", "canary"]
REQUESTS, BAD = [5, 90, 6], [1, 2, 0]


def file(folder: Path, columns: Mapping[str, Any], rows_in_a_group: int | None = None) -> Path:
    path = folder / "counts.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=rows_in_a_group)
    return path


def table(**others: Any) -> dict[str, Any]:
    return {"time": TIMES, "arm": ARMS, "requests": REQUESTS, "bad": BAD} | others


def refused(path: Path) -> list[str]:
    with pytest.raises(Refused) as found:
        list(read_intervals(path))
    return [str(problem).replace(f"{path.parent}/", "") for problem in found.value.problems]


def stamps(unit: str, zone: str | None = None) -> pa.Array:
    each_second = parquet_rows.UNITS[unit]
    whole = [10, 10, 20] if unit == "s" else TIMES
    return pa.array([int(time * each_second) for time in whole], pa.timestamp(unit, tz=zone))


@pytest.mark.parametrize(
    ("why", "columns"),
    [
        ("seconds since 1970", table()),
        ("milliseconds", table(time=stamps("ms"))),
        ("microseconds with a zone", table(time=stamps("us", "America/New_York"))),
        ("nanoseconds in UTC", table(time=stamps("ns", "UTC"))),
        ("text", table(time=["1970-01-01T00:00:10Z", "1970-01-01T01:00:10+01:00", "1970-01-01T00:00:20.5Z"])),
        (
            "counts as data frames have them",
            table(requests=[5.0, 90.0, 6.0], bad=pa.array(BAD, pa.float32())),
        ),
        ("decimals", table(bad=[Decimal("1.00"), Decimal("2.00"), Decimal("0.00")])),
        ("small and unsigned", table(requests=pa.array(REQUESTS, pa.uint8()))),
        ("categories", table(arm=pa.array(ARMS).dictionary_encode())),
        ("large text", table(arm=pa.array(ARMS, pa.large_string()))),
        ("another order", dict(reversed(table().items()))),
        (
            "rates in single precision",
            {
                **{name: values for name, values in table().items() if name != "bad"},
                "rate": pa.array([0.2, 2 / 90, 0.0], pa.float32()),
            },
        ),
    ],
)
@pytest.mark.parametrize("rows_in_a_group", [None, 1])
def test_what_can_be_read(
    tmp_path: Path, why: str, columns: Mapping[str, Any], rows_in_a_group: int | None
) -> None:
    assert list(read_intervals(file(tmp_path, columns, rows_in_a_group))) == TWO, why


def test_whole_seconds(tmp_path: Path) -> None:
    assert [each.at for each in read_intervals(file(tmp_path, table(time=stamps("s"))))] == [10.0, 20.0]


def test_rows_of_one_client_are_folded(tmp_path: Path) -> None:
    columns = {"time": [1, 1, 1], "arm": ["canary"] * 3, "requests": [4, 5, 6], "bad": [0, 5, 0]}
    found = list(read_intervals(file(tmp_path, columns | {"client": [7, 7, 8]})))
    assert found == [Interval(at=1.0, canary=Tally(requests=2, bad=1), control=NOTHING)]


NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("columns", "messages"),
    [
        (
            {"time": [1.0], "arms": ["canary"]},
            [
                "counts.parquet: unknown column 'arms' (did you mean 'arm'?)",
                "counts.parquet: column 'arm' is missing (the columns are time, arm, requests and bad or rate)",
                "counts.parquet: column 'requests' is missing (the columns are time, arm, requests and bad or rate)",
                "counts.parquet: column 'bad' is missing (give bad, or else rate, the share that was bad)",
            ],
        ),
        (
            table(arm=[1, 2, 3], bad=["1", "2", "0"], time=pa.array([1, 2, 3], pa.date32())),
            [
                (
                    "counts.parquet: column 'time' has the type date32[day] "
                    "(it must be a timestamp, a text, or seconds since 1970)"
                ),
                "counts.parquet: column 'arm' has the type int64 (it must be a text: canary or control)",
                "counts.parquet: column 'bad' has the type string (it must be a whole number)",
            ],
        ),
        (
            table(requests=[5, None, 6], arm=["canary", "control", None]),
            [
                "counts.parquet: row 2: requests is null (give a value, or leave the row out)",
                "counts.parquet: row 3: arm is null (give a value, or leave the row out)",
            ],
        ),
        (
            table(time=pa.array([NEW_YEAR, None, NEW_YEAR - timedelta(days=1)])),
            [
                "counts.parquet: row 2: time is null (give a value, or leave the row out)",
                (
                    "counts.parquet: row 3: time '2025-12-30T23:00:00+00:00' is before that of the row above "
                    "(sort the rows by time)"
                ),
            ],
        ),
        (
            table(bad=[6, 2.5, float("nan")], arm=["canary", "controll", "canary"]),
            [
                "counts.parquet: row 1: 6 bad of 5 requests (bad requests are counted among the requests)",
                "counts.parquet: row 2: bad is '2.5', which is not a count (a whole number such as 120)",
                "counts.parquet: row 2: unknown arm 'controll' (did you mean 'control'?)",
                "counts.parquet: row 3: bad is 'nan', which is not a count (a whole number such as 120)",
            ],
        ),
        (
            table(time=pa.array([2**62, 2**62, 2**62], pa.timestamp("ms"))),
            [
                f"counts.parquet: row {row}: '4611686018427387 s since 1970' is not a time "
                "(2026-03-01T12:00:00Z, or seconds since 1970)"
                for row in (1, 2, 3)
            ],
        ),
    ],
)
def test_every_problem_at_once_with_its_row(
    tmp_path: Path, columns: Mapping[str, Any], messages: list[str]
) -> None:
    assert refused(file(tmp_path, columns)) == messages


@pytest.mark.parametrize("cut", [0, 3, 200, -9])
def test_what_is_no_parquet_cannot_be_read(tmp_path: Path, cut: int) -> None:
    path = file(tmp_path, table())
    path.write_bytes(path.read_bytes()[:cut])
    (message,) = refused(path)
    assert message.startswith("cannot read 'counts.parquet': not Parquet, or damaged: ")


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    path = file(tmp_path, table(client=["a" * 3000, "b", "c"]))
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    (message,) = refused(path)
    assert message.startswith("cannot read 'counts.parquet': not Parquet, or damaged: ")


def test_a_column_too_large_for_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "CHUNK", 1000)
    path = file(tmp_path, table(client=["a" * 3000, "b", "c"]))
    assert refused(path) == [
        "counts.parquet: column 'client' has more than 1,000 bytes in one row group (write smaller row groups)"
    ]


def test_a_long_row_group_is_never_held_as_a_whole(tmp_path: Path) -> None:
    rows = 1_000_000
    requests = pa.array(range(rows), pa.int64())
    columns = table(
        time=requests, arm=pa.repeat("canary", rows).dictionary_encode(), requests=requests, bad=requests
    )
    path = file(tmp_path, columns, rows_in_a_group=rows)
    del columns, requests
    before = pa.total_allocated_bytes()
    begun = list(islice(read_intervals(path), 3 * parquet_rows.BATCH))
    assert begun[-1].canary.requests == 3 * parquet_rows.BATCH - 1
    assert pa.total_allocated_bytes() - before < rows * 8


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path, table())
    monkeypatch.delitem(sys.modules, "tidegate.sources.records.parquet_rows")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert refused(path) == [
        "'counts.parquet' is Parquet, which needs pyarrow (pip install 'tidegate[parquet]')"
    ]
