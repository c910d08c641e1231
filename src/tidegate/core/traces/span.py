"""One span of a trace in tidegate's own words, whoever recorded it.

Source: the OpenTelemetry specification, "Tracing API" (kinds, status), and its semantic conventions for HTTP and RPC.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version

UNKNOWN_VERSION: Final = Version("unknown")
"""Of a service whose spans do not say which version it is."""

UNKNOWN: Final = VersionedService(service=ServiceName("unknown"), version=UNKNOWN_VERSION)
"""Whoever was called where no span says who."""


class SpanKind(StrEnum):
    """What a span is the record of.

    A `hop` is a call as a mesh records it: one span that knows both ends. Applications record a call as two spans,
    `client` at the caller and `server` at the callee.
    """

    HOP = "hop"
    CLIENT = "client"
    SERVER = "server"
    PRODUCER = "producer"  # puts a message on a queue; who consumes it is not waited for
    CONSUMER = "consumer"
    INTERNAL = "internal"


class Ending(StrEnum):
    """How a call ended, as its record says."""

    OK = "ok"
    ERROR = "error"  # an answer that says so: a status of 500 and above, or the span's own status
    REJECTED = "rejected"  # a status of 400 to 499, which points at the caller
    TIMED_OUT = "timed out"
    UNREACHED = "unreached"  # nothing answered: refused, reset, no healthy instance, overflow


FAILED = frozenset({Ending.ERROR, Ending.TIMED_OUT, Ending.UNREACHED})
"""Endings that are bad for whoever waits for them. A rejection is one too where it was not expected (see `journey`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span. `trace` and `id` are lower-case hexadecimal; `start` and `end` are seconds since 1970, by the
    clock of whoever recorded it, which may be wrong.

    `service` recorded it, or made the call if it is a hop; it is absent where calls come from outside.
    `peer` is who was called, where the span itself knows. `name` is the operation, such as `POST /pay`; `said` is
    what the span tells of its failure. Neither has any value of a user. `flags` are the feature flags that were
    evaluated, each with its variant (see `core.ids.flag_as_service`).
    """

    trace: str
    id: str
    parent: str | None = None
    kind: SpanKind
    name: str = ""
    service: VersionedService | None
    peer: VersionedService | None = None
    start: float
    end: float
    ending: Ending = Ending.OK
    status: int | None = None
    said: str = ""
    flags: tuple[VersionedService, ...] = ()
