"""What may be shown of a body: its structure and types, never a value.

    {"id": <number>, "owner": {<key>: <string of 12>}, "tags": [<string of 3>, … 7 more]}

Names of properties are shown where the specification declares them. Any other name may be a value itself, such as
the key of a map. What is shown is bounded in depth, breadth and length.
"""

import json
from collections.abc import Collection, Iterator
from typing import Final

from tidegate.core.contracts.specification import Value

MOST_DEPTH: Final = 6
MOST_ELEMENTS: Final = 3
MOST_PROPERTIES: Final = 30
MOST_CHARACTERS: Final = 600

Step = str | int


def shape(body: Value, declared: Collection[str]) -> str:
    """A body without its values; names that are `declared` stay."""
    text = _shape(body, declared, MOST_DEPTH)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def pointer(path: Collection[Step], declared: Collection[str]) -> str:
    """The way to a place in a body: `/items/[]/name`; empty for the whole body."""
    return "".join(f"/{'[]' if isinstance(step, int) else _named(step, declared)}" for step in path)


def kind(value: Value) -> str:
    """What a value is, and no more of it."""
    return f"<string of {len(value)}>" if isinstance(value, str) else KINDS[type(value)]


KINDS: Final = {
    type(None): "null",
    bool: "<boolean>",
    int: "<number>",
    float: "<number>",
    list: "<array>",
    dict: "<object>",
}


def _shape(value: Value, declared: Collection[str], depth: int) -> str:
    if not value or not isinstance(value, (dict, list)) or not depth:
        return kind(value)
    if isinstance(value, list):
        elements = [_shape(each, declared, depth - 1) for each in value[:MOST_ELEMENTS]]
        return f"[{_joined(elements, len(value))}]"
    return f"{{{_joined(list(_properties(value, declared, depth)), len(value))}}}"


def _properties(value: dict[str, Value], declared: Collection[str], depth: int) -> Iterator[str]:
    for name in list(value)[:MOST_PROPERTIES]:
        key = json.dumps(name, ensure_ascii=False) if name in declared else KEY
        yield f"{key}: {_shape(value[name], declared, depth - 1)}"


def _joined(shown: list[str], in_all: int) -> str:
    more = in_all - len(shown)
    return ", ".join([*shown, *([f"… {more} more"] if more else [])])


def _named(name: str, declared: Collection[str]) -> str:
    return name if name in declared else KEY


KEY: Final = "<key>"
