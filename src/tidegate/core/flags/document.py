"""A set of flags as the JSON document of flagd that defines it; the same set gives the same document."""

from collections.abc import Mapping
from typing import Any

from tidegate.core.flags.definitions import Flag, FlagSet


def document(flag_set: FlagSet) -> dict[str, Any]:
    """The set in flagd's format, flags in the order of their keys; what is not defined is not written."""
    flags = {key: _definition(flag) for key, flag in sorted(flag_set.flags.items())}
    return {"flags": flags, **_unless_empty("metadata", flag_set.metadata)}


def _definition(flag: Flag) -> dict[str, Any]:
    return {
        "state": "ENABLED" if flag.enabled else "DISABLED",
        "variants": dict(flag.variants),
        **({} if flag.default is None else {"defaultVariant": flag.default}),
        **_unless_empty("targeting", flag.targeting),
        **_unless_empty("metadata", flag.metadata),
    }


def _unless_empty(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(value)} if value else {}
