"""Definitions as tidegate sends them: checked there already, so only their shape is looked at, and quickly."""

import json
from collections.abc import Mapping
from typing import Any, cast

from tidegate.core.errors import Problem, Refused
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import FlagKey


def flag_set(definitions: str) -> FlagSet:
    """The flags of a document of flagd, in JSON; raises `Refused` where it is none."""
    try:
        document = _object(json.loads(definitions), "the document")
    except (ValueError, RecursionError) as error:
        raise _refused(f"the document is not JSON: {error}") from error
    flags = _object(document.get("flags", {}), "flags")
    return FlagSet(
        flags={FlagKey(key): _flag(FlagKey(key), given) for key, given in flags.items()},
        metadata=_object(document.get("metadata", {}), "metadata"),
    )


def _flag(key: FlagKey, given: object) -> Flag:
    flag = _object(given, f"flag {key!r}")
    default = flag.get("defaultVariant")
    if not isinstance(default, str | None):
        raise _refused(f"defaultVariant of flag {key!r} is not the name of a variant")
    return Flag(
        key=key,
        variants=_object(flag.get("variants"), f"variants of flag {key!r}"),
        default=default,
        targeting=_object(flag.get("targeting", {}), f"targeting of flag {key!r}"),
        enabled=flag.get("state", "ENABLED") == "ENABLED",
        metadata=_object(flag.get("metadata", {}), f"metadata of flag {key!r}"),
    )


def _object(given: object, what: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise _refused(f"{what} is not an object")
    return cast("Mapping[str, Any]", given)


def _refused(message: str) -> Refused:
    return Refused([Problem(message=message)])
