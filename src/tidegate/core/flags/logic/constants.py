"""A compiled rule, and what is known of one beforehand."""

from collections.abc import Callable
from typing import Any, Final

Logic = Callable[[Any], Any]
"""What a rule answers about some data."""


class Constant:
    """A rule that answers the same whatever it is asked about."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _data: Any) -> Any:
        return self.value


NOTHING: Final = Constant(None)


def together(logics: tuple[Logic, ...]) -> Logic:
    """The list of what some rules answer."""
    if all(isinstance(logic, Constant) for logic in logics):
        return Constant([logic(None) for logic in logics])
    return lambda data: [logic(data) for logic in logics]
