"""What a flag is for somebody, in the words of the OpenFeature specification (1.4.x, types)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.core.flags.definitions import Json, Metadata

Context = Mapping[str, Json]
"""What is known of whom a flag is asked for; `targetingKey` names them."""


class Reason(StrEnum):
    """Why a value was resolved."""

    STATIC = "STATIC"
    DEFAULT = "DEFAULT"
    TARGETING_MATCH = "TARGETING_MATCH"
    DISABLED = "DISABLED"
    ERROR = "ERROR"


class ErrorCode(StrEnum):
    """Why none was."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    PARSE_ERROR = "PARSE_ERROR"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    GENERAL = "GENERAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A flag for one context. Without a `variant` whoever asks falls back to a default of their own."""

    reason: Reason
    value: Json = None
    variant: str | None = None
    error: ErrorCode | None = None
    message: str = ""
    metadata: Metadata = field(default_factory=dict)
