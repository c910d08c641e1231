"""Which variants of a flag a `Change` file speaks of, where it leaves them out as well."""

from tidegate.core.flags.facts import off_variant, on_variant
from tidegate.sources.change_source import Source
from tidegate.sources.tree import Node


def off_of(source: Source, flag: Node) -> str:
    """The variant that users are moved from: as written, or that of being off; empty where nothing says which."""
    defined = source.flag(flag.at("flag"))
    return flag.at("off").text or (defined and off_variant(defined)) or ""


def on_of(source: Source, flag: Node) -> str:
    """The variant that users are moved to: as written, or the only other one; empty where nothing says which."""
    defined = source.flag(flag.at("flag"))
    return flag.at("on").text or (defined and on_variant(defined, off_of(source, flag))) or ""
