"""Flags as flagd defines them (https://flagd.dev/reference/flag-definitions), read and checked by `sources.flags`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tidegate.core.errors import Location
from tidegate.core.ids import FlagKey

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Metadata = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One flag: its variants by name, and which of them whom is served.

    `targeting` is a rule in JSONLogic whose answer is the name of a variant; without one, and where it answers null,
    the `default` variant is served, and without that the default of whoever asks. `$ref`s are resolved.
    """

    key: FlagKey
    variants: Mapping[str, Json]
    default: str | None = None
    targeting: Mapping[str, Json] = field(default_factory=dict)
    enabled: bool = True
    metadata: Metadata = field(default_factory=dict)
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagSet:
    """Flags that are served together; `metadata` holds for every flag that does not say otherwise itself."""

    flags: Mapping[FlagKey, Flag] = field(default_factory=dict)
    metadata: Metadata = field(default_factory=dict)
