"""flagd's evaluation: one flag, or all of them, for one context.

The messages of its second version are sent in both: on the wire those of the first are the same, but for the word
that a value is there though it is false, zero or empty, which the first passes over.
Source: flagd, "flagd.evaluation.v1" and "v2", https://flagd.dev/reference/specifications/protos.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import grpc
from google.protobuf.message import Message
from openfeature.schemas.protobuf.flagd.evaluation.v1.evaluation_pb2 import (
    AnyFlag,
    ResolveAllRequest,
    ResolveAllResponse,
)
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as messages

from tidegate.core.flags.definitions import Json
from tidegate.core.flags.evaluation import ErrorCode, Evaluation
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.flags.typed import Kind, resolved
from tidegate.core.ids import FlagKey
from tidegate.ports import Flags
from tidegate.server.flags.changes import PerGeneration
from tidegate.server.flags.grpc.calls import Answer, Asked, TurnedAway
from tidegate.server.flags.grpc.structs import plain, struct

STATUSES: Final = {
    ErrorCode.FLAG_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorCode.TYPE_MISMATCH: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorCode.PARSE_ERROR: grpc.StatusCode.DATA_LOSS,
}
"""What providers of flagd read errors from; any other is `UNKNOWN`."""

UNSENDABLE: Final = (AttributeError, TypeError, ValueError)
"""What protobuf raises for a list in place of an object, another type, a number that is too large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A method that resolves a flag of one kind, and its messages."""

    name: str
    kind: Kind
    request: Any
    response: Any


RESOLUTIONS: Final = (
    Resolution(
        name="ResolveBoolean",
        kind=Kind.BOOLEAN,
        request=messages.ResolveBooleanRequest,
        response=messages.ResolveBooleanResponse,
    ),
    Resolution(
        name="ResolveString",
        kind=Kind.STRING,
        request=messages.ResolveStringRequest,
        response=messages.ResolveStringResponse,
    ),
    Resolution(
        name="ResolveInt",
        kind=Kind.INTEGER,
        request=messages.ResolveIntRequest,
        response=messages.ResolveIntResponse,
    ),
    Resolution(
        name="ResolveFloat",
        kind=Kind.FLOAT,
        request=messages.ResolveFloatRequest,
        response=messages.ResolveFloatResponse,
    ),
    Resolution(
        name="ResolveObject",
        kind=Kind.OBJECT,
        request=messages.ResolveObjectRequest,
        response=messages.ResolveObjectResponse,
    ),
)


class Resolver:
    """Answers what flags are."""

    def __init__(self, flags: Flags, clock: Callable[[], float] = time.time) -> None:
        self._flags = flags
        self._clock = clock
        self._evaluators = PerGeneration(Evaluator)

    def one(self, resolution: Resolution) -> Answer:
        """What answers `ResolveBoolean` and its like."""
        return partial(self._one, resolution)

    def all(self, asked: Asked) -> bytes:
        """Answer `ResolveAll`: every flag with a value; of the others an application has defaults of its own."""
        context = plain(asked.read(ResolveAllRequest).context)
        served = self._flags.served()
        evaluator, now = self._evaluators.of(served), self._clock()
        found = {key: _any(evaluator.evaluate(key, context, now)) for key in evaluator.keys}
        flags: dict[str, AnyFlag] = {key: flag for key, flag in found.items() if flag is not None}
        return ResolveAllResponse(flags=flags, metadata=struct(served.flags.metadata)).SerializeToString()

    def _one(self, resolution: Resolution, asked: Asked) -> bytes:
        request = asked.read(resolution.request)
        key = FlagKey(request.flag_key)
        evaluator = self._evaluators.of(self._flags.served())
        found = evaluator.evaluate(key, plain(request.context), self._clock())
        self._flags.evaluated(key, found.variant)
        return _response(resolution, resolved(found, resolution.kind))


def _response(resolution: Resolution, found: Evaluation) -> bytes:
    if found.error is not None:
        raise TurnedAway(STATUSES.get(found.error, grpc.StatusCode.UNKNOWN), found.message)
    try:
        response: Message = resolution.response(
            value=_sent(found.value),
            variant=found.variant,
            reason=found.reason,
            metadata=struct(found.metadata),
        )
    except UNSENDABLE as error:
        told = f"{resolution.name} has no room for the value of variant {found.variant!r}"
        raise TurnedAway(grpc.StatusCode.INVALID_ARGUMENT, told) from error
    return response.SerializeToString()


def _sent(value: Json) -> object:
    return struct(value) if isinstance(value, Mapping) else value


FIELDS: Final = {bool: "bool_value", str: "string_value", int: "double_value", float: "double_value"}
"""Where `AnyFlag` has a value, by its type; that of an object is `object_value`."""


def _any(found: Evaluation) -> AnyFlag | None:
    field = "object_value" if isinstance(found.value, Mapping) else FIELDS.get(type(found.value))
    if field is None:
        return None
    told: dict[str, Any] = {field: _sent(found.value), "metadata": struct(found.metadata)}
    return AnyFlag(reason=found.reason, variant=found.variant or "", **told)
