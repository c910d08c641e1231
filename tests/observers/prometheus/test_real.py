"""Debian's Prometheus scrapes real servers; what it has is read exactly, and what it has not is told."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import (
    CallEdge,
    Counts,
    Gap,
    Histogram,
    Reading,
    Signal,
    Tally,
    VersionedService,
)
from tidegate.core.ids import ServiceName, Version
from tidegate.core.telemetry import (
    Labels,
    Latency,
    LevelSource,
    Metric,
    Query,
    RatioSource,
    Telemetry,
)
from tidegate.observers.prometheus import Prometheus, PrometheusObserver
from tidegate.sources.telemetry import read_telemetry

from .worlds import INTERVAL, Job, Pod, Server, eventually, read_until, running, serving, telemetry_of

pytestmark = pytest.mark.real

GOOD, BAD, REJECTED = ('rq_total{code="200"}', 'rq_total{code="503"}', 'rq_total{code="404"}')
OWN = Labels(service="app", version="version")


def version(name: str) -> VersionedService:
    return VersionedService(service=ServiceName("pay"), version=Version(name))


def requests(reading: Reading) -> Mapping[str, tuple[int, int, int]]:
    """Requests, bad and rejected of each version."""
    return {
        edge.callee.version: (counts.requests, counts.bad, counts.rejected)
        for edge, counts in reading.edges.items()
    }


def label(pods: list[Pod], *versions: str) -> None:
    for pod, name in zip(pods, versions, strict=True):
        pod.labels = {"app": "pay", "version": name}


def zero(pods: list[Pod], *names: str) -> None:
    for pod in pods:
        for name in names:
            pod.values[name] = 0.0


def gaps(reading: Reading) -> list[Gap]:
    return [each.gap for each in reading.missing]


async def test_every_request_counts_once_through_restarts_and_new_counters(
    prometheus: Server, job: Job
) -> None:
    """Two versions, three pods: one restarts, one makes its first error, and nothing else is ever counted."""
    label(job.pods, "1", "1", "2")
    first, second, canary = job.pods
    async with Prometheus(prometheus.url) as client:
        observer = PrometheusObserver(telemetry_of(prometheus.url, job.name), client)
        await observer.read()
        for pod in (first, second):
            pod.add(GOOD, 1000)
        zero([canary], GOOD)
        before = await read_until(
            observer, lambda reading: requests(reading) == {"1": (2000, 0, 0), "2": (0, 0, 0)}
        )
        first.add(GOOD, 7)
        second.add(REJECTED, 2)  # the first of its kind
        canary.add(GOOD, 5)
        canary.add(BAD, 1)
        seen = await read_until(
            observer, lambda reading: requests(reading) == {"1": (2009, 0, 2), "2": (6, 1, 0)}
        )
        first.values = {GOOD: 3}  # restarted, and three requests since
        second.add(GOOD, 10)
        await read_until(
            observer, lambda reading: requests(reading) == {"1": (2009 + 13, 0, 2), "2": (6, 1, 0)}
        )
        later = await read_until(observer, lambda reading: reading.at > seen.at + 3 * INTERVAL)
    assert requests(later) == {"1": (2022, 0, 2), "2": (6, 1, 0)}
    assert (later.epoch, later.missing) == (before.epoch, ())


async def test_a_target_that_is_down_is_told_and_what_it_counted_stays(prometheus: Server, job: Job) -> None:
    label(job.pods, "1", "1", "2")
    zero(job.pods, GOOD)
    async with Prometheus(prometheus.url) as client:
        observer = PrometheusObserver(telemetry_of(prometheus.url, job.name), client)
        await read_until(observer, lambda reading: len(requests(reading)) == 2)
        for pod in job.pods:
            pod.add(GOOD, 10)
        await read_until(observer, lambda reading: requests(reading) == {"1": (20, 0, 0), "2": (10, 0, 0)})
        job.pods[0].healthy = False
        job.pods[1].add(GOOD, 5)
        partial = await read_until(
            observer, lambda reading: reading.missing and requests(reading)["1"] == (25, 0, 0)
        )
        assert gaps(partial) == [Gap.PARTIAL]
        assert partial.missing[0].service == "pay"
        assert str(partial.missing[0]) == (
            f"partial: targets: the last scrape of job {job.name} failed (1 series, such as "
            f'{{instance="127.0.0.1:{job.pods[0].port}", job="{job.name}"}}); see {prometheus.url}/targets'
        )
        job.pods[0].add(GOOD, 4)
        job.pods[0].healthy = True
        whole = await read_until(
            observer, lambda reading: requests(reading) == {"1": (29, 0, 0), "2": (10, 0, 0)}
        )
    assert whole.missing == ()


async def test_times_ratios_and_levels(prometheus: Server, job: Job) -> None:
    """Everything else that can be measured, of two instances of one version."""
    label(job.pods, "1", "2", "2")
    named = [
        'seconds_bucket{le="0.1"}',
        'seconds_bucket{le="0.3"}',
        'seconds_bucket{le="+Inf"}',
        "carts_total",
        "orders_total",
        GOOD,
    ]
    zero(job.pods, *named)
    for size, pod in enumerate(job.pods, start=1):
        pod.values["memory_bytes"] = size * 100.0
    telemetry = replace(
        telemetry_of(prometheus.url, job.name),
        latency=Latency(
            histogram=Metric(selector=f'seconds{{job="{job.name}"}}'), labels=OWN, threshold_ms=300
        ),
        ratios=(
            RatioSource(
                name="conversion",
                labels=OWN,
                total=Metric(selector="carts_total"),
                good=Metric(selector="orders_total"),
            ),
            RatioSource(
                name="lost",
                labels=OWN,
                total=Query(expression="sum by (app, version) (carts_total)"),
                bad=Query(expression="sum by (app, version) (carts_total - orders_total)"),
            ),
        ),
        levels=(
            LevelSource(name="memory", labels=OWN, value=Metric(selector="memory_bytes")),
            LevelSource(name="share", labels=OWN, value=Query(expression="memory_bytes / 1000")),
        ),
    )
    async with Prometheus(prometheus.url) as client:
        observer = PrometheusObserver(telemetry, client)
        await read_until(observer, lambda reading: len(reading.ratios) == 4 and not reading.missing)
        for pod in job.pods[1:]:
            for name, more in zip(named, (6, 9, 10, 10, 7, 10), strict=True):
                pod.add(name, more)
        reading = await read_until(
            observer, lambda reading: [tally.requests for tally in reading.ratios.values()].count(20) == 2
        )
    assert reading.missing == ()
    assert reading.edges[CallEdge(caller=None, callee=version("2"))] == Counts(
        requests=20, slow=2, threshold_ms=300.0, times=Histogram(bounds=(100.0, 300.0), counts=(12, 6, 2))
    )
    assert reading.ratios == {
        Signal(name="conversion", version=version("1")): Tally(),
        Signal(name="conversion", version=version("2")): Tally(requests=20, bad=6),
        Signal(name="lost", version=version("1")): Tally(),
        Signal(name="lost", version=version("2")): Tally(requests=20, bad=6),
    }
    instances = [f"127.0.0.1:{pod.port}" for pod in job.pods]
    assert {signal: dict(levels.values) for signal, levels in reading.levels.items()} == {
        Signal(name="memory", version=version("1")): {instances[0]: 100},
        Signal(name="memory", version=version("2")): {instances[1]: 200, instances[2]: 300},
        Signal(name="share", version=version("1")): {instances[0]: 0.1},
        Signal(name="share", version=version("2")): {instances[1]: 0.2, instances[2]: 0.3},
    }


async def test_what_cannot_be_read_is_told_by_kind(prometheus: Server, job: Job) -> None:
    """One reading with everything wrong at once."""
    label(job.pods, "1", "2", "2")
    for pod in job.pods:
        pod.values |= {'heat{core="1"}': 1.0, 'heat{core="2"}': 2.0, "ill": float("nan"), "tried_total": 1.0}
    job.pods[0].values["old_name_total"] = 1.0

    def level(name: str, value: Metric | Query) -> LevelSource:
        return LevelSource(name=name, labels=OWN, value=value)

    own = f'{{job="{job.name}"}}'
    telemetry = Telemetry(
        name="test",
        prometheus=telemetry_of(prometheus.url, job.name).prometheus,
        ratios=(
            RatioSource(
                name="renamed",
                labels=OWN,
                total=Metric(selector="tryed_total"),
                bad=Metric(selector="tried_total"),
            ),
        ),
        levels=(
            level("several", Metric(selector=f"heat{own}")),
            level("text", Query(expression='"warm"')),
            level("number", Query(expression="1 + 1")),
            level("wrong", Query(expression="sum by (")),
            level("ambiguous", Query(expression="heat + on (app) heat")),
            level("none", Metric(selector='heat{core="3"}')),
            level("ill", Metric(selector=f"ill{own}")),
        ),
    )
    wanted = {
        (Gap.RENAMED, "ratio renamed, total"),
        (Gap.MALFORMED, "level several"),
        (Gap.MALFORMED, "level text"),
        (Gap.MALFORMED, "level number"),
        (Gap.MALFORMED, "level wrong"),
        (Gap.MALFORMED, "level ambiguous"),
        (Gap.NO_DATA, "level none"),
        (Gap.NOT_A_NUMBER, "level ill"),
    }
    async with Prometheus(prometheus.url) as client:
        observer = PrometheusObserver(telemetry, client)
        reading = await read_until(
            observer,
            lambda reading: {(each.gap, each.what.partition(":")[0]) for each in reading.missing} == wanted,
        )
    words = [str(each) for each in reading.missing]
    assert any("knows no metric tryed_total; did you mean 'tried_total'?" in each for each in words)
    assert any("'sum by (': " in each and "parse error" in each for each in words)
    assert (reading.levels, reading.ratios) == ({}, {})


async def test_a_metric_renamed_by_the_new_version_is_missed(prometheus: Server, job: Job) -> None:
    label(job.pods, "1", "1", "2")
    zero(job.pods, GOOD)
    for pod in job.pods:
        pod.values["queue_length"] = 1.0
    telemetry = replace(
        telemetry_of(prometheus.url, job.name),
        levels=(LevelSource(name="queue", labels=OWN, value=Metric(selector="queue_length")),),
    )
    async with Prometheus(prometheus.url) as client:
        observer = PrometheusObserver(telemetry, client)
        whole = await read_until(observer, lambda reading: len(reading.levels) == 2)
        assert whole.missing == ()
        canary = job.pods[2]
        canary.values = {GOOD: 0.0, "queue_size": 1.0}
        missed = await read_until(observer, lambda reading: Gap.NO_DATA in gaps(reading))
    assert str(missed.missing[-1]) == (
        "no data: level queue: queue_length has nothing of pay@2, though other versions have it; "
        "does this version still export it, under that name?"
    )


async def test_a_pod_that_is_gone_is_no_gap_and_a_source_that_is_down_is(tmp_path: Path) -> None:
    """Its Prometheus is stopped and started: what was counted in between is counted when it is back."""
    with serving(Pod()) as old, serving(Pod()) as new:
        label([old, new], "1", "2")
        old.add(GOOD, 500)  # before anything could see it: no evidence
        zero([new], GOOD)
        both = [Job(name="shop", pods=[old, new])]
        with running(tmp_path, both) as server:
            async with Prometheus(server.url, timeout=2.0) as client:
                observer = PrometheusObserver(telemetry_of(server.url, "shop"), client)
                await read_until(observer, lambda reading: len(requests(reading)) == 2)
                for pod in (old, new):
                    pod.add(GOOD, 10)
                before = await read_until(
                    observer, lambda reading: requests(reading) == {"1": (10, 0, 0), "2": (10, 0, 0)}
                )
                server.stop()
                with pytest.raises(Unavailable, match=f"{server.url} does not answer"):
                    await read_until(observer, lambda _: False)
                new.add(GOOD, 5)
                server.jobs = [Job(name="shop", pods=[new])]
                server.start()
                eventually(server.scraping)
                await asyncio.sleep(INTERVAL)  # the answer that it is down is every reader's for an interval
                after = await read_until(observer, lambda reading: requests(reading)["2"] == (15, 0, 0))
    assert requests(after)["1"] == (10, 0, 0)
    assert (after.epoch, after.missing) == (before.epoch, ())


GRAPH = "traces_service_graph_request"
CONNECTED = 'client="web",client_service_version="3",server="pay",connection_type=""'


async def test_edges_of_service_graph_metrics(prometheus: Server, job: Job, tmp_path: Path) -> None:
    """Two collectors count the same edge; one meets its first failure, of which there was no metric, and a database."""
    file = tmp_path / "telemetry.yaml"
    file.write_text(
        "apiVersion: tidegate.dev/v1alpha1\nkind: Telemetry\nmetadata: {name: shop}\nspec:\n"
        f"  prometheus: {{url: {prometheus.url!r}, interval: {INTERVAL}s, targets: 'up{{job=\"{job.name}\"}}',\n"
        f"    serviceGraph: {{metrics: '{GRAPH}{{job=\"{job.name}\"}}'}}}}\n"
    )
    telemetry = read_telemetry(file)
    first, second, _ = job.pods
    old, new = (f'{CONNECTED},server_service_version="{number}"' for number in ("1", "2"))
    buckets = [f'{GRAPH}_server_seconds_bucket{{{new},le="{bound}"}}' for bound in ("0.1", "+Inf")]
    zero([first, second], f"{GRAPH}_total{{{old}}}")
    zero([second], f"{GRAPH}_total{{{new}}}", *buckets)
    async with Prometheus.of(telemetry.prometheus) as client:
        observer = PrometheusObserver(telemetry, client)
        await read_until(observer, lambda reading: len(reading.edges) == 2)
        first.add(f"{GRAPH}_total{{{old}}}", 40)
        second.add(f"{GRAPH}_total{{{old}}}", 2)
        second.add(f"{GRAPH}_total{{{new}}}", 5)
        second.add(f"{GRAPH}_failed_total{{{new}}}", 3)
        second.add(f'{GRAPH}_total{{client="pay",server="ledger",connection_type="database"}}', 9)
        for bucket in buckets:
            second.add(bucket, 2)
        reading = await read_until(observer, lambda reading: sum(total(reading)) == 47 + 3)
    web = VersionedService(service=ServiceName("web"), version=Version("3"))
    assert reading.edges == {
        CallEdge(caller=web, callee=version("1")): Counts(requests=42),
        CallEdge(caller=web, callee=version("2")): Counts(
            requests=5, bad=3, times=Histogram(bounds=(100.0,), counts=(2, 0))
        ),
    }
    assert not [each for each in reading.missing if "latency" not in each.what]


def total(reading: Reading) -> tuple[int, int]:
    """Requests and failures on all edges."""
    counts = reading.edges.values()
    return sum(each.requests for each in counts), sum(each.bad for each in counts)
