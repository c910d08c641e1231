"""Attributes as text."""

from collections.abc import Iterable, Mapping
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

LONGEST: Final = 255
"""Characters of a name, a version, an instance or a session."""

MOST_ATTRIBUTES: Final = 128
"""Of a resource, a data point or a span: what SDKs keep unless told otherwise."""

_SCALARS: Final = ("string_value", "int_value", "bool_value", "double_value")


def attributes_of(pairs: Iterable[KeyValue]) -> Mapping[str, str]:
    """Attributes as text, without those that are lists or tables."""
    scalars = ((pair, pair.value.WhichOneof("value")) for pair in pairs)
    return {pair.key: str(getattr(pair.value, kind)) for pair, kind in scalars if kind in _SCALARS}


def chosen(pairs: Iterable[KeyValue], names: Mapping[str, str]) -> dict[str, str]:
    """Those of `names` only, as text under the names that they have there; the others are not even looked at."""
    found: dict[str, str] = {}
    for pair in pairs:
        if name := names.get(pair.key):
            found[name] = _text(pair.value)
    return found


def _text(value: AnyValue) -> str:
    """Most are strings; lists and tables say nothing."""
    if text := value.string_value:
        return text
    kind = value.WhichOneof("value")
    return str(getattr(value, kind)) if kind in _SCALARS else ""
