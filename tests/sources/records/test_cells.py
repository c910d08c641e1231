"""What rows may say instead of counts of bad requests."""

import pytest

from tidegate.core.errors import Problem
from tidegate.core.gates.evidence import Tally
from tidegate.sources.records.cells import check_columns, counted
from tidegate.sources.records.findings import Findings
from tidegate.sources.records.rows import Row


def findings() -> Findings:
    return Findings(lambda row, message, hint: Problem(message=f"{row}: {message}", hint=hint))


def tally(requests: str, rate: str) -> tuple[Tally, list[str]]:
    gathered = findings()
    cells = {"time": "1", "arm": "canary", "requests": requests, "rate": rate}
    found = counted(Row(number=7, cells=cells), gathered)
    assert found is not None
    return found.tally, [str(problem) for problem in gathered.problems]


@pytest.mark.parametrize(
    ("requests", "rate", "bad"),
    [
        ("9500", "0.010526315789473684", 100),
        ("9500", "0.0105263", 100),
        ("200000", "5e-06", 1),
        ("7", "1", 7),
        ("7", "1.0", 7),
        ("7", "0", 0),
        ("0", "0.0", 0),
        ("8", ".125", 1),
    ],
)
def test_a_rate_stands_for_a_whole_number(requests: str, rate: str, bad: int) -> None:
    assert tally(requests, rate) == (Tally(requests=int(requests), bad=bad), [])


SHARE = "which is not a share (between 0 and 1, such as 0.002)"
DIGITS = "which is no whole number (write the rate with all its digits, or give the column bad)"


@pytest.mark.parametrize(
    ("requests", "rate", "message"),
    [
        ("9500", "0.0105", f"7: a rate of 0.0105 of 9500 requests is 99.75 bad ones, {DIGITS}"),
        ("10", "0.5012", f"7: a rate of 0.5012 of 10 requests is 5.01 bad ones, {DIGITS}"),
        ("10", "1.1", f"7: rate is '1.1', {SHARE}"),
        ("10", "-0.1", f"7: rate is '-0.1', {SHARE}"),
        ("10", "nan", f"7: rate is 'nan', {SHARE}"),
        ("10", "1%", f"7: rate is '1%', {SHARE}"),
        ("10", "", f"7: rate is '', {SHARE}"),
        ("10", "9e999", f"7: rate is '9e999', {SHARE}"),
        ("x", "0.1", "7: requests is 'x', which is not a count (a whole number such as 120)"),
    ],
)
def test_one_that_does_not_is_a_problem(requests: str, rate: str, message: str) -> None:
    assert tally(requests, rate) == (Tally(), [message])


@pytest.mark.parametrize(
    ("columns", "messages"),
    [
        ("time arm requests bad", []),
        ("client rate requests arm time", []),
        ("time arm requests bad rate", ["1: columns 'bad' and 'rate' are both given (give one of the two)"]),
        (
            "time arm requests",
            ["1: column 'bad' is missing (give bad, or else rate, the share that was bad)"],
        ),
        ("time arm requests bad clients", ["1: unknown column 'clients' (did you mean 'client'?)"]),
    ],
)
def test_columns(columns: str, messages: list[str]) -> None:
    gathered = findings()
    check_columns(1, columns.split(), gathered)
    assert [str(problem) for problem in gathered.problems] == messages


def test_a_client_without_a_name_is_a_problem() -> None:
    gathered = findings()
    cells = {"time": "1", "arm": "canary", "requests": "1", "bad": "0", "client": ""}
    counted(Row(number=2, cells=cells), gathered)
    assert [str(problem) for problem in gathered.problems] == [
        "2: client is empty (each row names its client, or there is no such column)"
    ]
