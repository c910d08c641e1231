"""Bytes of a push as a metrics request, and answers in the encoding of the push.

OTLP/HTTP has two encodings of the same messages: protobuf, and its JSON mapping with enumerations as numbers and
unknown fields ignored. Trace and span ids, which JSON has in hexadecimal, stand in exemplars only: nothing here
reads them. Source: the OTLP specification, "OTLP/HTTP".
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from io import BytesIO
from itertools import accumulate
from typing import Final

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tidegate.core.errors import Problem, Refused
from tidegate.observers.otlp.values import number_of

MOST_BYTES: Final = 4 << 20
"""Of a push, as it is sent and inflated. Decoded messages take up to fifty times their bytes."""

MOST_PARTS: Final = 20_000
"""Resources, scopes, metrics and data points of a push; an exporter sends some hundreds, a collector 8192 points."""

MOST_JSON: Final = 500_000
"""Objects and commas of a push in JSON, which decides how long it takes to decode."""

_LONGEST: Final = 200
"""Characters of a reason."""


class Encoding(StrEnum):
    """How messages are written; the value is its media type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


class NotUnderstood(Refused):
    """The type or the compression of a push is none that OTLP has."""


class TooLarge(Refused):
    """A push has more than is read."""


class Malformed(Refused):
    """The bytes of a push are not what its type says."""


def encoding_of(content_type: str) -> Encoding:
    """The encoding that a header names, parameters aside; raises `NotUnderstood`."""
    media_type = content_type.partition(";")[0].strip().lower()
    try:
        return Encoding(media_type)
    except ValueError:
        told = f"content of type {media_type!r} is not understood"
        raise NotUnderstood([Problem(message=told, hint=f"send {' or '.join(Encoding)}")]) from None


def decode(
    body: bytes, encoding: Encoding, compression: str = "", *, most_inflated: int = MOST_BYTES
) -> ExportMetricsServiceRequest:
    """The request in `body`; raises `NotUnderstood`, `TooLarge` or `Malformed`."""
    plain = _inflated(body, compression.strip().lower(), most_inflated)
    if encoding is Encoding.JSON and plain.count(b"{") + plain.count(b",") > MOST_JSON:
        raise too_large(f"{MOST_JSON} objects and commas")
    try:
        request = _READ[encoding](plain)
    except (DecodeError, ParseError, UnicodeDecodeError) as error:
        what = ascii(str(error))[1:-1][:_LONGEST]  # a reason may quote what no answer can be written with
        raise Malformed([Problem(message=f"not a metrics request in {encoding}: {what}")]) from error
    if any(number > MOST_PARTS for number in accumulate(_parts(request))):
        raise too_large(f"{MOST_PARTS} resources, scopes, metrics and data points")
    return request


def _from_json(plain: bytes) -> ExportMetricsServiceRequest:
    return Parse(plain, ExportMetricsServiceRequest(), ignore_unknown_fields=True)


_READ: Final = {Encoding.PROTOBUF: ExportMetricsServiceRequest.FromString, Encoding.JSON: _from_json}


def _parts(request: ExportMetricsServiceRequest) -> Iterator[int]:
    """How many parts there are, level by level, known before they are looked at."""
    yield len(request.resource_metrics)
    for pushed in request.resource_metrics:
        yield len(pushed.scope_metrics)
        for scoped in pushed.scope_metrics:
            yield len(scoped.metrics)
            yield from map(number_of, scoped.metrics)


def encode(message: Message, encoding: Encoding) -> bytes:
    """`message` as the sender of a push reads it."""
    if encoding is Encoding.JSON:
        return MessageToJson(message, indent=None, use_integers_for_enums=True).encode()
    return message.SerializeToString()


def too_large(most: str) -> TooLarge:
    """What is said of a push of more than `most`."""
    return TooLarge([Problem(message=f"a push has at most {most}", hint="push less at once")])


def _inflated(body: bytes, compression: str, most: int) -> bytes:
    if compression not in _INFLATE:
        told = f"content encoded as {compression!r} is not understood"
        raise NotUnderstood([Problem(message=told, hint="send it plain or by gzip")])
    return _gunzipped(body, most) if _INFLATE[compression] else body


_INFLATE: Final[Mapping[str, bool]] = {"": False, "identity": False, "gzip": True}


def _gunzipped(body: bytes, most: int) -> bytes:
    """What `body` holds, of which no more is inflated than needed to see that it is too large."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as file:
            plain = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Malformed([Problem(message=f"not whole gzip: {error}")]) from error
    if len(plain) > most:
        raise too_large(f"{most} bytes")
    return plain
