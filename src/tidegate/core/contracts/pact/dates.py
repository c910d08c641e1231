"""Dates and times by Java's patterns (`yyyy-MM-dd'T'HH:mm:ss`), which Pact's matchers speak.

A pattern becomes a regular expression for its letters; whether a day exists in its month is not looked at. Names
of months and days are English.
"""

import re
from functools import lru_cache
from typing import Final

MOST_FORMAT: Final = 200
ZONE: Final = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
MONTHS: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
LONG_MONTHS: Final = "January|February|March|April|May|June|July|August|September|October|November|December"
LONG_DAYS: Final = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"

DAY: Final = r"(?:0[1-9]|[12]\d|3[01])"
HOUR: Final = r"(?:[01]\d|2[0-3])"
SIXTY: Final = r"[0-5]\d"
LETTERS: Final = {
    "yyyy": r"\d{4}",
    "yy": r"\d{2}",
    "y": r"\d{1,4}",
    "uuuu": r"\d{4}",
    "MM": r"(?:0[1-9]|1[0-2])",
    "M": r"(?:0?[1-9]|1[0-2])",
    "MMM": f"(?:{MONTHS})",
    "MMMM": f"(?:{LONG_MONTHS})",
    "dd": DAY,
    "d": rf"(?:{DAY}|[1-9])",
    "EEEE": f"(?:{LONG_DAYS})",
    **dict.fromkeys(("E", "EE", "EEE"), "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"),
    "HH": HOUR,
    "H": rf"(?:{HOUR}|\d)",
    "hh": r"(?:0[1-9]|1[0-2])",
    "h": r"(?:0?[1-9]|1[0-2])",
    "mm": SIXTY,
    "m": rf"(?:{SIXTY}|\d)",
    "ss": r"(?:[0-5]\d|60)",
    "s": r"(?:[0-5]?\d|60)",
    "a": "(?:AM|PM|am|pm)",
    "z": r"(?:[A-Z]{1,5}|GMT[+-]\d{1,2}:?\d{2})",
    **dict.fromkeys(("X", "XX", "XXX"), ZONE),
    **dict.fromkeys(("x", "xx", "xxx", "Z", "ZZ", "ZZZ"), r"[+-]\d{2}(?::?\d{2})?"),
    **{"S" * count: rf"\d{{{count}}}" for count in range(1, 10)},
    **{"n" * count: r"\d{1,9}" for count in range(1, 10)},
}
TOKEN: Final = re.compile(r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL)

ISO: Final = {
    "date": rf"\d{{4}}-{LETTERS['MM']}-{DAY}",
    "time": rf"T?{HOUR}:{SIXTY}(?::{LETTERS['ss']}(?:\.\d{{1,9}})?)?{ZONE}?",
    "datetime": rf"\d{{4}}-{LETTERS['MM']}-{DAY}T{HOUR}:{SIXTY}(?::{LETTERS['ss']}(?:\.\d{{1,9}})?)?{ZONE}?",
}
"""What holds where a matcher names no pattern: ISO 8601."""


def is_written(text: str, kind: str, pattern: str) -> bool | None:
    """Is the text a date, a time or a date with time of the pattern? None where the pattern cannot be read."""
    wanted = _expression(pattern) if pattern else ISO[kind]
    return None if wanted is None else bool(re.fullmatch(wanted, text, re.ASCII))


@lru_cache(maxsize=256)
def _expression(pattern: str) -> str | None:
    """The regular expression of a pattern; each piece of it is of bounded length, so none backtracks far."""
    found = list(TOKEN.finditer(pattern[: MOST_FORMAT + 1]))
    if len(pattern) > MOST_FORMAT or not all(t["letters"] in LETTERS for t in found if t["letters"]):
        return None
    return "".join(_piece(token) for token in found)


def _piece(token: re.Match[str]) -> str:
    if token["letters"]:
        return LETTERS[token["letters"]]
    return re.escape("'" if token[0] == "''" else token["quoted"] or token["other"] or "")
