"""Which variants of a flag a `Change` file speaks of, where it leaves them out as well.

A flag of another flag system, which no file here defines, is taken to be `on` or `off`.
"""

from tidegate.core.flags.facts import off_variant, on_variant
from tidegate.sources.change_source import Source
from tidegate.sources.tree import Node


def off_of(source: Source, flag: Node) -> str:
    """The variant that users are moved from: as written, or that of being off; empty where nothing says which."""
    defined = source.flag(flag.at("flag"))
    return flag.at("off").text or (off_variant(defined) if defined else _elsewhere(flag, "off")) or ""


def on_of(source: Source, flag: Node) -> str:
    """The variant that users are moved to: as written, or the only other one; empty where nothing says which."""
    defined, off = source.flag(flag.at("flag")), off_of(source, flag)
    return flag.at("on").text or (on_variant(defined, off) if defined else _elsewhere(flag, "on")) or ""


def _elsewhere(flag: Node, variant: str) -> str:
    return variant if flag.at("system") else ""
