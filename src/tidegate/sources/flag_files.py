"""Flags in flagd's format, as much of them as plans need; `sources.flags` takes its place."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tidegate.core.errors import Refused
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import FlagKey
from tidegate.sources import tree


def read_flags(paths: Iterable[Path]) -> FlagSet:
    """The flags of some files."""
    return FlagSet(flags={flag.key: flag for path in paths for flag in _flags(path)})


def _flags(path: Path) -> Iterator[Flag]:
    parsed = tree.read(path)
    if parsed.problems:
        raise Refused(parsed.problems)
    for key, node in (parsed.documents or (tree.NOTHING,))[0].at("flags").fields.items():
        yield Flag(
            key=FlagKey(key),
            variants=node.at("variants").plain() or {},
            default=node.at("defaultVariant").text or None,
            targeting=node.at("targeting").plain() or {},
            enabled=node.at("state").text != "DISABLED",
            metadata=node.at("metadata").plain() or {},
            location=node.location,
        )
