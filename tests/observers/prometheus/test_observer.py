"""Prometheus is asked once in an interval, whoever reads and whatever it answers."""

import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import pytest

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import Gap
from tidegate.observers.prometheus import Prometheus, PrometheusObserver

from .worlds import Asked, answering, telemetry_of

INTERVAL = telemetry_of("", "").prometheus.interval


@dataclass
class Stub:
    """A Prometheus without series, which counts how often it was asked for the time."""

    now: float = 1000.0
    status: int = 200
    names: str = "rq_totals"
    warnings: tuple[str, ...] = ()
    queries: list[str] = field(default_factory=list)

    def reply(self, asked: Asked) -> tuple[int, bytes]:
        if asked.path.endswith("/values"):
            return 200, json.dumps({"status": "success", "data": ["up", self.names]}).encode()
        query = parse_qs(asked.body.decode())["query"][0]
        self.queries.append(query)
        scalar = {"resultType": "scalar", "result": [self.now, str(self.now)]}
        kind = "matrix" if query.endswith("]") else "vector"
        data = scalar if query == "time()" else {"resultType": kind, "result": []}
        return self.status, json.dumps(
            {"status": "success", "data": data, "warnings": self.warnings}
        ).encode()

    @property
    def times_asked(self) -> int:
        return self.queries.count("time()")


async def test_however_many_read_it_is_asked_once_an_interval() -> None:
    stub = Stub()
    with answering(stub.reply) as url:
        async with Prometheus(url) as client:
            observer = PrometheusObserver(telemetry_of(url, "shop"), client, lambda: stub.now)
            first, *others = await asyncio.gather(*(observer.read() for _ in range(5)))
            assert all(each is first for each in others)
            stub.now += INTERVAL * 0.9
            assert await observer.read() is first
            assert stub.times_asked == 1
            stub.now += INTERVAL * 0.2
            assert (await observer.read()).at == pytest.approx(1000.0)
            stub.now -= 100.0
            await observer.read()
    assert stub.times_asked == 3
    assert [each.gap for each in first.missing] == [Gap.RENAMED]


async def test_a_source_that_is_down_is_asked_once_an_interval_too_and_found_again() -> None:
    stub = Stub(status=503)
    with answering(stub.reply) as url:
        async with Prometheus(url) as client:
            observer = PrometheusObserver(telemetry_of(url, "shop"), client, lambda: stub.now)
            for _ in range(2):
                with pytest.raises(Unavailable) as refused:
                    await observer.read()
                assert str(refused.value) == f"{url} is not ready (wait until Prometheus has started)"
            assert stub.times_asked == 1
            stub.status = 200
            stub.now += INTERVAL
            await observer.read()
    assert stub.times_asked == 2


async def test_a_reading_has_its_time_however_many_answers_it_needs() -> None:
    """Each answer comes in time, but all of them together take too long."""
    stub = Stub()

    def slowly(asked: Asked) -> tuple[int, bytes]:
        time.sleep(0.03)
        return stub.reply(asked)

    with answering(slowly) as url:
        telemetry = telemetry_of(url, "shop")
        hurried = replace(telemetry, prometheus=replace(telemetry.prometheus, timeout=0.03))
        async with Prometheus(url) as client:
            with pytest.raises(Unavailable) as refused:
                await PrometheusObserver(hurried, client, lambda: stub.now).read()
    assert str(refused.value) == (
        f"{url} needs more than 0.09 s for a reading (narrow what is asked for with matchers)"
    )


async def test_a_reader_that_is_cancelled_leaves_the_others_theirs() -> None:
    stub = Stub()
    with answering(stub.reply) as url:
        async with Prometheus(url) as client:
            observer = PrometheusObserver(telemetry_of(url, "shop"), client, lambda: stub.now)
            hasty, patient = (asyncio.create_task(observer.read()) for _ in range(2))
            await asyncio.sleep(0)
            hasty.cancel()
            assert (await patient).missing
    assert hasty.cancelled()


async def test_as_much_is_asked_as_has_not_been_read() -> None:
    stub = Stub()
    with answering(stub.reply) as url:
        async with Prometheus(url) as client:
            observer = PrometheusObserver(telemetry_of(url, "shop"), client, lambda: stub.now)
            for wait in (0.0, 60.0, 10_000.0):
                stub.now += wait
                await observer.read()
    windows = [query.rpartition("[")[2] for query in stub.queries if query.startswith("rq_total")]
    assert windows == ["800ms]", "60400ms]", "3600000ms]"]
    assert stub.queries[:4] == [
        "time()",
        'up{job="shop"}',
        'up{job="shop"}[800ms]',
        'rq_total{job="shop"}[800ms]',
    ]


NOTHING = 'no data: requests: rq_total{job="shop"} gives nothing at URL; is it exported and scraped?'


@pytest.mark.parametrize(
    ("why", "stub", "missing"),
    [
        (
            "unknown",
            Stub(),
            ["unknown metric: requests: Prometheus knows no metric rq_total; did you mean 'rq_totals'?"],
        ),
        ("more names than can be read", Stub(names="x" * 2000), [NOTHING]),
        (
            "partial",
            Stub(names="rq_total", warnings=("store 2 is down", "PromQL info: not a counter")),
            [
                "partial: answers: URL warns: store 2 is down; an answer may lack a part of the series",
                NOTHING,
            ],
        ),
    ],
)
async def test_what_else_is_asked_when_something_is_missing(why: str, stub: Stub, missing: list[str]) -> None:
    with answering(stub.reply) as url:
        async with Prometheus(url, answer_bytes=1000) as client:
            observer = PrometheusObserver(telemetry_of(url, "shop"), client, lambda: stub.now)
            reading = await observer.read()
    assert [str(each).replace(url, "URL") for each in reading.missing] == missing, why
