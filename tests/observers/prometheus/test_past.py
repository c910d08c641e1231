"""A past interval of a Prometheus: exact counts of both arms by step, and every absence by its name."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from tidegate.core.errors import Refused, Unavailable
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import ServiceName, Version
from tidegate.core.telemetry import Metric, Telemetry
from tidegate.observers.prometheus import PastRequests, Prometheus, Span, past, read_past
from tidegate.observers.prometheus.series import Sample

from .recorded import Recorded
from .worlds import Asked, answering, telemetry_of

BEGAN, ENDED = 1_772_366_400.0, 1_772_370_000.0  # 12:00 to 13:00 on 2026-03-01
SPAN = Span(began=BEGAN, ended=ENDED, step=600.0)
PAY = Subject(service=ServiceName("pay"), old=Version("1"), new=Version("2"))
INTERVAL = 15.0
Look = tuple[int, int, int, int]
"""Requests and bad of the canary, requests and bad of the control."""


def scrapes(begin: float = BEGAN - 600.0, end: float = ENDED + 600.0) -> list[float]:
    """A scrape every fifteen seconds, a little after the full one."""
    return [begin + 0.3 + INTERVAL * number for number in range(int((end - begin) / INTERVAL))]


def rising(each_scrape: float, begin: float = BEGAN - 600.0, end: float = ENDED + 600.0) -> list[Sample]:
    return [(at, 1000.0 + each_scrape * number) for number, at in enumerate(scrapes(begin, end))]


def pod(world: Recorded, name: str, version: str, **samples: list[Sample]) -> None:
    """A target with its scrapes; `c200=…` are the samples of the counter with that status."""
    times = sorted({at for each in samples.values() for at, _ in each})
    world.add([(at, 1.0) for at in times], "up", job="shop", instance=name)
    for code, each in samples.items():
        labels = {"app": "pay", "version": version, "code": code[1:], "job": "shop", "instance": name}
        world.add(each, "rq_total", **labels)


def whole() -> Recorded:
    """Two pods a version, of which one of the canary has an error with each scrape."""
    world = Recorded(now=ENDED + 1000.0)
    pod(world, "a", "1", c200=rising(10.0), c404=rising(1.0))
    pod(world, "b", "1", c200=rising(10.0))
    pod(world, "c", "2", c200=rising(3.0), c503=rising(1.0))
    pod(world, "d", "2", c200=rising(3.0))
    pod(world, "z", "3", c200=rising(100.0))
    return world


async def read(
    world: Recorded, span: Span = SPAN, change: Callable[[Telemetry], Telemetry] = lambda same: same
) -> PastRequests:
    with answering(world.reply) as url:
        telemetry = telemetry_of(url, "shop")
        telemetry = replace(telemetry, prometheus=replace(telemetry.prometheus, interval=INTERVAL))
        async with Prometheus(url) as client:
            return await read_past(client, change(telemetry), PAY, span)


def looks(found: PastRequests) -> list[Look]:
    return [
        (each.canary.requests, each.canary.bad, each.control.requests, each.control.bad)
        for each in found.intervals
    ]


async def test_both_arms_over_the_same_steps() -> None:
    found = await read(whole())
    assert looks(found) == [(7 * 40, 40, 21 * 40, 0)] * 6
    assert [each.at for each in found.intervals] == [BEGAN + 600.0 * number for number in range(1, 7)]
    assert found.missing == ()


@pytest.mark.parametrize("step", [15.0, 70.0, 3600.0])
@pytest.mark.parametrize("piece", [3600.0, 1000.0, 170.0])
async def test_however_it_is_cut_the_whole_is_the_same(
    monkeypatch: pytest.MonkeyPatch, step: float, piece: float
) -> None:
    monkeypatch.setattr(past, "PIECE", piece)
    found = await read(whole(), replace(SPAN, step=step))
    assert [sum(column) for column in zip(*looks(found), strict=True)] == [7 * 240, 240, 21 * 240, 0]
    assert (len(found.intervals), found.intervals[-1].at) == (-(-3600 // int(step)), ENDED)
    assert found.missing == ()


async def test_an_answer_that_is_too_large_is_asked_for_in_halves() -> None:
    world = whole()
    world.most = 200
    assert looks(await read(world)) == looks(await read(whole()))
    world.most = 2
    with pytest.raises(Unavailable, match="too many samples"):
        await read(world)


async def test_a_restart_and_the_first_error_of_a_pod_are_counted() -> None:
    world = Recorded(now=ENDED)
    pod(world, "a", "1", c200=rising(10.0))
    times = scrapes()
    fell = [(at, value if at < BEGAN + 1000.0 else value - 1140.0) for at, value in rising(2.0)]
    born = [(at, 5.0) for at in times if at > BEGAN + 2000.0]
    pod(world, "c", "2", c200=fell, c500=born)
    found = await read(world, replace(SPAN, step=1800.0))
    restart = next(value for at, value in fell if at > BEGAN + 1000.0)
    assert looks(found) == [(119 * 2 + int(restart), 0, 1200, 0), (240 + 5, 5, 1200, 0)]
    assert found.missing == ()


def failing_apart(telemetry: Telemetry) -> Telemetry:
    """Failures in a counter of their own; statuses say nothing."""
    assert telemetry.requests
    failed = Metric(selector='failed_total{job="shop"}')
    return replace(telemetry, requests=replace(telemetry.requests, failed=failed))


async def test_failures_in_a_counter_of_their_own() -> None:
    world = whole()
    labels = {"app": "pay", "job": "shop", "instance": "c", "version": "2"}
    world.add(rising(2.0), "failed_total", **labels)
    found = await read(world, change=failing_apart)
    assert looks(found) == [(7 * 40, 80, 21 * 40, 0)] * 6
    assert found.missing == ()


def dropped(begin: float, end: float) -> Callable[[list[Sample]], list[Sample]]:
    return lambda samples: [(at, value) for at, value in samples if not BEGAN + begin <= at < BEGAN + end]


def cut(
    world: Recorded, instance: str, keep: Callable[[list[Sample]], list[Sample]], *names: str
) -> Recorded:
    """The world without some of the samples of one pod, `up` among them if it is named."""
    for labels, samples in world.series:
        if labels["instance"] == instance and labels["__name__"] in names:
            samples[:] = keep(samples)
    return world


def only(world: Recorded, *versions: str) -> Recorded:
    world.series = [each for each in world.series if each[0].get("version", "up") in {*versions, "up"}]
    return world


WITHOUT = "choose an interval without; or is spec.prometheus.interval not the scrape interval?"
METRIC = 'rq_total{job="shop"}'
ASK = "was it running, and did it export the metric under this name?"


def absent(version: str) -> str:
    return f"no data: requests: {METRIC} has no samples of pay@{version} in this interval; {ASK}"


def single(what: str, instance: str) -> str:
    return f'partial: requests: {what} (1 series, such as {{instance="{instance}", job="shop"}}); {WITHOUT}'


def renamed() -> Recorded:
    world = whole()
    for labels, _ in world.series:
        labels["__name__"] = labels["__name__"].replace("rq_total", "rqs_total")
    return world


def warned() -> Recorded:
    world = whole()
    world.warnings = ("PromQL info: something", "a store is down")
    return world


def one_canary(keep: Callable[[list[Sample]], list[Sample]], *names: str) -> Recorded:
    world = Recorded(now=ENDED)
    pod(world, "a", "1", c200=rising(10.0))
    pod(world, "c", "2", c200=rising(3.0))
    return cut(world, "c", keep, *names)


@pytest.mark.parametrize(
    ("why", "world", "missing"),
    [
        ("no canary", only(whole(), "1"), [absent("2")]),
        ("no control", only(whole(), "2"), [absent("1")]),
        ("neither", only(whole(), "3"), [absent("2"), absent("1")]),
        (
            "a renamed metric",
            renamed(),
            [
                "unknown metric: requests: Prometheus knows no metric rq_total; did you mean 'rqs_total'?",
            ],
        ),
        (
            "a canary that began late",
            one_canary(dropped(-600.0, 1000.0), "up", "rq_total"),
            [f"partial: requests: {METRIC} has no samples of pay@2 before 2026-03-01T12:16:45Z; begin there"],
        ),
        (
            "a canary that ended early",
            one_canary(dropped(1000.0, 9000.0), "up", "rq_total"),
            [f"partial: requests: {METRIC} has no samples of pay@2 after 2026-03-01T12:16:30Z; end there"],
        ),
        (
            "two holes",
            one_canary(lambda samples: dropped(60, 160)(dropped(900, 1000)(samples)), "up", "rq_total"),
            [
                (
                    f"partial: requests: {METRIC} has 2 holes for pay@2, the first from "
                    f"2026-03-01T12:00:45Z to 2026-03-01T12:02:45Z; {WITHOUT}"
                )
            ],
        ),
        ("one failed scrape is none", one_canary(dropped(60, 80), "rq_total"), []),
        (
            "a hole of one pod",
            cut(whole(), "d", dropped(60, 160), "rq_total"),
            [single(f"{METRIC} has holes for single targets of pay@2", "d")],
        ),
        ("a pod that went", cut(whole(), "d", dropped(60, 9000), "rq_total", "up"), []),
        ("a pod that came", cut(whole(), "d", dropped(-900, 60), "rq_total", "up"), []),
        (
            "a pod that lost its metric",
            cut(whole(), "d", dropped(60, 9000), "rq_total"),
            [single(f"{METRIC} ends for targets of pay@2 that were there still", "d")],
        ),
        (
            "part of an answer",
            warned(),
            [
                "partial: answers: URL warns: a store is down; an answer may lack a part of the series",
            ],
        ),
    ],
)
async def test_what_is_missing(why: str, world: Recorded, missing: list[str]) -> None:
    found = await read(world)
    told = [re.sub("http://[0-9.:]+", "URL", str(each)) for each in found.missing]
    assert told == missing, why


async def test_a_canary_that_was_never_scraped_with_success_is_told() -> None:
    world = whole()
    labels = {"job": "shop", "instance": "e", "app": "pay", "version": "2"}
    world.add([(at, 0.0) for at in scrapes()], "up", **labels)
    found = await read(world)
    assert [str(each) for each in found.missing] == [single("no scrape succeeded of targets of pay@2", "e")]


async def test_a_counter_that_is_there_twice_is_refused() -> None:
    world = whole()
    labels = {"app": "pay", "version": "2", "code": "200", "job": "shop", "instance": "c", "replica": "x"}
    world.add(rising(3.0), "rq_total", **labels)
    with pytest.raises(Refused) as found:
        await read(world)
    assert str(found.value) == (
        f'{METRIC} has the same counter several times, as replica="" and replica="x" '
        "(narrow spec.requests.metric with matchers, so that a request counts once)"
    )


async def test_one_scraped_by_another_job_afterwards_is_not() -> None:
    world = cut(whole(), "d", dropped(1800, 9000), "rq_total", "up")
    labels = {"app": "pay", "version": "2", "code": "200", "job": "shop", "instance": "d", "replica": "x"}
    world.add(dropped(-900, 1830)(rising(3.0)), "rq_total", **labels)
    assert (await read(world)).missing == ()


async def test_more_series_than_can_be_read_are_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "SERIES", 4)
    with pytest.raises(Unavailable) as found:
        await read(whole())
    assert str(found.value) == (
        f"{METRIC} has more than 4 series of pay "
        "(narrow spec.requests.metric with matchers, or shorten the interval)"
    )


async def test_what_lies_in_the_future_or_is_not_measured_is_refused() -> None:
    world = whole()
    world.now = ENDED - 60.0
    with pytest.raises(
        Refused, match=r"the interval ends at 2026-03-01T13:00:00Z, and at .* it is 2026-03-01T12:59:00Z"
    ):
        await read(world)
    with pytest.raises(Refused, match="telemetry test measures no requests"):
        await read(whole(), change=lambda telemetry: replace(telemetry, requests=None))


async def test_a_source_that_goes_down_midway_is_unavailable() -> None:
    world = whole()

    def until_then(asked: Asked) -> tuple[int, bytes]:
        return world.reply(asked) if len(world.queries) < 3 else (503, b"")

    with answering(until_then) as url:
        async with Prometheus(url) as client:
            with pytest.raises(Unavailable, match="is not ready"):
                await read_past(client, telemetry_of(url, "shop"), PAY, SPAN)


async def test_values_are_quoted_in_selectors() -> None:
    world = Recorded(now=ENDED)
    with answering(world.reply) as url:
        async with Prometheus(url) as client:
            odd = replace(PAY, new=Version('2"} or up{job="x'))
            await read_past(client, telemetry_of(url, "shop"), odd, SPAN)
    assert r'rq_total{job="shop",app="pay",version="2\"} or up{job=\"x"}[3900000ms]' in world.queries
