"""What is served: definitions, with what rollouts expose and people have switched off.

Exposures and switches are written into the definitions as rules that every evaluator of flagd understands, so that
whoever evaluates them, here or in an application, serves the same user the same variant. Each exposure is a layer over
what was served before it: going back leaves one out. What is switched off is off before all else.
"""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

from tidegate.core.flags.definitions import Flag, FlagSet, Json
from tidegate.core.flags.facts import off_variant, required_flags
from tidegate.core.ids import FlagKey, RolloutId, StepId

PARTS: Final = 100_000
"""A share is drawn in whole parts of so many: exact to a thousandth of a percent."""

WHY_OFF: Final = "switchedOff"
"""The name in a served flag's metadata under which it says why everyone is served its off variant."""

_USER: Final[Json] = {"var": "targetingKey"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A rollout serves `variant` to a `share` (of one) of an audience, and what is defined to everyone else.

    The `audience` is a rule in JSONLogic as JSON text; without one it is everyone. Who is in is drawn by the flag, the
    `salt` and the targeting key alone, so whoever is in stays in while the share grows.
    """

    rollout: RolloutId
    step: StepId
    flag: FlagKey
    variant: str
    share: float
    salt: str
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Somebody has switched a flag off: everyone is served its `variant`. `at` is in seconds since 1970.

    Where there is no such variant it is that of being off, and without any everyone falls back to a default of theirs.
    """

    flag: FlagKey
    variant: str
    by: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A rollout has removed a flag: it is not served any more."""

    rollout: RolloutId
    step: StepId
    flag: FlagKey


def served(
    base: FlagSet, exposures: Iterable[Exposure], switches: Iterable[Switch], removals: Iterable[Removal]
) -> FlagSet:
    """What is served of `base`; of exposures the one that began first comes first. What is not defined is ignored."""
    exposed = reduce(_with_layer, exposures, base.flags)
    switched = {switch.flag: switch for switch in switches}
    gone = frozenset(removal.flag for removal in removals)
    off = _why_off(base, switched, gone)
    flags = {
        key: _off(flag, switched.get(key), off[key]) if key in off else flag
        for key, flag in exposed.items()
        if key not in gone
    }
    return replace(base, flags=flags)


def _with_layer(flags: Mapping[FlagKey, Flag], exposure: Exposure) -> Mapping[FlagKey, Flag]:
    flag = flags.get(exposure.flag)
    if flag is None or exposure.variant not in flag.variants or exposure.share <= 0:
        return flags
    return {**flags, flag.key: _exposed(flag, exposure)}


def _exposed(flag: Flag, exposure: Exposure) -> Flag:
    conditions = _conditions(flag, exposure)
    if not conditions:
        return replace(flag, default=exposure.variant, targeting={})
    otherwise = [flag.targeting] if flag.targeting else []
    return replace(flag, targeting={"if": [{"and": conditions}, exposure.variant, *otherwise]})


def _conditions(flag: Flag, exposure: Exposure) -> list[Json]:
    """What must hold of a user to be in; nothing where everyone is."""
    audience: list[Json] = [json.loads(exposure.audience)] if exposure.audience else []
    if exposure.share >= 1:
        return audience
    return [_USER, *audience, _drawn(flag, exposure)]  # who has no key cannot be drawn


def _drawn(flag: Flag, exposure: Exposure) -> Json:
    """Whether the lot falls on a user. The variant has the first parts, so that more parts never put anybody out."""
    parts = max(1, round(exposure.share * PARTS))
    other = next((name for name in flag.variants if name != exposure.variant), "")
    bucket: Json = {"cat": [f"{flag.key}/{exposure.salt}/", _USER]}
    fraction: Json = {"fractional": [bucket, [exposure.variant, parts], [other, PARTS - parts]]}
    return {"==": [fraction, exposure.variant]}


def _off(flag: Flag, switch: Switch | None, why: str) -> Flag:
    wanted = (switch.variant if switch else None, off_variant(flag))
    variant = next((name for name in wanted if name in flag.variants), None)
    return replace(
        flag, default=variant, targeting={}, enabled=True, metadata={**flag.metadata, WHY_OFF: why}
    )


def _why_off(
    base: FlagSet, switched: Mapping[FlagKey, Switch], gone: frozenset[FlagKey]
) -> Mapping[FlagKey, str]:
    """Why each flag is off that is: somebody switched it off, or it requires one that is off or gone."""
    off = {key: f"{switch.by}: {switch.reason}" for key, switch in switched.items()}
    off |= dict.fromkeys(gone, "removed")
    requiring = _requiring(base)
    reached = deque(off)
    while reached:
        cause = reached.popleft()
        for key in requiring.get(cause, ()):
            if key not in off:
                off[key] = f"requires {cause} ({off[cause]})"
                reached.append(key)
    return off


def _requiring(base: FlagSet) -> Mapping[FlagKey, list[FlagKey]]:
    """By flag, those that require it."""
    found: dict[FlagKey, list[FlagKey]] = {}
    for flag in base.flags.values():
        for required in required_flags(flag):
            found.setdefault(required, []).append(flag.key)
    return found
