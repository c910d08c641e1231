"""Rows of one client are one observation, until it was bad."""

from pathlib import Path

import pytest

from tidegate.core.errors import Refused
from tidegate.sources.records import read_intervals
from tidegate.sources.records.clients import Clients

HEAD = "time,arm,client,requests,bad\n"
Look = tuple[tuple[int, int], tuple[int, int]]
"""Requests and bad of the canary, and of the control."""


def looks(folder: Path, rows: str, clients: Clients) -> list[Look]:
    path = folder / "counts.csv"
    path.write_text(HEAD + rows)
    return [
        ((each.canary.requests, each.canary.bad), (each.control.requests, each.control.bad))
        for each in read_intervals(path, clients)
    ]


@pytest.mark.parametrize(
    ("why", "rows", "expected", "folded"),
    [
        ("one row each", "1,canary,a,1,0\n1,canary,b,1,1\n", [((2, 1), (0, 0))], 0),
        ("many requests are one", "1,canary,a,90,0\n1,canary,b,30,30\n", [((2, 1), (0, 0))], 0),
        ("a burst of rows", "1,canary,a,1,1\n1,canary,a,1,1\n1,canary,a,1,0\n", [((1, 1), (0, 0))], 2),
        ("bad at last", "1,canary,a,1,0\n1,canary,a,1,1\n1,canary,b,1,0\n", [((2, 1), (0, 0))], 1),
        ("good again at the next time", "1,canary,a,1,0\n2,canary,a,1,0\n", [((1, 0), (0, 0))] * 2, 0),
        (
            "bad once, whatever follows",
            "1,canary,a,1,1\n2,canary,a,1,1\n3,canary,a,1,0\n3,canary,b,1,0\n",
            [((1, 1), (0, 0)), ((0, 0), (0, 0)), ((1, 0), (0, 0))],
            2,
        ),
        (
            "bad late in a look, and then not again",
            "1,canary,a,1,0\n1,canary,a,1,1\n2,canary,a,1,1\n",
            [((1, 1), (0, 0)), ((0, 0), (0, 0))],
            2,
        ),
        ("each arm by itself", "1,canary,a,1,1\n1,control,a,1,1\n", [((1, 1), (1, 1))], 0),
        ("no request is no observation", "1,canary,a,0,0\n1,canary,a,1,0\n", [((1, 0), (0, 0))], 0),
    ],
)
def test_observations(tmp_path: Path, *, why: str, rows: str, expected: list[Look], folded: int) -> None:
    clients = Clients()
    assert looks(tmp_path, rows, clients) == expected, why
    assert (clients.folded, clients.forgotten) == (folded, 0)


def test_beyond_the_memory_a_client_counts_anew_and_that_is_told(tmp_path: Path) -> None:
    clients = Clients(most=2)
    rows = "".join(f"{at},canary,{client},1,1\n" for at, client in enumerate("abacab"))
    assert [look[0] for look in looks(tmp_path, rows, clients)] == [
        (1, 1),
        (1, 1),
        (0, 0),
        (1, 1),  # c takes the place of b, which was seen least recently
        (0, 0),
        (1, 1),
    ]
    assert (clients.folded, clients.forgotten) == (2, 2)


def test_more_clients_at_one_time_than_can_be_told_apart_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"1,canary,{client},1,0\n" for client in "abcd")
    with pytest.raises(Refused) as found:
        looks(tmp_path, rows, Clients(most=3))
    assert str(found.value) == (
        f"{tmp_path}/counts.csv:5: more than 3 clients at one time "
        "(give more room with --clients, or shorter intervals)"
    )
