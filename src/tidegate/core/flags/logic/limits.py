"""How much work a rule may be made to do by the context that it is asked about."""

from typing import Final


class Exceeded(Exception):  # noqa: N818 - a limit is, not an error of ours
    """The context asks for more work than a flag is worth."""


MOST_ELEMENTS: Final = 1_000
"""Of a list that is gone through one by one."""

MOST_MERGED: Final = 10_000
"""Elements of a list that is put together."""

MOST_TEXT: Final = 65_536
"""Characters of text that is put together."""

MOST_NUMBER: Final = 2**64
"""Whole numbers beyond are rounded, as all are in JSON's own language."""

MOST_DEPTH: Final = 100
"""Levels of a rule; what flag files may hold is less."""


def elements(items: list[object]) -> list[object]:
    """The list, if it is short enough to go through."""
    if len(items) > MOST_ELEMENTS:
        raise Exceeded(f"a list of {len(items)} elements is longer than {MOST_ELEMENTS}")
    return items
