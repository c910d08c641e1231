"""CSV files of counts: intervals where all is well, every problem with its line where it is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tidegate.core.errors import Refused
from tidegate.core.gates.analysis import Interval
from tidegate.core.gates.evidence import NOTHING, Tally
from tidegate.sources.records import read_intervals
from tidegate.sources.records.csv_rows import LINE
from tidegate.sources.records.findings import PROBLEMS

HEAD = "time,arm,requests,bad\n"


def file(folder: Path, content: str | bytes) -> Path:
    path = folder / "counts.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(folder: Path, content: str | bytes) -> list[str]:
    with pytest.raises(Refused) as found:
        list(read_intervals(file(folder, content)))
    return [str(problem).removeprefix(f"{folder}/") for problem in found.value.problems]


TWO = [
    Interval(at=10.0, canary=Tally(requests=5, bad=1), control=Tally(requests=90, bad=2)),
    Interval(at=20.5, canary=Tally(requests=6), control=NOTHING),
]


@pytest.mark.parametrize(
    ("why", "content"),
    [
        ("plain", "10,canary,5,1\n10,control,90,2\n20.5,canary,6,0\n"),
        (
            "several rows of one time and arm",
            "10,canary,2,1\n10,canary,3,0\n10,control,90,2\n20.5,canary,6,0",
        ),
        ("empty lines and space", "\n 10 , canary,5,1\n\n10,control, 90,2\n20.5,canary,6,0\n\n"),
        (
            "quotes, and numbers as data frames write them",
            '"10","canary",5.0,1.0\n10,control,90,2\n20.5,canary,6,0',
        ),
        (
            "ISO 8601, with a zone and without",
            "1970-01-01T00:00:10,canary,5,1\n1970-01-01T01:00:10+01:00,control,90,2\n1970-01-01T00:00:20.5Z,canary,6,0",
        ),
    ],
)
def test_what_can_be_read(tmp_path: Path, why: str, content: str) -> None:
    assert list(read_intervals(file(tmp_path, HEAD + content))) == TWO, why


def test_a_byte_order_mark_crlf_and_another_order_of_columns(tmp_path: Path) -> None:
    content = "\ufeffbad,requests,arm,time\r\n1,5,canary,10\r\n2,90,control,10\r\n0,6,canary,20.5\r\n"
    assert list(read_intervals(file(tmp_path, content))) == TWO


def test_a_file_without_rows_has_no_intervals(tmp_path: Path) -> None:
    assert list(read_intervals(file(tmp_path, HEAD))) == []


COUNT = "which is not a count (a whole number such as 120)"
TIME = "is not a time (2026-03-01T12:00:00Z, or seconds since 1970)"
NOTHING_THERE = "counts.csv:1: nothing in this file (begin with the line time,arm,requests,bad)"


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        ("", [NOTHING_THERE]),
        ("\n\n", [NOTHING_THERE]),
        (
            "time,arm,request,bad\n",
            [
                "counts.csv:1: unknown column 'request' (did you mean 'requests'?)",
                "counts.csv:1: column 'requests' is missing (the columns are time, arm, requests and bad or rate)",
            ],
        ),
        (
            "time,arm,requests,bad,bad,p99\n",
            [
                "counts.csv:1: column 'bad' is given twice",
                "counts.csv:1: unknown column 'p99' (known here: time, arm, requests, bad, rate, client)",
            ],
        ),
        (HEAD + "1,canary,NaN,0\n", [f"counts.csv:2: requests is 'NaN', {COUNT}"]),
        (
            HEAD + "1,canary,,inf\n",
            [f"counts.csv:2: requests is '', {COUNT}", f"counts.csv:2: bad is 'inf', {COUNT}"],
        ),
        (HEAD + "1,canary,5,-1\n", [f"counts.csv:2: bad is '-1', {COUNT}"]),
        (
            HEAD + "1,canary,5.5,1e3\n",
            [f"counts.csv:2: requests is '5.5', {COUNT}", f"counts.csv:2: bad is '1e3', {COUNT}"],
        ),
        (
            HEAD + "1,canary,5,6\n",
            ["counts.csv:2: 6 bad of 5 requests (bad requests are counted among the requests)"],
        ),
        (HEAD + "1,canery,5,0\n", ["counts.csv:2: unknown arm 'canery' (did you mean 'canary'?)"]),
        (HEAD + "1,x,5,0\n", ["counts.csv:2: unknown arm 'x' (allowed: canary, control)"]),
        (
            HEAD + "5,canary,5,0\n4,canary,5,0\n5,canary,5,0\n",
            ["counts.csv:3: time '4' is before that of the row above (sort the rows by time)"],
        ),
        (
            HEAD + "nan,canary,5,0\nyesterday,canary,5,0\n",
            [f"counts.csv:2: 'nan' {TIME}", f"counts.csv:3: 'yesterday' {TIME}"],
        ),
        (
            HEAD + "1772366400000,canary,5,0\n",
            ["counts.csv:2: '1772366400000' is not a time (in seconds, not milliseconds)"],
        ),
        (HEAD + "1,canary,5\n", ["counts.csv:2: 3 cells where there are 4 columns"]),
        (
            HEAD + '1,"canary,5,0\n',
            ["counts.csv:2: not CSV: unexpected end of data (close quotes on the same line)"],
        ),
        (HEAD.encode() + b"1,\xff,5,0\n", ["counts.csv:2: not UTF-8 text (save the file as UTF-8 CSV)"]),
        (
            HEAD + "1" * (3 * LINE) + "\n1,x,5,0\n",
            [
                f"counts.csv:2: longer than {LINE} bytes (one row a line)",
                "counts.csv:3: unknown arm 'x' (allowed: canary, control)",
            ],
        ),
        (b"PAR1\x00\xff\n", ["counts.csv:1: not UTF-8 text (save the file as UTF-8 CSV)"]),
    ],
)
def test_every_problem_at_once_with_its_line(
    tmp_path: Path, content: str | bytes, messages: list[str]
) -> None:
    assert sorted(refused(tmp_path, content)) == sorted(messages)


def test_a_file_full_of_problems_is_not_read_to_its_end(tmp_path: Path) -> None:
    messages = refused(tmp_path, HEAD + "x,canary,5,0\n" * 10_000)
    assert len(messages) == PROBLEMS + 1
    assert messages[-1] == (
        f"counts.csv:{PROBLEMS + 2}: more than {PROBLEMS} problems; reading stopped here (mend these first)"
    )


def test_a_problem_late_in_the_file_is_still_told(tmp_path: Path) -> None:
    assert refused(tmp_path, HEAD + "1,canary,5,0\n2,canary,5,0\n3,canary,5,9\n") == [
        "counts.csv:4: 9 bad of 5 requests (bad requests are counted among the requests)"
    ]


def test_what_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(Refused) as found:
        list(read_intervals(path))
    assert str(found.value) == f"cannot read '{path}': No such file or directory (check the path)"


MEASURED = """
import sys, tracemalloc
from pathlib import Path
from tidegate.core.errors import Refused
from tidegate.sources.records import read_intervals
tracemalloc.start()
try:
    for _ in read_intervals(Path(sys.argv[1])):
        pass
except Refused:
    print(tracemalloc.get_traced_memory()[1])
"""


def test_a_long_file_is_never_held_as_a_whole(tmp_path: Path) -> None:
    """Measured in a process of its own, where nothing else takes memory."""
    path = file(tmp_path, HEAD + "".join(f"{at},canary,5,0\n" for at in range(4_000)) + "9" * 3_000_000)
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    assert 0 < int(ran.stdout) < 600_000
