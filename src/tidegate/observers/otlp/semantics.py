"""What is wanted of all that is pushed, and what a data point counts for.

Two conventions of OpenTelemetry say how services went: the histogram `http.server.request.duration` with
`http.response.status_code` and `error.type`, and `session.id` for one user's visit. A team adds signals of its own
by naming the metrics that they are made of.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tidegate.core.gates.evidence import Counts
from tidegate.core.telemetry import Otlp

HTTP_SERVER_DURATION: Final = "http.server.request.duration"
SESSION: Final = "session.id"
BROWSER_PREFIXES: Final = ("browser.", "user_agent.")
"""Of resource attributes: only browsers have them."""


class Kind(StrEnum):
    """What a metric is, as it must be to serve what it is wanted for."""

    DURATIONS = "a histogram in s or ms"
    COUNTER = "a monotonic sum"
    LEVEL = "a gauge or a sum that may fall"


def kinds(wanted: Otlp) -> Mapping[str, Kind]:
    """Every metric that anything is made of, and what it must be."""
    counters = (selector.metric for ratio in wanted.ratios for selector in (ratio.requests, ratio.bad))
    return {
        HTTP_SERVER_DURATION: Kind.DURATIONS,
        **dict.fromkeys(counters, Kind.COUNTER),
        **{level.of.metric: Kind.LEVEL for level in wanted.levels},
    }


def outcome(requests: Counts, attributes: Mapping[str, str]) -> Counts:
    """How `requests` of one data point of `HTTP_SERVER_DURATION` went: all alike, by its attributes.

    A status decides; without one there was no answer if there is an error.
    """
    number = requests.requests
    text = attributes.get("http.response.status_code", "")
    status = int(text) if text.isdecimal() else 0
    if status >= 500 or (not status and "error.type" in attributes):
        return Counts(requests=number, bad=number)
    if status >= 400:
        return Counts(requests=number, rejected=number)
    return requests
