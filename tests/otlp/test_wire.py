"""Bytes as a message: both encodings say the same, and nothing that comes breaks or fills us."""

import gzip
import io
import tracemalloc

import pytest
from tests.observers.otlp.pushes import counter, durations, gauge, push

from tidegate.core.errors import Refused
from tidegate.observers.otlp.decoding import METRICS
from tidegate.otlp.wire import (
    MOST_BYTES,
    MOST_JSON,
    Encoding,
    Malformed,
    NotUnderstood,
    Push,
    TooLarge,
    decode,
    encode,
    encoding_of,
)

PUSHED = push(
    durations(5, 1, 0, status=200),
    counter("checkouts", 3),
    gauge("process.memory.usage", 1.5),
)


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("compression", ["", "identity", "gzip", " GZIP"])
def test_a_push_in_any_form_says_the_same(encoding: Encoding, compression: str) -> None:
    body = encode(PUSHED, encoding)
    sent = gzip.compress(body) if "gzip" in compression.lower() else body
    assert decode(Push(body=sent, encoding=encoding, compression=compression), METRICS) == PUSHED


@pytest.mark.parametrize("encoding", Encoding)
def test_a_push_of_nothing_is_one(encoding: Encoding) -> None:
    empty = METRICS.message()
    assert decode(Push(body=encode(empty, encoding), encoding=encoding), METRICS) == empty


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("application/x-protobuf", Encoding.PROTOBUF),
        ("application/json", Encoding.JSON),
        ("Application/JSON; charset=utf-8", Encoding.JSON),
    ],
)
def test_types(header: str, encoding: Encoding) -> None:
    assert encoding_of(header) is encoding


@pytest.mark.parametrize("header", ["", "text/plain", "application/protobuf", "application/jsonl"])
def test_other_types_are_not_understood(header: str) -> None:
    with pytest.raises(NotUnderstood, match="send application/x-protobuf or application/json"):
        encoding_of(header)


def member(plain: bytes) -> bytes:
    return gzip.compress(plain, mtime=0)


@pytest.mark.parametrize(
    ("body", "encoding", "compression", "error", "words"),
    [
        (b"\xff", Encoding.PROTOBUF, "", Malformed, "not a metrics request in application/x-protobuf"),
        (b"{", Encoding.JSON, "", Malformed, "not a metrics request in application/json"),
        (b"", Encoding.JSON, "", Malformed, "not a metrics request"),
        (b"[1]", Encoding.JSON, "", Malformed, "not a metrics request"),
        (b"\xff", Encoding.JSON, "", Malformed, "not a metrics request"),
        (b"[" * 100_000, Encoding.JSON, "", Malformed, "not a metrics request"),
        (b'{"a":' * 50_000, Encoding.JSON, "", Malformed, "not a metrics request"),
        (b'{"resourceMetrics":[{"schemaUrl":7}]}', Encoding.JSON, "", Malformed, "not a metrics request"),
        (b'{"resourceMetrics":' + b"9" * 5_000 + b"}", Encoding.JSON, "", Malformed, "not a metrics request"),
        (rb'{"resourceMetrics":"\ud800"}', Encoding.JSON, "", Malformed, r"which is \\ud800"),
        (b"{}", Encoding.JSON, "gzip", Malformed, "not whole gzip"),
        (member(b"{}")[:-9], Encoding.JSON, "gzip", Malformed, "not whole gzip"),
        (member(b"{}")[:-8] + b"\0" * 8, Encoding.JSON, "gzip", Malformed, "not whole gzip"),
        (b"{}", Encoding.JSON, "br", NotUnderstood, "send it plain or by gzip"),
        (member(b" " * (MOST_BYTES + 1)), Encoding.JSON, "gzip", TooLarge, "at most 4194304 bytes"),
    ],
)
def test_what_is_refused(
    body: bytes, encoding: Encoding, compression: str, error: type[Refused], words: str
) -> None:
    with pytest.raises(error, match=words):
        decode(Push(body=body, encoding=encoding, compression=compression), METRICS)


def test_what_is_allowed_may_be_lowered() -> None:
    with pytest.raises(TooLarge, match="at most 9 bytes"):
        decode(Push(body=member(b" " * 10), compression="gzip", most_inflated=9), METRICS)


def test_json_that_takes_long_is_not_decoded() -> None:
    body = b'{"resourceMetrics":[' + b"{}," * (MOST_JSON // 2) + b"{}]}"
    with pytest.raises(TooLarge, match="at most 500000 objects and commas"):
        decode(Push(body=body, encoding=Encoding.JSON), METRICS)


def test_a_bomb_is_not_inflated() -> None:
    """Much more in little takes the memory of what is allowed."""
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as file:
        for _ in range(1 << 6):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    with pytest.raises(TooLarge):
        decode(Push(body=bomb.getvalue(), compression="gzip"), METRICS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MOST_BYTES
