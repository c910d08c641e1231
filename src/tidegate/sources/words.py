"""How messages speak of what a user wrote: quoted as written, with the word that was probably meant."""

import difflib
from collections.abc import Iterable
from datetime import UTC, datetime

LONGEST = 80


def quoted(text: str) -> str:
    """The words as written, in quotes, safe to show on a terminal and not longer than a line."""
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f"'{shown}'" if shown.isprintable() else ascii(shown)


def listed(words: Iterable[str]) -> str:
    """Words with commas between them."""
    return ", ".join(words)


def utc(at: float) -> str:
    """Seconds since 1970 as a time in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def did_you_mean(word: str, known: Iterable[str], prefix: str = "") -> str:
    """The hint for a word that is not known: the nearest one that is, or nothing.

    A prefix that all of them share is left out of the comparison: it would make everything look near.
    """
    by_folded = {candidate.removeprefix(prefix).casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(word.removeprefix(prefix).casefold(), by_folded, n=1)
    return f"did you mean {quoted(by_folded[near[0]])}?" if near else ""
