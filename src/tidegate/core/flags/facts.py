"""What a flag's definition says of it besides how it is evaluated.

Metadata are scalars: `owner` is a name, `expires` a date, `requires` lists other flags with commas between, `off` names
the variant that is served where the flag is off.
"""

from datetime import date

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import FlagKey


def off_variant(flag: Flag) -> str | None:
    """What is served where a flag is off: `off`, as its metadata or a variant say, its only false one, its default."""
    if "off" in flag.metadata:
        return str(flag.metadata["off"])
    if "off" in flag.variants:
        return "off"
    false = [name for name, value in flag.variants.items() if value is False]
    return false[0] if len(false) == 1 else flag.default


def on_variant(flag: Flag, off: str) -> str | None:
    """What is served where a flag is on, if there is but one variant besides `off`."""
    others = [name for name in flag.variants if name != off]
    return others[0] if len(others) == 1 else None


def is_fully_on(flag: Flag) -> bool:
    """Does its definition serve everyone one variant that is not that of being off?"""
    return flag.enabled and not flag.targeting and flag.default not in (None, off_variant(flag))


def required_flags(flag: Flag) -> tuple[FlagKey, ...]:
    """The flags without which this one is off, each once."""
    named = (name.strip() for name in str(flag.metadata.get("requires", "")).split(","))
    return tuple(dict.fromkeys(FlagKey(name) for name in named if name))


def expiry(flags: FlagSet, key: FlagKey) -> date | None:
    """The day from which a flag is to be gone, if it has one."""
    written = _fact(flags, key, "expires")
    return date.fromisoformat(written) if written else None


def owner_of(flags: FlagSet, key: FlagKey) -> str:
    """Who answers for a flag; empty if nobody is known to."""
    return _fact(flags, key, "owner")


def _fact(flags: FlagSet, key: FlagKey, name: str) -> str:
    """What the metadata of a flag say, or else those of the set."""
    own = flags.flags[key].metadata if key in flags.flags else {}
    return str({**flags.metadata, **own}.get(name, ""))
