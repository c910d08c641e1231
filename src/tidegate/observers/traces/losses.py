"""Why spans of a push are not taken, besides what the core finds wrong with them (`core.traces.loss`)."""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.traces.loss import Loss


class NotTaken(StrEnum):
    """One reason, as it is told to whoever pushes and counted in readings."""

    NO_ID = "a span without a trace id or span id"
    NO_SERVICE = "a span of a resource without service.name"
    LONG_NAME = "a span of a service or version with more than 255 characters"
    ATTRIBUTES = "a span with more than 1000 attributes, or of such a resource"
    VERSIONS = "a span of one version more than are told apart"
    CROWDED = "a span of a trace with more spans than are kept"
    LATE = "a span that came after its trace was counted"


Reason = NotTaken | Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Spans that are no evidence, and why."""

    why: Reason
    spans: int = 1
