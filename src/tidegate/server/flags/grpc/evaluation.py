"""flagd's evaluation: one flag, or all of them, for one context.

The messages of its second version are sent in both: on the wire those of the first are the same, but for the word
that a value is there though it is false, zero or empty, which the first passes over.
Source: flagd, "flagd.evaluation.v1" and "v2", https://flagd.dev/reference/specifications/protos; its statuses of errors.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import grpc
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from openfeature.schemas.protobuf.flagd.evaluation.v1.evaluation_pb2 import (
    AnyFlag,
    ResolveAllRequest,
    ResolveAllResponse,
)
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as messages

from tidegate.core.flags.definitions import Metadata
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
