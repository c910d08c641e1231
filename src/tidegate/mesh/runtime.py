"""What Envoy may be told anew at any time without a listener changing: runtime values.

They are each service's latency threshold, and how spans are sent.
"""

import math
from typing import Final

from tidegate.core.ids import ServiceName
from tidegate.mesh.message import TYPES, Config, typed
from tidegate.mesh.state import ServiceState, State

RUNTIME: Final = "tidegate"
NO_THRESHOLD_MS: Final = 3_600_000  # no request lives for an hour: nothing is slow

# Envoy would send spans in fives, which costs the receiver three times as much for each.
SPANS: Final = {"tracing.opentelemetry.min_flush_spans": 200, "tracing.opentelemetry.flush_interval_ms": 1000}


def runtime(state: State) -> Config:
    """All runtime values."""
    slow = {threshold_key(service.name): _slow_from(service) for service in state.services.values()}
    spans = {} if state.tracing is None else SPANS
    return typed(TYPES["rtds"], name=RUNTIME, layer={**slow, **spans})


def threshold_key(service: ServiceName) -> str:
    """Under which name a service's latency threshold is found."""
    return f"tidegate.slow.{service}.ms"


def _slow_from(service: ServiceState) -> int:
    """The first whole millisecond that counts as slow; Envoy compares whole milliseconds, rounded down."""
    if service.threshold_ms is None:
        return NO_THRESHOLD_MS
    return math.floor(service.threshold_ms) + 1
