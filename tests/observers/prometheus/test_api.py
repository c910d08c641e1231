"""What Prometheus answers becomes a value, or an error that says where and what next."""

import gzip
import json
from math import isnan
from threading import Event

import pytest

from tidegate.core.errors import Unavailable
from tidegate.observers.prometheus.api import BadQuery, Prometheus
from tidegate.observers.prometheus.series import Answer, Series

from .worlds import Asked, Reply, answering


def good(kind: str, result: object, **more: object) -> tuple[int, bytes]:
    return 200, json.dumps(
        {"status": "success", "data": {"resultType": kind, "result": result}, **more}
    ).encode()


def error(status: int, kind: str, words: str) -> tuple[int, bytes]:
    return status, json.dumps({"status": "error", "errorType": kind, "error": words}).encode()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            good("vector", [{"metric": {"a": "b"}, "value": [1.5, "+Inf"]}]),
            Answer(kind="vector", series=(Series(labels={"a": "b"}, samples=((1.5, float("inf")),)),)),
        ),
        (
            good("matrix", [{"metric": {}, "values": [[1, "2"], [3, "4e1"]]}], warnings=["a store is down"]),
            Answer(
                kind="matrix",
                series=(Series(labels={}, samples=((1.0, 2.0), (3.0, 40.0))),),
                warnings=("a store is down",),
            ),
        ),
        (good("scalar", [1, "7"]), Answer(kind="scalar", series=(Series(labels={}, samples=((1.0, 7.0),)),))),
        (good("string", [1, "warm"]), Answer(kind="string")),
        (good("vector", []), Answer()),
    ],
)
async def test_answers(reply: tuple[int, bytes], expected: Answer) -> None:
    with answering(lambda _: reply) as url:
        async with Prometheus(url) as client:
            assert await client.query("up") == expected


async def test_what_is_no_number_stays_none() -> None:
    with answering(lambda _: good("vector", [{"metric": {}, "value": [1, "NaN"]}])) as url:
        async with Prometheus(url) as client:
            assert isnan((await client.query("up")).series[0].samples[0][1])


async def test_a_query_is_a_form_and_asks_for_nothing_compressed() -> None:
    asked: list[Asked] = []

    def reply(question: Asked) -> tuple[int, bytes]:
        asked.append(question)
        return good("vector", [])

    with answering(reply) as url:
        async with Prometheus(f"{url}/prefix/", timeout=2.5) as client:
            await client.query('up{job="a&b"}', at=12.3456)
    assert (asked[0].path, asked[0].body) == (
        "/prefix/api/v1/query",
        b"query=up%7Bjob%3D%22a%26b%22%7D&timeout=2.5s&time=12.346",
    )
    assert asked[0].headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in asked[0].headers


async def test_what_is_reached_is_what_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with answering(lambda _: good("vector", [])) as url:
        async with Prometheus(url) as client:
            assert await client.query("up") == Answer()


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (error(400, "bad_data", "parse error"), "'up{': parse error (mend the expression)"),
        (error(422, "execution", "too many samples"), "'up{': too many samples (mend the expression)"),
        (
            good("vector", [{"metric": {}, "histogram": [1, {}]}]),
            "'up{' gives native histograms (ask for a metric with classic buckets)",
        ),
        (
            good("vector", ["x" * 2000]),
            "'up{': URL answers with more than 1000 bytes (narrow what is asked for with matchers)",
        ),
    ],
)
async def test_one_query_that_cannot_be_answered(reply: tuple[int, bytes], message: str) -> None:
    with answering(lambda _: reply) as url:
        async with Prometheus(url, answer_bytes=1000) as client:
            with pytest.raises(BadQuery) as refused:
                await client.query("up{")
    assert str(refused.value).replace(url, "URL") == message


STRANGE = "URL answers{} with something that is not Prometheus' API (check spec.prometheus.url)"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            error(503, "timeout", "query timed out"),
            "URL answers 503: query timed out (see the log of Prometheus)",
        ),
        (error(500, "internal", "x" * 2000), f"URL answers 500: {'x' * 500} (see the log of Prometheus)"),
        ((503, b"Service Unavailable"), "URL is not ready (wait until Prometheus has started)"),
        ((401, b""), "URL answers 401 (check spec.prometheus.auth: user, password or token)"),
        ((403, b""), "URL answers 403 (check spec.prometheus.auth: this login may not query)"),
        ((404, b"no page"), "URL answers 404 (check spec.prometheus.url: it ends before /api/v1)"),
        ((302, b""), "URL answers 302 (set spec.prometheus.url to the address that it redirects to)"),
        ((502, b"<html>"), "URL answers 502 (is Prometheus up behind its proxy?)"),
        ((200, b"<html>"), STRANGE.format(" 200")),
        ((200, b"[" * 500), STRANGE.format(" 200")),
        ((200, b"\xff"), STRANGE.format(" 200")),
        ((200, b"[]"), STRANGE.format(" 200")),
        ((200, gzip.compress(good("vector", [])[1])), STRANGE.format(" 200")),
        ((418, b'{"status": "success"}'), STRANGE.format(" 418")),
        ((200, b'{"status": "success"}'), STRANGE.format("")),
        (good("tensor", []), STRANGE.format("")),
        (good("vector", 7), STRANGE.format("")),
        (good("vector", [{"metric": {}}]), STRANGE.format("")),
        (good("vector", [{"metric": {}, "value": [1]}]), STRANGE.format("")),
        (good("vector", [{"metric": [], "value": [1, "2"]}]), STRANGE.format("")),
        (good("vector", [{"metric": {}, "value": [1, "two"]}]), STRANGE.format("")),
        (good("vector", [{"metric": {}, "value": [float("nan"), "2"]}]), STRANGE.format("")),
        (good("vector", [{"metric": {}, "value": [10**400, "2"]}]), STRANGE.format("")),
        (good("matrix", [{"metric": {}, "values": []}]), STRANGE.format("")),
    ],
)
async def test_a_source_that_does_not_answer_as_prometheus_does(
    reply: tuple[int, bytes], message: str
) -> None:
    with answering(lambda _: reply) as url:
        async with Prometheus(url) as client:
            with pytest.raises(Unavailable) as refused:
                await client.query("up")
    assert not isinstance(refused.value, BadQuery)
    assert str(refused.value).replace(url, "URL") == message


async def test_an_answer_has_its_time() -> None:
    enough = Event()

    def late(_: Asked) -> tuple[int, bytes]:
        enough.wait(10)
        return good("vector", [])

    with answering(late) as url:
        async with Prometheus(url, timeout=0.05) as client:
            with pytest.raises(Unavailable) as refused:
                await client.query("up")
        enough.set()
    assert str(refused.value) == (
        f"{url} does not answer: no answer within 0.05 s (is Prometheus up and reachable from here?)"
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1"])
async def test_nobody_there(url: str) -> None:
    async with Prometheus(url, timeout=2.0) as client:
        with pytest.raises(Unavailable, match="is Prometheus up and reachable from here"):
            await client.query("up")


NAMES: Reply = lambda _: (200, b'{"status":"success","data":["up","rq_total"]}')  # noqa: E731 - as short as it gets


async def test_names_of_metrics() -> None:
    with answering(NAMES) as url:
        async with Prometheus(url) as client:
            assert await client.names() == ("up", "rq_total")


@pytest.mark.parametrize("data", [b"7", b"null", b"{}"])
async def test_names_that_are_none(data: bytes) -> None:
    with answering(lambda _: (200, b'{"status":"success","data":' + data + b"}")) as url:
        async with Prometheus(url) as client:
            with pytest.raises(Unavailable, match="not Prometheus' API"):
                await client.names()


async def test_a_clock_that_is_none() -> None:
    with answering(lambda _: good("string", [1, "noon"])) as url:
        async with Prometheus(url) as client:
            with pytest.raises(Unavailable, match="not Prometheus' API"):
                await client.now()
