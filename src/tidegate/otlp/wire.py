"""Bytes as a message, and messages in the encoding of whoever pushes.

OTLP/HTTP has two encodings of the same messages: protobuf, and its JSON mapping with enumerations as numbers,
unknown fields ignored, and the ids of traces and spans in hexadecimal. Source: the OTLP specification, "OTLP/HTTP".
"""

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from itertools import accumulate
from typing import Final, Generic, TypeVar

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError, Message

from tidegate.core.errors import Problem, Refused

MOST_BYTES: Final = 4 << 20
"""Of a push, as it is sent and inflated. Decoded messages take up to fifty times their bytes."""

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


M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Generic[M]):
    """One kind of request: what it is called, of how many parts it may be, and what those are called.

    `parts` gives how many there are, level by level, before they are looked at. `mended` is what JSON needs that
    is not as protobuf has it.
    """

    name: str
    message: type[M]
    most_parts: int
    named: str
    parts: Callable[[M], Iterator[int]]
    mended: Callable[[M], M] = lambda message: message


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A request as it is sent; of `body` no more than `most_inflated` bytes are inflated."""

    body: bytes
    encoding: Encoding = Encoding.PROTOBUF
    compression: str = ""
    most_inflated: int = MOST_BYTES


def encoding_of(content_type: str) -> Encoding:
    """The encoding that a header names, parameters aside; raises `NotUnderstood`."""
    media_type = content_type.partition(";")[0].strip().lower()
    try:
        return Encoding(media_type)
    except ValueError:
        told = f"content of type {media_type!r} is not understood"
        raise NotUnderstood([Problem(message=told, hint=f"send {' or '.join(Encoding)}")]) from None


def decode(push: Push, form: Form[M]) -> M:
    """The request that is pushed; raises `NotUnderstood`, `TooLarge` or `Malformed`."""
    plain = _inflated(push.body, push.compression.strip().lower(), push.most_inflated)
    if push.encoding is Encoding.JSON and plain.count(b"{") + plain.count(b",") > MOST_JSON:
        raise too_large(f"{MOST_JSON} objects and commas")
    try:
        request = _read(plain, push.encoding, form)
    except (DecodeError, ParseError, UnicodeDecodeError) as error:
        what = ascii(str(error))[1:-1][:_LONGEST]  # a reason may quote what no answer can be written with
        told = f"not a {form.name} request in {push.encoding}: {what}"
        raise Malformed([Problem(message=told)]) from error
    if any(number > form.most_parts for number in accumulate(form.parts(request))):
        raise too_large(f"{form.most_parts} {form.named}")
    return request


def _read(plain: bytes, encoding: Encoding, form: Form[M]) -> M:
    if encoding is Encoding.PROTOBUF:
        return form.message.FromString(plain)
    return form.mended(Parse(plain, form.message(), ignore_unknown_fields=True))


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
