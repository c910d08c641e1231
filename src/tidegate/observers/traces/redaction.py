"""Names and reasons without any value of a user.

What a convention keeps free of values, such as the route of a request or the type of an error, is taken as it is if
it looks like one. Free text keeps its plain words only. Everything is of bounded length.
"""

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 120
"""Characters of a name or a reason."""

_LOOKED_AT: Final = 500
_REMEMBERED: Final = 4_096
HIDDEN: Final = "{}"

_PLACEHOLDER: Final = re.compile(r"\{[^{}/]*\}|:[A-Za-z_]\w*|<[^<>/]*>|\*+")
_PLAIN_SEGMENT: Final = re.compile(r"v\d{1,2}|[A-Za-z]{1,20}(?:[-_.][A-Za-z]{1,20}){0,3}")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z_$]*(?:\d{1,3})?(?:(?:[.:/-]|::)[A-Za-z_$]+(?:\d{1,3})?)*")
_STATUS: Final = re.compile(r"[1-5]\d\d")
_QUOTED: Final = re.compile(r"\"[^\"]*\"?|`[^`]*`?|(?<!\w)'[^']*'?")
_WORD: Final = re.compile(r"\S+")
_PLAIN_WORD: Final = re.compile(r"[(\[]?[A-Za-z]{1,20}(?:['_-][A-Za-z]{1,20})*[)\].,:;!?]*")


@lru_cache(_REMEMBERED)
def route(path: str) -> str:
    """A route as a framework has it; segments that look like values are hidden all the same."""
    segments = path[:_LOOKED_AT].split("/")
    shown = (part if not part or _is_route_part(part) else HIDDEN for part in segments)
    return "/".join(shown)[:LONGEST]


def _is_route_part(segment: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(segment) or _PLAIN_SEGMENT.fullmatch(segment))


@lru_cache(_REMEMBERED)
def path(url: str) -> str:
    """The shape of a raw path, or of the path of a URL: only its first segment may be shown, if it is a word."""
    bare = re.sub(r"^[a-z+]+://[^/?#]*", "", url[:_LOOKED_AT])
    first, *rest = re.split(r"[?#]", bare, maxsplit=1)[0].strip("/").split("/")
    shown = first if not first or _PLAIN_SEGMENT.fullmatch(first) else HIDDEN
    return "/".join(["", shown, *(HIDDEN for _ in rest)])[:LONGEST]


@lru_cache(_REMEMBERED)
def identifier(name: str) -> str:
    """The name of a type, a method or an error; nothing if it does not look like one."""
    shown = name[: LONGEST + 1]
    fits = len(shown) <= LONGEST and (_IDENTIFIER.fullmatch(shown) or _STATUS.fullmatch(shown))
    return shown if fits else ""


@lru_cache(_REMEMBERED)
def words(text: str) -> str:
    """Free text with its plain words; quotations, numbers, addresses and whatever else is hidden."""
    plain = _QUOTED.sub(f" {HIDDEN} ", text[:_LOOKED_AT])
    shown = (word if _PLAIN_WORD.fullmatch(word) else HIDDEN for word in _WORD.findall(plain))
    return re.sub(r"\{\}( \{\})+", HIDDEN, " ".join(shown))[:LONGEST]
