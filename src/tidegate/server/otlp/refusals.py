"""Why a push is turned away, as HTTP and gRPC say it.

Only what may be pushed again says after how many seconds. Source: the OTLP specification, "Failures" of both
transports.
"""

from enum import Enum
from typing import Final

import grpc

from tidegate.core.errors import Refused
from tidegate.otlp.wire import Malformed, NotUnderstood, TooLarge

RETRY_SECONDS: Final = 5


class Reason(Enum):
    """Kinds of refusals: the status of HTTP, and that of gRPC."""

    MALFORMED = 400, grpc.StatusCode.INVALID_ARGUMENT
    WHO = 401, grpc.StatusCode.UNAUTHENTICATED
    FORBIDDEN = 403, grpc.StatusCode.PERMISSION_DENIED
    SLOW = 408, grpc.StatusCode.DEADLINE_EXCEEDED
    TOO_LARGE = 413, grpc.StatusCode.RESOURCE_EXHAUSTED
    NOT_UNDERSTOOD = 415, grpc.StatusCode.UNIMPLEMENTED
    BUSY = 503, grpc.StatusCode.UNAVAILABLE

    @property
    def http(self) -> int:
        """The status of an answer by HTTP."""
        return self.value[0]

    @property
    def grpc(self) -> grpc.StatusCode:
        """The status of an answer by gRPC."""
        return self.value[1]


class TurnedAway(Exception):  # noqa: N818 - an answer, not a defect
    """A push that is not taken, and why; it may be pushed again after `seconds`, if those are given."""

    def __init__(self, reason: Reason, message: str, seconds: float | None = None) -> None:
        self.reason = reason
        self.seconds = seconds
        super().__init__(message)


_REASONS: Final = (
    (TooLarge, Reason.TOO_LARGE),
    (NotUnderstood, Reason.NOT_UNDERSTOOD),
    (Malformed, Reason.MALFORMED),
)


def refusal(error: Refused) -> TurnedAway:
    """What is said of a push that cannot be read."""
    return TurnedAway(next(reason for kind, reason in _REASONS if isinstance(error, kind)), str(error))
