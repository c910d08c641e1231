"""The rule of an audience, as a plan brings it: what is wrong with it, before it becomes part of what is served.

It is checked though change files were: a plan comes over the API, and a rule that cannot be read would keep every flag
from being served.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from tidegate.core.errors import Problem
from tidegate.core.flags.definitions import Json
from tidegate.core.flags.logic.checks import findings
from tidegate.core.flags.logic.compiling import compiled
from tidegate.core.flags.logic.limits import Exceeded

MOST_CHARACTERS: Final = 65_536

ROOM: Final = 40
"""Levels of nesting that are left for what is served around the rule."""


def unsound(rule: str, subject: str) -> Iterator[Problem]:
    """What is wrong with a rule in JSONLogic as JSON text; nothing with none."""
    try:
        read = _read(rule) if rule else {}
        compiled(read, depth=ROOM)
    except (ValueError, RecursionError) as error:
        yield Problem(message=f"{subject}: its rule cannot be read: {error}")
    except Exceeded:
        yield Problem(message=f"{subject}: its rule is nested too deeply")
    else:
        yield from _wrong(read, subject)


def _wrong(rule: Json, subject: str) -> Iterator[Problem]:
    for found in findings(rule):
        yield Problem(message=f"{subject}: {found.message}", hint=found.hint)


def _read(rule: str) -> Any:
    if len(rule) > MOST_CHARACTERS:
        raise ValueError(f"it is longer than {MOST_CHARACTERS} characters")
    read = json.loads(rule, parse_constant=_refuse)
    if not isinstance(read, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - of what was written, not of this program
    return read


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
