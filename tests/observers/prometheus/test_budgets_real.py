"""An SLO over a Prometheus that people run: its budget from whole to spent, and its source from up to down.

A Prometheus that has just started knows of a few seconds only; over every longer window it counts what there is.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner

from tidegate.cli.slo import slo
from tidegate.core.gates.evidence import Finding, Gap
from tidegate.core.strategy import SloLimit
from tidegate.observers.prometheus import Clients, Prometheus, PrometheusBudgets
from tidegate.sources.openslo import read_service_levels

from .worlds import INTERVAL, Job, Pod, Server, running, serving

pytestmark = pytest.mark.real

OPENSLO = """\
apiVersion: openslo/v1
kind: DataSource
metadata: {{name: main}}
spec: {{type: Prometheus, connectionDetails: {{url: {url}}}}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: pay}}
spec:
  service: payments
  indicator:
    metadata: {{name: answers}}
    spec:
      ratioMetric:
        counter: true
        bad: {{metricSource: {{metricSourceRef: main, spec: {{query: 'rq_total{{code="503"}}'}}}}}}
        total: {{metricSource: {{metricSourceRef: main, spec: {{query: rq_total}}}}}}
  timeWindow: [{{duration: 1d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: 0.9}}]
"""
GOOD, BAD = 'rq_total{code="200"}', 'rq_total{code="503"}'
LIMIT = SloLimit(slo="pay", most_spent=0.5)
CHECKS = ("budget left", "budget spent", "page over 1h and 5m", "page over 6h and 30m")


@pytest.fixture
def pod() -> Iterator[Pod]:
    with serving(Pod()) as pod:
        yield pod


@pytest.fixture
def server(tmp_path: Path, pod: Pod) -> Iterator[Server]:
    (tmp_path / "server").mkdir()
    with running(tmp_path / "server", [Job(name="pay", pods=[pod])]) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, server: Server) -> Path:
    """OpenSLO files that name the server."""
    folder = tmp_path / "slo"
    folder.mkdir()
    (folder / "slo.yaml").write_text(OPENSLO.format(url=server.url))
    return folder


T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T]], holds: Callable[[T], object], seconds: float = 20.0) -> T:
    """The first answer of which something holds."""
    deadline = time.monotonic() + seconds
    while not holds(answer := await ask()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {answer}"
        await asyncio.sleep(INTERVAL / 2)
    return answer


async def begin(pod: Pod, client: Prometheus, series: str) -> None:
    """Have a counter seen at zero: what it had counted before its first scrape is no increase."""
    pod.add(series, 0)
    await until(lambda: client.query(series), lambda answer: answer.series)


async def status(folder: Path) -> tuple[int, list[bool | None], int]:
    """What `slo status` says: its exit code, which alerts fire, and how much is missing."""
    result = await asyncio.to_thread(CliRunner().invoke, slo, ["status", str(folder), "-o", "json"])
    (only,) = json.loads(result.output)["objectives"]
    return result.exit_code, [alert["fires"] for alert in only["alerts"]], len(only["missing"])


def gaps(findings: tuple[Finding, ...]) -> list[Gap | None]:
    return [each.missing.gap if each.missing else None for each in findings]


async def test_a_budget_is_whole_then_spent_and_its_source_then_down(
    server: Server, pod: Pod, folder: Path
) -> None:
    levels, since = read_service_levels(folder), time.time() - 60
    async with Clients() as clients:
        client = clients(levels.data_sources["main"])
        budgets = PrometheusBudgets(levels, clients, fresh_seconds=0)
        assert budgets.validate([LIMIT]) == ()

        async def check() -> tuple[Finding, ...]:
            return await budgets.check(LIMIT, since)

        assert gaps(await check()) == [Gap.NO_DATA] * 4
        assert await status(folder) == (3, [None, None], 3)

        await begin(pod, client, GOOD)
        pod.add(GOOD, 1000)
        whole = await until(check, lambda found: not any(gaps(found)))
        assert [(each.name, each.broken) for each in whole] == [(f"pay: {name}", False) for name in CHECKS]
        assert whole[0].reason.startswith("pay has 100 % of its error budget left, at least 0 %: 0 of ")
        assert await status(folder) == (0, [False, False], 0)

        await begin(pod, client, BAD)
        pod.add(BAD, 1000)
        await until(check, lambda found: all(each.broken for each in found))
        assert await status(folder) == (1, [True, True], 0)

        server.stop()
        down = await check()
        assert (gaps(down), any(each.broken for each in down)) == ([Gap.DOWN] * 4, False)
        assert await status(folder) == (3, [None, None], 1)
