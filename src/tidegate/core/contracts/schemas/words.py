"""How reasons speak of what a specification says: short, and safe to show on a terminal."""

from collections.abc import Sequence
from typing import Final

MOST_NAMED: Final = 5
MOST_LETTERS: Final = 60


def shown(word: str, most: int = MOST_LETTERS) -> str:
    """A word that fits into a sentence."""
    short = word if len(word) <= most else f"{word[: most - 1]}…"
    return short if short.isprintable() else ascii(short)[1:-1]


def quoted(word: str) -> str:
    """A name, in quotes."""
    return f"'{shown(word)}'"


def listed(words: Sequence[str]) -> str:
    """The first few words, and how many more there are."""
    more = len(words) - MOST_NAMED
    some = ", ".join(map(shown, words[:MOST_NAMED]))
    return f"{some} and {more} more" if more > 0 else some
