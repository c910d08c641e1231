"""OFREP as an application meets it: one flag, all of them, and what is refused."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import httpx
import pytest
from tests.server.flags.asking import ACCESS, MemoryFlags, asking, flag, reading, set_of

from tidegate.core.flags.definitions import Json
from tidegate.server.flags import body
from tidegate.server.flags import reading as routes
from tidegate.server.flags.context import DEEPEST, LONGEST_TEXT, MOST_BYTES, MOST_VALUES

ALL = "/ofrep/v1/evaluate/flags"
WHO = {"context": {"targetingKey": "ann"}}
STREAMS = [
    {
        "type": "sse",
        "endpoint": {"requestUri": f"/ofrep/v1/events?ticket={ACCESS.ticket}"},
        "inactivityDelaySec": 120,
    }
]

REFUND = replace(flag("instant-refund"), metadata={"owner": "group:payments"})
LIMIT = flag("limit", on=20.0, off=7, default="on")
GONE = replace(flag("gone"), enabled=False)
THEME = flag("shop/theme", on={"dark": True}, off="grün")
SERVED = set_of(REFUND, LIMIT, GONE, THEME, metadata={"team": "shop"})


def success(key: str, **told: object) -> dict[str, object]:
    return {"key": key, "reason": "STATIC", "metadata": {"team": "shop"}, **told}


SUCCESSES = [
    success(
        "instant-refund",
        variant="off",
        value=False,
        metadata={"team": "shop", "owner": "group:payments"},
    ),
    success("limit", variant="on", value=20.0),
    success("gone", reason="DISABLED", variant=""),
    success("shop/theme", variant="off", value="grün"),
]


@pytest.fixture
def flags() -> MemoryFlags:
    return MemoryFlags(SERVED)


@pytest.fixture
async def http(flags: MemoryFlags) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(reading(flags)) as client:
        yield client


@pytest.mark.parametrize("told", SUCCESSES, ids=lambda told: str(told["key"]))
async def test_one_flag(http: httpx.AsyncClient, flags: MemoryFlags, told: Mapping[str, object]) -> None:
    """One that is switched off in its definition has no value: whoever asks takes a default of their own."""
    answer = await http.post(f"{ALL}/{told['key']}", json=WHO)
    assert (answer.status_code, answer.json()) == (200, {**told, "eventStreams": STREAMS})
    assert answer.headers["content-type"] == "application/json"
    assert flags.noted == [(told["key"], told["variant"] or None)]


async def test_a_number_keeps_its_kind(http: httpx.AsyncClient) -> None:
    """An SDK that was asked for a float takes no integer."""
    assert '"value":20.0' in (await http.post(f"{ALL}/limit", json=WHO)).text


async def test_a_flag_that_is_not_served(http: httpx.AsyncClient, flags: MemoryFlags) -> None:
    answer = await http.post(f"{ALL}/unheard", json=WHO)
    assert (answer.status_code, answer.json()["errorCode"], answer.json()["key"]) == (
        404,
        "FLAG_NOT_FOUND",
        "unheard",
    )
    assert isinstance(answer.json()["errorDetails"], str)
    assert flags.noted == []


GOLD: Mapping[str, Json] = {"if": [{"==": [{"var": "plan"}, "gold"]}, "on"]}
WRONG: Mapping[str, Json] = {"unheard": []}


@pytest.mark.parametrize(
    ("plan", "variant", "reason"), [("gold", "on", "TARGETING_MATCH"), ("tin", "off", "DEFAULT")]
)
async def test_the_context_decides(
    http: httpx.AsyncClient, flags: MemoryFlags, plan: str, variant: str, reason: str
) -> None:
    flags.serve(set_of(replace(flag("sale"), targeting=GOLD)))
    one = (await http.post(f"{ALL}/sale", json={"context": {"plan": plan}})).json()
    (same,) = (await http.post(ALL, json={"context": {"plan": plan}})).json()["flags"]
    assert (one["variant"], one["reason"]) == (same["variant"], same["reason"]) == (variant, reason)


async def test_a_flag_that_cannot_be_evaluated(http: httpx.AsyncClient, flags: MemoryFlags) -> None:
    """The others are answered all the same."""
    flags.serve(set_of(replace(flag("sale"), targeting=WRONG), flag("a")))
    one = await http.post(f"{ALL}/sale", json=WHO)
    told = {
        "key": "sale",
        "errorCode": "PARSE_ERROR",
        "errorDetails": "sale: unknown operator 'unheard'",
    }
    assert (one.status_code, one.json()) == (400, told)
    every = await http.post(ALL, json=WHO)
    assert (every.status_code, every.json()["flags"][0]) == (200, told)
    assert every.json()["flags"][1]["variant"] == "off"


async def test_a_variant_without_a_value(http: httpx.AsyncClient, flags: MemoryFlags) -> None:
    flags.serve(set_of(flag("a", off=None)))
    answer = (await http.post(f"{ALL}/a", json=WHO)).json()
    assert ("value" in answer, answer["variant"]) == (False, "off")


async def test_all_flags(http: httpx.AsyncClient, flags: MemoryFlags) -> None:
    """They are not noted as evaluated: nobody knows which of them are used."""
    answer = await http.post(ALL, json=WHO)
    assert (answer.status_code, answer.json()) == (
        200,
        {"flags": SUCCESSES, "metadata": {"team": "shop"}, "eventStreams": STREAMS},
    )
    assert flags.noted == []


async def test_no_flags() -> None:
    async with asking(reading(MemoryFlags(set_of()))) as http:
        answer = await http.post(ALL, json=WHO)
    assert answer.json() == {"flags": [], "metadata": {}, "eventStreams": STREAMS}


@pytest.mark.parametrize("content", [b"", b" ", b"{}", b'{"context": {}}', b'{"unheard": 1}'])
async def test_a_context_may_be_left_out(http: httpx.AsyncClient, content: bytes) -> None:
    assert (await http.post(f"{ALL}/limit", content=content)).status_code == 200


# Entity tags


async def asked(http: httpx.AsyncClient, tag: str, who: str = "ann") -> tuple[int, str, bytes]:
    answer = await http.post(
        ALL, json={"context": {"targetingKey": who}}, headers={"If-None-Match": tag} if tag else {}
    )
    return answer.status_code, answer.headers["etag"], answer.content


async def test_who_has_the_answer_is_not_sent_it_again(http: httpx.AsyncClient) -> None:
    status, tag, _ = await asked(http, "")
    assert status == 200
    assert await asked(http, tag) == (304, tag, b"")
    assert await asked(http, f'"other", W/{tag}') == (304, tag, b"")
    assert (await asked(http, '"other"'))[0] == 200


async def test_another_context_is_another_answer(http: httpx.AsyncClient) -> None:
    _, tag, _ = await asked(http, "")
    status, other, _ = await asked(http, tag, who="ben")
    assert (status, other != tag) == (200, True)


async def test_what_changed_is_sent_and_what_did_not_is_not(
    http: httpx.AsyncClient, flags: MemoryFlags
) -> None:
    """A file that was written again as it was is no change, though it is another generation."""
    _, tag, _ = await asked(http, "")
    flags.serve(SERVED)
    assert await asked(http, tag) == (304, tag, b"")
    flags.serve(set_of(REFUND))
    status, other, content = await asked(http, tag)
    assert (status, other != tag, len(json.loads(content)["flags"])) == (200, True, 1)


async def test_flags_that_look_at_the_time_are_asked_anew_each_second(flags: MemoryFlags) -> None:
    late: Mapping[str, Json] = {"if": [{">": [{"var": "$flagd.timestamp"}, 9]}, "on", "off"]}
    flags.serve(set_of(replace(flag("sale"), targeting=late)))
    times = iter([5.0, 8.0, 8.9, 9.1])
    async with asking(routes.Reading(flags, ACCESS, lambda: next(times))) as http:
        _, tag, _ = await asked(http, "")
        assert await asked(http, tag) == (304, tag, b"")
        assert (await asked(http, tag))[0] == 200


# What is refused


def nested(levels: int) -> dict[str, object]:
    inner: dict[str, object] = {}
    for _ in range(levels - 1):
        inner = {"a": inner}
    return inner


HOSTILE: dict[str, tuple[bytes, str, str]] = {
    "no JSON": (b"{", "PARSE_ERROR", "the body is not JSON: "),
    "no UTF-8": (b'{"context": {"a": "\xff"}}', "PARSE_ERROR", "the body is not JSON: "),
    "no number": (b'{"context": {"a": NaN}}', "PARSE_ERROR", "NaN is no number of JSON"),
    "long number": (b'{"context": {"a": ' + b"9" * 9000 + b"}}", "PARSE_ERROR", "the body is not JSON: "),
    "no object": (b"[]", "INVALID_CONTEXT", "the body is not a JSON object"),
    "no context": (b'{"context": []}', "INVALID_CONTEXT", "`context` is not a JSON object"),
    "null": (b'{"context": null}', "INVALID_CONTEXT", "`context` is not a JSON object"),
    "key": (b'{"context": {"targetingKey": 7}}', "INVALID_CONTEXT", "`targetingKey` is not a text"),
    "very deep": (
        b'{"context":' * 9000,
        "INVALID_CONTEXT",
        "the body has more than 65536 bytes",
    ),
    "deep": (b"[" * 60000, "INVALID_CONTEXT", "the body is nested deeper than 16 levels"),
    "too deep": (
        json.dumps({"context": nested(DEEPEST + 1)}).encode(),
        "INVALID_CONTEXT",
        "`context` is nested deeper than 16 levels",
    ),
    "deep list": (
        b'{"context": {"a": ' + b"[" * 16 + b"]" * 16 + b"}}",
        "INVALID_CONTEXT",
        "`context` is nested deeper than 16 levels",
    ),
    "many keys": (
        json.dumps({"context": {str(each): each for each in range(MOST_VALUES // 2 + 1)}}).encode(),
        "INVALID_CONTEXT",
        "`context` has more than 1000 keys and values",
    ),
    "many values": (
        json.dumps({"context": {"a": [0] * MOST_VALUES}}).encode(),
        "INVALID_CONTEXT",
        "`context` has more than 1000 keys and values",
    ),
    "long text": (
        json.dumps({"context": {"a": "a" * (LONGEST_TEXT + 1)}}).encode(),
        "INVALID_CONTEXT",
        "`context` has a text of more than 8192 characters",
    ),
    "long key": (
        json.dumps({"context": {"a" * (LONGEST_TEXT + 1): 0}}).encode(),
        "INVALID_CONTEXT",
        "`context` has a text of more than 8192 characters",
    ),
    "half a character": (
        b'{"context": {"a": "\\ud800"}}',
        "INVALID_CONTEXT",
        "`context` has a text that is half a character",
    ),
    "endless": (b'{"context": {"a": 1e999}}', "INVALID_CONTEXT", "a number beyond those of a double"),
    "integer": (
        b'{"context": {"a": ' + b"9" * 400 + b"}}",
        "INVALID_CONTEXT",
        "a number beyond those of a double",
    ),
    "huge": (bytes(MOST_BYTES + 1), "INVALID_CONTEXT", "the body has more than 65536 bytes"),
    "gigantic": (bytes(16 << 20), "INVALID_CONTEXT", "the body has more than 65536 bytes"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(("path", "of"), [(ALL, {}), (f"{ALL}/limit", {"key": "limit"})])
async def test_a_hostile_context_is_refused_quickly(
    http: httpx.AsyncClient, flags: MemoryFlags, name: str, path: str, of: Mapping[str, str]
) -> None:
    content, code, told = HOSTILE[name]
    began = time.process_time()
    answer = await http.post(path, content=content)
    assert time.process_time() - began < 0.5
    details = answer.json()["errorDetails"]
    assert (answer.status_code, answer.json()) == (
        400,
        {**of, "errorCode": code, "errorDetails": details},
    )
    assert told in details
    assert len(details) < 250
    assert flags.noted == []


async def test_the_largest_context_is_taken(http: httpx.AsyncClient) -> None:
    largest = {str(each): "é" * 20 for each in range(MOST_VALUES // 2)}
    assert (await http.post(ALL, json={"context": largest})).status_code == 200
    assert (await http.post(ALL, json={"context": nested(DEEPEST)})).status_code == 200


async def slowly(asked: asyncio.Event) -> AsyncIterator[bytes]:
    """A body whose end does not come."""
    asked.set()
    yield b"{"
    await asyncio.Event().wait()


async def test_a_body_that_does_not_come(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.05)
    answer = await http.post(ALL, content=slowly(asyncio.Event()))
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")


async def test_too_many_questions_at_once(flags: MemoryFlags, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow one holds its place until it has come; then there is room again."""
    monkeypatch.setattr(routes, "MOST_QUESTIONS", 1)
    monkeypatch.setattr(body, "BODY_SECONDS", 0.1)
    asked = asyncio.Event()
    async with asking(reading(flags)) as http:
        slow = asyncio.create_task(http.post(ALL, content=slowly(asked)))
        await asked.wait()
        answer = await http.post(ALL, json=WHO)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert answer.json() == {"errorDetails": "there are 1 questions already: ask again later"}
        assert (await slow).status_code == 408
        assert (await http.post(ALL, json=WHO)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_another_method(http: httpx.AsyncClient, method: str) -> None:
    assert (await http.request(method, ALL)).status_code == 405
