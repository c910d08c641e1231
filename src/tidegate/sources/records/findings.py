"""What is wrong with a record: gathered up to a bound, and told at once."""

from collections.abc import Callable
from typing import Final, NoReturn

from tidegate.core.errors import Problem, Refused

PROBLEMS: Final = 100
"""After so many no more are gathered."""

Place = Callable[[int, str, str], Problem]
"""The problem of a row (0 for the file as a whole), from its message and hint."""


class Findings:
    """The problems of one file, in the order in which they were found."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.problems: list[Problem] = []

    def say(self, row: int, message: str, hint: str = "") -> None:
        """Note a problem; with one too many `Refused` is raised, because a file full of them is not read on."""
        if len(self.problems) == PROBLEMS:
            self.stop(row, f"more than {PROBLEMS} problems; reading stopped here", "mend these first")
        self.problems.append(self._place(row, message, hint))

    def stop(self, row: int, message: str, hint: str) -> NoReturn:
        """Raise `Refused`, with this as the last of the problems."""
        raise Refused([*self.problems, self._place(row, message, hint)])
