"""What Envoy's tap is asked for, and what is made of its answers."""

import gzip
import json
import zlib
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from tidegate.core.contracts.conformance.exchange import Exchange
from tidegate.core.errors import Unavailable
from tidegate.mesh import tap
from tidegate.mesh.tap import MOST_BODY, TOO_LONG

from .test_state import PAY, SHOP, TWO, V2, instance, service, state

MESH = replace(state(replace(TWO, canary=replace(instance(V2), port=7)), service(SHOP)), tap=True)
LONG = b'{"a": "' + b"x" * MOST_BODY + b'"}'


def trace(
    body: bytes = b"{}", *, port: int = 7, caller: str = "shop@1.0.0", truncated: bool = False, **said: str
) -> dict[str, Any]:
    """One call as Envoy tells of it."""
    asked = {":method": "POST", ":path": "/pay?card=17", "x-tg-caller": caller}
    headers = {":status": "200", "Content-Type": "application/json"}
    headers |= {name.replace("_", "-"): value for name, value in said.items()}
    buffered = {
        "request": {"headers": listed(asked)},
        "response": {
            "headers": listed(headers),
            "body": {"as_bytes": b64encode(body).decode(), "truncated": truncated},
        },
        "upstream_connection": {"remote_address": {"socket_address": {"port_value": port}}},
    }
    return {"http_buffered_trace": buffered}


def listed(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in headers.items()]


def answer(*traces: Any) -> str:
    return "".join(json.dumps(each, indent=1) + "\n" for each in traces)


def test_a_share_of_the_calls_to_and_from_a_service_is_asked_for() -> None:
    asked = tap.wanted(MESH, [PAY, SHOP], 0.05)
    rules = asked["tap_config"]["match"]["or_match"]["rules"]
    matched = [rule["http_request_headers_match"]["headers"][0] for rule in rules]
    assert [(each["name"], each["string_match"]) for each in matched] == [
        (":authority", {"exact": "pay"}),
        ("x-tg-caller", {"prefix": "pay@"}),
        (":authority", {"exact": "shop"}),
        (":authority", {"exact": "127.0.0.1:2"}),
        (":authority", {"exact": "localhost:2"}),
        ("x-tg-caller", {"prefix": "shop@"}),
    ]
    lot = asked["tap_config"]["tap_enabled"]["default_value"]
    assert lot == {"numerator": 50_000, "denominator": "MILLION"}


def test_no_share_is_so_small_that_it_is_none() -> None:
    asked = tap.wanted(MESH, [PAY], 1e-9)
    assert asked["tap_config"]["tap_enabled"]["default_value"]["numerator"] == 1


def test_a_call_is_told_by_the_port_that_answered_and_without_its_query() -> None:
    (found,) = tap.tapped(MESH, answer(trace(b'{"a": 1}')))
    assert (str(found.edge.caller), str(found.edge.callee)) == ("shop@1.0.0", "pay@2.0.0")
    assert found.exchange == Exchange(
        method="POST", path="/pay", status=200, content_type="application/json", body=b'{"a": 1}'
    )


def test_several_calls_and_what_is_none() -> None:
    calls = [
        trace(caller="-"),
        {},
        {"http_buffered_trace": {"response": {"headers": listed({":status": "503"})}}},
        trace(port=99),
        trace(),
    ]
    found = list(tap.tapped(MESH, answer(*calls)))
    assert [str(each.edge.caller) for each in found] == ["None", "shop@1.0.0"]
    assert list(tap.tapped(MESH, "  \n")) == []


@pytest.mark.parametrize(
    ("told", "body", "unread"),
    [
        (trace(b"x", truncated=True), None, TOO_LONG),
        (trace(gzip.compress(b"{}"), content_encoding="gzip"), b"{}", ""),
        (trace(zlib.compress(b"{}"), content_encoding="deflate"), b"{}", ""),
        (trace(b"{}", content_encoding="identity"), b"{}", ""),
        (trace(gzip.compress(LONG), content_encoding="gzip"), None, TOO_LONG),
        (trace(b"{}", content_encoding="gzip"), None, "it is damaged"),
        (trace(b"{}", content_encoding="br"), None, "it is compressed as 'br'"),
    ],
)
def test_a_body_is_whole_or_it_is_said_why_not(told: Any, body: bytes | None, unread: str) -> None:
    (found,) = tap.tapped(MESH, answer(told))
    assert (found.exchange.body, found.exchange.unread) == (body, unread)


def test_what_is_no_json_is_no_answer() -> None:
    with pytest.raises(Unavailable, match=r"Envoy's tap answered what is no JSON"):
        list(tap.tapped(MESH, answer(trace()) + "{"))


def test_a_mesh_without_a_tap_is_not_asked() -> None:
    with pytest.raises(Unavailable, match=r"the mesh was started without a tap \(write tap: true"):
        tap.look(replace(MESH, tap=False), [PAY], 1.0)
