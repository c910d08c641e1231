"""Why spans cannot be used; every one is counted by its reason."""

from dataclasses import dataclass
from enum import StrEnum


class Loss(StrEnum):
    """A reason, as it is told to whoever pushes and counted in readings."""

    NO_ID = "spans whose trace id or span id is none"
    NO_SERVICE = "spans of a resource without service.name"
    LONG_NAME = "spans with a service or version of more than 255 characters"
    ATTRIBUTES = "spans or resources with more than 1000 attributes"
    BACKWARDS = "spans that end before they start, or have no time"
    FUTURE = "spans from the future"
    PAST = "spans older than is waited for"
    VERSIONS = "spans of more versions than are told apart"
    CROWDED = "spans of traces with more spans than are kept"
    LATE = "spans that came after their trace was counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Spans that are no evidence, and why."""

    why: Loss
    spans: int = 1
