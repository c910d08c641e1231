"""Feature flags that were evaluated during a span: its own attributes, or events of it.

Source: OpenTelemetry's semantic conventions for feature flags, and their older names. A flag without a variant was not
served, and says nothing.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import FlagKey, Version, flag_as_service
from tidegate.otlp.attributes import LONGEST, chosen

_READ: Final = {
    "feature_flag.key": "key",
    "feature_flag.result.variant": "variant",
    "feature_flag.variant": "variant",
}
_EVENTS: Final = frozenset({"feature_flag.evaluation", "feature_flag"})
MOST_FLAGS: Final = 64
"""Of one span; more are not looked at."""

_MOST_ATTRIBUTES: Final = 64


def evaluated(span: Span) -> tuple[VersionedService, ...]:
    """Each flag as a service whose version is the variant."""
    events = [event.attributes for event in span.events[:MOST_FLAGS] if event.name in _EVENTS]
    return tuple(dict.fromkeys(_variants([span.attributes, *events])))


def _variants(told: Sequence[Sequence[KeyValue]]) -> Iterator[VersionedService]:
    for pairs in told:
        found = chosen(pairs[:_MOST_ATTRIBUTES], _READ)
        key, variant = found.get("key", ""), found.get("variant", "")
        if key and variant and max(len(key), len(variant)) <= LONGEST:
            yield _variant(key, variant)


@lru_cache(4_096)
def _variant(key: str, variant: str) -> VersionedService:
    return VersionedService(service=flag_as_service(FlagKey(key)), version=Version(variant))
