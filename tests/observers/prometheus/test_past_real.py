"""`tidegate analyze --prometheus` against Debian's Prometheus: what pods counted a while ago is judged exactly."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tidegate.cli.analyze import analyze
from tidegate.core.errors import Unavailable

from .worlds import Job, Server, eventually, free_port

pytestmark = pytest.mark.real

TELEMETRY = """
apiVersion: tidegate.dev/v1alpha1
kind: Telemetry
metadata: {{name: shop}}
spec:
  prometheus: {{url: "{url}", interval: 1s, targets: 'up{{job="{job}"}}'}}
  requests:
    metric: '{metric}{{job="{job}"}}'
    labels: {{service: app, version: version, status: code}}
"""
GOOD, BAD = 'rq_total{code="200"}', 'rq_total{code="503"}'


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    found: dict[str, Any]


def telemetry(folder: Path, url: str, job: str, metric: str = "rq_total") -> Path:
    path = folder / "telemetry.yaml"
    path.write_text(TELEMETRY.format(url=url, job=job, metric=metric))
    return path


def judged(file: Path, began: float, ended: float, *options: str, canary: str = "2") -> Ran:
    arms = ("--service", "pay", "--canary", canary, "--control", "1")
    times = ("--from", f"{began:.3f}", "--to", f"{ended:.3f}")
    result = CliRunner().invoke(
        analyze, ["--prometheus", str(file), *arms, *times, *options, "-o", "json"], catch_exceptions=False
    )
    return Ran(code=result.exit_code, found=json.loads(result.stdout))


def after(server: Server, job: Job) -> float:
    """A time at which Prometheus has what the pods count now, with the next scrape of each over too."""
    metric = f'rq_total{{job="{job.name}"}}'
    wanted = {
        (f"127.0.0.1:{pod.port}", series): value for pod in job.pods for series, value in pod.values.items()
    }

    def has_all() -> bool:
        found = {
            (each["metric"]["instance"], f'rq_total{{code="{each["metric"]["code"]}"}}'): float(
                each["value"][1]
            )
            for each in server.asked(metric)
        }
        return found == wanted

    def has_newer() -> bool:
        times = [float(each["value"][1]) for each in server.asked(f"timestamp({metric})")]
        return bool(times) and min(times) > at

    eventually(has_all)
    at = time.time()
    eventually(has_newer)
    return at


def test_a_past_interval_is_judged_exactly(prometheus: Server, job: Job, tmp_path: Path) -> None:
    """Both versions fail alike and a control restarts; afterwards only the canary fails."""
    first, second, canary = job.pods
    for pod, version in ((first, "1"), (second, "1"), (canary, "2")):
        pod.labels = {"app": "pay", "version": version}
        pod.values[GOOD] = 1000.0
        pod.values[BAD] = 500.0
    began = after(prometheus, job)
    for _ in range(4):
        for pod in job.pods:
            pod.add(GOOD, 90)
            pod.add(BAD, 10)
        after(prometheus, job)
    second.values = {GOOD: 40.0, BAD: 0.0}  # restarted, and forty requests since
    ended = after(prometheus, job)
    canary.add(BAD, 1000)
    first.add(GOOD, 1000)
    late = after(prometheus, job)

    file = telemetry(tmp_path, prometheus.url, job.name)
    loose = ("--success-rate", "1%", "--worse-by", "50%")
    harmless = judged(file, began, ended, "--step", "1s", *loose)
    assert (harmless.code, harmless.found["verdict"], harmless.found["missing"]) == (0, "pass", [])
    assert harmless.found["canary"] == {"requests": 400, "bad": 40}
    assert harmless.found["control"] == {"requests": 840, "bad": 80}
    harmful = judged(file, ended, late, *loose)
    assert (harmful.code, harmful.found["verdict"], harmful.found["missing"]) == (1, "fail", [])
    assert harmful.found["canary"] == {"requests": 1000, "bad": 1000}

    early = judged(file, began - 3600.0, ended, "--step", "60s", *loose)
    assert early.code == 3
    assert [each.partition(", ")[0].rpartition(" before ")[0] for each in early.found["missing"]] == [
        f'partial: requests: rq_total{{job="{job.name}"}} has no samples of pay@{version}'
        for version in ("2", "1")
    ]


def test_what_is_not_there_is_never_a_pass(prometheus: Server, job: Job, tmp_path: Path) -> None:
    for pod in job.pods:
        pod.labels = {"app": "pay", "version": "1"}
        pod.values[GOOD] = 0.0
    began = after(prometheus, job)
    ended = after(prometheus, job)
    nobody = judged(telemetry(tmp_path, prometheus.url, job.name), began, ended)
    assert (nobody.code, nobody.found["verdict"]) == (3, "insufficient")
    assert nobody.found["reason"].startswith(
        f'no data: requests: rq_total{{job="{job.name}"}} has no samples of pay@2 in this interval; '
    )
    renamed = judged(telemetry(tmp_path, prometheus.url, job.name, "rq_totals"), began, ended)
    assert renamed.code == 3
    assert renamed.found["reason"] == (
        "unknown metric: requests: Prometheus knows no metric rq_totals; did you mean 'rq_total'?"
    )
    with pytest.raises(Unavailable, match="does not answer"):
        judged(telemetry(tmp_path, f"http://127.0.0.1:{free_port()}", job.name), began, ended)
