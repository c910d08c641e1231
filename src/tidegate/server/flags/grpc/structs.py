"""JSON as `google.protobuf.Struct`, whose numbers are all floating: those that are whole are read as integers.

JSON does not tell 5 from 5.0, so whoever asks by gRPC is to be the same user as one who asks by HTTP.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from tidegate.core.flags.definitions import Json


def plain(given: Struct) -> dict[str, Json]:
    """What a struct says."""
    return {key: _plain(value) for key, value in given.fields.items()}


def _plain(value: Value) -> Json:
    match value.WhichOneof("kind"):
        case "struct_value":
            return plain(value.struct_value)
        case "list_value":
            return [_plain(each) for each in value.list_value.values]
        case "number_value":
            return _number(value.number_value)
        case "null_value" | None:
            return None
        case kind:
            given: bool | str = getattr(value, kind)
            return given


def _number(given: float) -> int | float:
    return int(given) if given.is_integer() else given


def struct(given: Mapping[str, Any]) -> Struct:
    """The struct that says this."""
    made = Struct()
    made.update(given)
    return made
