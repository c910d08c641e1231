"""The columns of a record, and what the text of a row says."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from tidegate.core.gates.evidence import Tally
from tidegate.sources.quantities import MILLISECONDS, instant
from tidegate.sources.records.findings import Findings
from tidegate.sources.records.rows import Cell, Columns, Row, check_known
from tidegate.sources.words import did_you_mean, listed, quoted

REQUIRED: Final = ("time", "arm", "requests")
BAD: Final = ("bad", "rate")
"""Exactly one of them is there."""
CELLS: Final[Mapping[str, Cell]] = {
    "time": Cell.TIME,
    "arm": Cell.ARM,
    "requests": Cell.COUNT,
    "bad": Cell.COUNT,
    "rate": Cell.SHARE,
    "client": Cell.ID,
}
ARMS: Final = ("canary", "control")
ROUNDING: Final = 0.01
"""So far from a whole number may a rate times its requests be."""

_COUNT: Final = re.compile(r"([0-9]{1,15})(?:\.0{1,15})?")
_SHARE: Final = re.compile(r"(?:[0-9](?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE]-?[0-9]{1,3})?")
Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a row says: how many requests until `at` (seconds since 1970), and whose if that is known."""

    at: float
    arm: str
    tally: Tally
    client: str | None


def check_columns(number: int, names: Sequence[str], findings: Findings) -> None:
    """Note columns that are unknown, missing or there twice; `number` is the row they are in."""
    say = partial(findings.say, number)
    check_known(number, names, CELLS, findings)
    for name in REQUIRED:
        if name not in names:
            say(f"column {quoted(name)} is missing", f"the columns are {listed(REQUIRED)} and bad or rate")
    if all(name in names for name in BAD):
        say("columns 'bad' and 'rate' are both given", "give one of the two")
    elif not any(name in names for name in BAD):
        say("column 'bad' is missing", "give bad, or else rate, the share that was bad")


COUNTS: Final = Columns(cells=CELLS, check=check_columns, begin="time,arm,requests,bad")


def counted(row: Row, findings: Findings) -> Counted | None:
    """What a row says; none without a time."""
    say: Say = partial(findings.say, row.number)
    numbers = {name: parse(row.cells[name], say) for name, parse in _NUMBERS.items() if name in row.cells}
    for name, check in _CHECKS.items():
        if name in row.cells:
            check(row.cells[name], say)
    tally = _tally(numbers, say)
    at = numbers.get("time")
    if at is None:
        return None
    return Counted(at=at, arm=row.cells.get("arm", ""), tally=tally, client=row.cells.get("client"))


def _tally(numbers: Mapping[str, float | None], say: Say) -> Tally:
    """What was counted; nothing where that cannot be known."""
    requests, bad, rate = (numbers.get(name) for name in ("requests", *BAD))
    if requests is not None and rate is not None:
        bad = _bad(rate, requests, say)
    if requests is None or bad is None:
        return Tally()
    if bad > requests:
        say(f"{bad:g} bad of {requests:g} requests", "bad requests are counted among the requests")
    return Tally(requests=int(requests), bad=int(bad))


def _bad(rate: float, requests: float, say: Say) -> int | None:
    """The bad requests that a rate stands for: a whole number, but for its rounding."""
    bad = rate * requests
    if abs(bad - round(bad)) <= ROUNDING:
        return round(bad)
    hint = "write the rate with all its digits, or give the column bad"
    say(f"a rate of {rate:g} of {requests:g} requests is {bad:.2f} bad ones, which is no whole number", hint)
    return None


# -- one cell ------------------------------------------------------------------------------------------------


def time_of(text: str, say: Say) -> float | None:
    """Seconds since 1970."""
    found = instant(text)
    if found is None:
        late = "in seconds, not milliseconds" if MILLISECONDS.fullmatch(text) else ""
        say(f"{quoted(text)} is not a time", late or "2026-03-01T12:00:00Z, or seconds since 1970")
    return found


def _count(name: str, text: str, say: Say) -> float | None:
    """A whole number, not below zero."""
    if found := _COUNT.fullmatch(text):
        return int(found[1])
    say(f"{name} is {quoted(text)}, which is not a count", "a whole number such as 120")
    return None


def _rate(text: str, say: Say) -> float | None:
    """A share of one."""
    rate = float(text) if _SHARE.fullmatch(text) else None
    if rate is not None and rate <= 1.0:
        return rate
    say(f"rate is {quoted(text)}, which is not a share", "between 0 and 1, such as 0.002")
    return None


def _arm(text: str, say: Say) -> None:
    if text not in ARMS:
        say(f"unknown arm {quoted(text)}", did_you_mean(text, ARMS) or f"allowed: {listed(ARMS)}")


def _client(text: str, say: Say) -> None:
    if not text:
        say("client is empty", "each row names its client, or there is no such column")


_NUMBERS: Final[Mapping[str, Callable[[str, Say], float | None]]] = {
    "time": time_of,
    "requests": partial(_count, "requests"),
    "bad": partial(_count, "bad"),
    "rate": _rate,
}
_CHECKS: Final[Mapping[str, Callable[[str, Say], None]]] = {"arm": _arm, "client": _client}
