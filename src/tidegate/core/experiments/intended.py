"""With which shares a flag is served, by its definition: what `core.flags.serving` writes, and plain splits.

intended(flag)      {"off": 0.75, "on": 0.25}; nothing where it depends on anything but lots
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tidegate.core.flags.definitions import Flag, Json

Shares = Mapping[str, float]

_USER: Final = {"var": "targetingKey"}


def intended(flag: Flag) -> Shares:
    """The share of each variant that is served; absent where units are not drawn by lot alone."""
    if not flag.enabled or flag.default is None:
        return {}
    found = _shares(flag.targeting or flag.default, flag.default)
    return {name: found.get(name, 0.0) for name in flag.variants} if found else {}


def _shares(rule: Json, default: str) -> Shares:
    match rule:
        case None:
            return {default: 1.0}
        case str():
            return {rule: 1.0}
        case {"fractional": [*parts]}:
            return _split(parts)
        case {"if": [condition, str() as variant, *otherwise]} if len(otherwise) <= 1:
            below = _shares(next(iter(otherwise), None), default)
            return _layered(_drawn(condition, variant), variant, below)
        case _:
            return {}


def _layered(share: float | None, variant: str, below: Shares) -> Shares:
    """One share over others, drawn by lots of its own."""
    if share is None or not below:
        return {}
    rest = {name: (1.0 - share) * each for name, each in below.items()}
    return {**rest, variant: rest.get(variant, 0.0) + share}


def _drawn(condition: Json, variant: str) -> float | None:
    """The share for which a condition holds, if nothing but the lot decides."""
    match condition:
        case {"and": [user, {"==": [{"fractional": [*parts]}, chosen]}]} if (
            user == _USER and chosen == variant
        ):
            return _split(parts).get(variant)
        case _:
            return None


def _split(parts: Sequence[Json]) -> Shares:
    """The shares of a fractional split, after what it draws by; a part without a weight weighs one."""
    weights = dict(_weights(parts))
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total > 0.0 else {}


def _weights(parts: Sequence[Json]) -> Iterator[tuple[str, float]]:
    for part in parts:
        match part:
            case [str() as name]:
                yield name, 1.0
            case [str() as name, int() | float() as weight]:
                yield name, float(weight)
            case _:
                pass  # what it draws by
