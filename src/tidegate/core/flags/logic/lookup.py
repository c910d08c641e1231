"""What a context holds under a name: fields with dots between, positions in lists and characters of text."""

from collections.abc import Sequence
from typing import Any

from tidegate.core.flags.logic.values import number, text


def var(data: Any, key: Any = None, default: Any = None) -> Any:
    """What is under `key`, `default` where nothing is; without a key all there is."""
    if key is None or key == "":
        return data
    if isinstance(key, (int, float)):
        return _positioned(data, key, default)
    return at(data, text(key).split("."), default)


def at(data: Any, names: Sequence[str], default: Any = None) -> Any:
    """What is under a path of names."""
    for name in names:
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, (list, str)):
            data = _part(data, name)
        else:
            return default
    return default if data is None else data


def _part(data: Sequence[Any], name: str) -> Any:
    """`length`, or the element at a position written as JSON writes it."""
    if name == "length":
        return len(data)
    written = name.isascii() and name.isdigit() and len(name) < 10
    return _positioned(data, int(name), None) if written and name == str(int(name)) else None


def _positioned(data: Any, position: float, default: Any) -> Any:
    fits = isinstance(data, (list, str)) and 0 <= position < len(data) and position == int(position)
    found = data[int(position)] if fits else None
    return default if found is None else found


def missing(data: Any, *keys: Any) -> list[Any]:
    """Which of some keys the data has nothing under; they may be given as one list."""
    asked = keys[0] if keys and isinstance(keys[0], list) else keys
    return [key for key in asked if var(data, key) in (None, "")]


def missing_some(data: Any, needed: Any, keys: Any) -> list[Any]:
    """Which of some keys the data has nothing under, unless it has enough of them."""
    if not isinstance(keys, list):
        return []
    found = missing(data, keys)
    return [] if len(keys) - len(found) >= number(needed) else found
