"""What a body is: from how a contract writes it to plain values, texts or bytes.

Versions 1 to 3 write JSON in place and everything else as a text; version 4 says content type and encoding. A body
whose type nobody says is recognised by its beginning, as Pact does.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

from tidegate.core.contracts.pact.model import Body, Content, Version
from tidegate.core.contracts.pact.rules import Report
from tidegate.core.contracts.specification import Cursor

EMPTY: Final = (None, "", b"")
"""The contents of a body that is empty."""
ENCODINGS: Final = ("base64", "json")


class Format(StrEnum):
    """How a body is compared."""

    JSON = "json"
    XML = "xml"
    FORM = "form"
    TEXT = "text"
    BINARY = "binary"


FORMATS: Final = {
    "application/json": Format.JSON,
    "application/xml": Format.XML,
    "application/x-www-form-urlencoded": Format.FORM,
    "application/javascript": Format.TEXT,
}
SUFFIXES: Final = {"+json": Format.JSON, "+xml": Format.XML, "text/xml": Format.XML}


def format_of(body: Body) -> Format:
    """How to compare a body: by its content type, and where none is given by what it looks like."""
    if body.media in FORMATS:
        return FORMATS[body.media]
    if suffix := next((suffix for suffix in SUFFIXES if body.media.endswith(suffix)), None):
        return SUFFIXES[suffix]
    if body.media:
        return Format.TEXT if body.media.startswith("text/") else Format.BINARY
    return _looks(body.content)


def _looks(content: Content) -> Format:
    if isinstance(content, str):
        return Format.XML if content.lstrip().startswith("<?xml") else Format.TEXT
    return Format.BINARY if isinstance(content, bytes) else Format.JSON


def media_of(value: str) -> str:
    """The content type of a header, in lower case and without parameters."""
    return value.partition(";")[0].strip().lower()


def declared(headers: Mapping[str, tuple[str, ...]]) -> str:
    """The content type that headers declare, or nothing."""
    return next((media_of(value) for value in headers.get("content-type", ())), "")


def read_body(holder: Cursor, key: str, media: str, version: Version, report: Report) -> Body | None:
    """The body that `holder` has under `key`, and None where it says nothing about one."""
    if key not in holder.mapping:
        return None
    body = holder.at(key)
    if version is not Version.V4 or not body:
        return Body(content=body.value, media=media)
    if not isinstance(body.value, dict):
        report(body, "is not a body of version 4 (content, contentType, encoded)")
        return Body(content=body.value, media=media)
    return _encoded(body, body.at("contentType").text or media, report)


def _encoded(body: Cursor, media: str, report: Report) -> Body:
    encoded = body.mapping.get("encoded", False)
    content: Content = body.mapping.get("content")
    if isinstance(encoded, str) and encoded.lower() in ENCODINGS and isinstance(content, str):
        content = _decoded(body, encoded.lower(), content, media, report)
    elif encoded is not False:
        report(body.at("encoded"), "is an encoding that is not read here")
    return Body(content=content, media=media_of(media))


def _decoded(body: Cursor, encoding: str, content: str, media: str, report: Report) -> Content:
    try:
        found = b64decode(content, validate=True) if encoding == "base64" else content.encode()
        is_json = encoding == "json" or format_of(Body(content=found, media=media_of(media))) is Format.JSON
        return json.loads(found) if is_json else found
    except (ValueError, RecursionError):
        report(body.at("content"), f"is no {encoding}")
        return None


def bytes_of(content: Content) -> bytes:
    """A body as bytes."""
    return content if isinstance(content, bytes) else text_of(content).encode()


def text_of(content: Content) -> str:
    """A body as text; bytes that are no UTF-8 as one character a byte."""
    if isinstance(content, bytes):
        try:
            return content.decode()
        except UnicodeDecodeError:
            return content.decode("latin-1")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, sort_keys=True)


def form_of(content: Content) -> dict[str, tuple[str, ...]]:
    """The fields of a form, each with its values in order."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(text_of(content), keep_blank_values=True):
        found[name] = (*found.get(name, ()), value)
    return found
