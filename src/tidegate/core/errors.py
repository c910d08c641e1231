"""What can go wrong, split by who must act.

    TidegateError
    ├── Refused           the author of a file or a command: it says what to mend; nothing was changed
    ├── Unavailable       the operator: something that should be running is not, or is not reachable
    └── EffectFailed      the outside world: an effect was asked for and did not come about
        └── Superseded    a newer command holds the subject; the late one must not act

Expected findings are values (`Problem`), gathered so that all of them are reported at once; an exception
carries them over a border. Anything else that is raised is a defect of tidegate itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """A place in a file, as editors and compilers write it: lines count from one."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding that stops the work: what is wrong, where, and what to do next (`hint`)."""

    message: str
    location: Location | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.message}{f' ({self.hint})' if self.hint else ''}"


class TidegateError(Exception):
    """The root of the tree above; never raised itself."""


class Refused(TidegateError):  # noqa: N818 - the field says "refused", not "refused error"
    """The author must mend something; every problem found is listed and nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Unavailable(TidegateError):  # noqa: N818
    """Something that should be running is not: the message says what happened, `hint` what next."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message} ({hint})" if hint else message)


class EffectFailed(TidegateError):  # noqa: N818
    """An effect did not come about in the outside world; trying again may help."""


class Superseded(EffectFailed):
    """The effect carries an older token than one already obeyed; it must not act any more."""
