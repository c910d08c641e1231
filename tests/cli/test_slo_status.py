"""`tidegate slo status`: whole outputs and exit codes, of a Prometheus that counts what it is told."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.observers.prometheus.slos import MONTH, Counter, calm
from tests.observers.prometheus.worlds import Asked, Reply, answering

from tidegate.cli.slo import slo

SOURCE = """\
apiVersion: openslo/v1
kind: DataSource
metadata: {{name: main}}
spec: {{type: Prometheus, connectionDetails: {{url: {url}}}}}
"""
SLO = """\
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}}}
spec:
  service: shop
  indicator:
    metadata: {{name: answers}}
    spec:
      ratioMetric:
        counter: true
        bad: {{metricSource: {{metricSourceRef: main, spec: {{query: bad_{metric}}}}}}}
        total: {{metricSource: {{metricSourceRef: main, spec: {{query: {metric}}}}}}}
  timeWindow: [{{duration: {window}, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: 0.999}}]
"""
TELEMETRY = """\
apiVersion: tidegate.dev/v1alpha1
kind: Telemetry
metadata: {{name: shop}}
spec:
  prometheus: {{url: {url}, auth: {{bearer: {{file: token}}}}}}
  requests: {{metric: requests_total, labels: {{service: app, version: version, status: code}}}}
"""
LONG = "availability-of-the-checkout-for-those-who-pay"
DAY, HOUR = 86400, 3600
QUIET = {**calm(), 7200: (1000.0, 1.0), DAY: (20_000.0, 16.0), 3 * DAY: (70_000.0, 60.0)}


def wanted(name: str, metric: str = "requests_total", window: str = "30d") -> str:
    return SLO.format(name=name, metric=metric, window=window)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(reply: Reply, slos: str, *arguments: str) -> Result:
    """The command on a folder `slo`; the url of their Prometheus is shown as `URL`."""
    with answering(reply) as url:
        Path("slo").mkdir()
        Path("slo/all.yaml").write_text(SOURCE.format(url=url) + slos)
        Path("telemetry.yaml").write_text(TELEMETRY.format(url=url))
        result = CliRunner().invoke(slo, ["status", "slo", *arguments])
    result.stdout_bytes = result.stdout_bytes.replace(url.encode(), b"URL")
    return result


HEAD = "SLO                                 left   page 1h   page 6h ticket 1d ticket 3d\n"


def test_a_budget_that_is_left_and_quiet_alerts() -> None:
    result = run(Counter(QUIET).reply, wanted(LONG) + wanted("brief"))
    assert (result.exit_code, result.stdout) == (
        0,
        (
            HEAD + f"{LONG}\n"
            "                                  90.0 % 0.00/0.00 0.00/0.00 0.80/1.00 0.86/0.00\n"
            "brief                             90.0 % 0.00/0.00 0.00/0.00 0.80/1.00 0.86/0.00\n"
        ),
    )


def test_what_is_spent_or_fires_is_told_with_its_numbers() -> None:
    burning = {MONTH: (1_000_000.0, 1000.4), HOUR: (1000.0, 36.0), 300: (100.0, 100.0)}
    result = run(Counter({**QUIET, **burning}).reply, wanted("brief"))
    assert (result.exit_code, result.stdout) == (
        1,
        (
            HEAD + "brief                             -0.1 %   36/>999 0.00/0.00 0.80/1.00 0.86/0.00\n"
            "spent: brief has -0.04 % of its error budget left, less than 0 %: 1,000 of\n"
            "  1,000,000 events were bad over 30d, 1,000 may be\n"
            "fires: brief has burned its error budget 36 times as fast as it may over 1h (36\n"
            "  of 1,000 events were bad) and 1,000 times as fast as it may over 5m (100 of\n"
            "  100 events were bad); page above 14.4 times in both\n"
        ),
    )


def test_what_is_missing_is_told_once_and_is_no_calm() -> None:
    """A window of six hours has one alert; the other SLO is not asked at all."""
    counts = {HOUR: (1000.0, 20.0), 6 * HOUR: (6000.0, 1.0)}
    elsewhere = wanted("other").replace("metricSourceRef: main", "type: Datadog")
    result = run(Counter(counts).reply, wanted("brief", window="6h") + elsewhere)
    assert (result.exit_code, result.stdout) == (
        3,
        (
            HEAD + "brief                             83.3 %      20/?         -         -         -\n"
            "other                                  ?       ?/?       ?/?       ?/?       ?/?\n"
            "missing: no data: brief: nothing counted by sum(increase(requests_total[300s]))\n"
            "missing: no data: slo/all.yaml:24: SLO 'other' is measured by 'Datadog', which\n"
            "  is not asked (only a DataSource of type Prometheus is)\n"
        ),
    )


def test_what_is_known_to_be_bad_counts_before_what_is_missing() -> None:
    result = run(Counter({MONTH: (1_000_000.0, 2000.0)}).reply, wanted("brief"))
    assert result.exit_code == 1
    assert "\nmissing: no data: brief: " in result.stdout


def test_as_json_it_has_every_number() -> None:
    counts = {DAY: (20_000.0, 1.0), HOUR: (1000.0, 0.0), 6 * HOUR: (6000.0, 40.0)}
    result = run(Counter(counts).reply, wanted("brief", window="1d"), "-o", "json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 3
    assert sorted(answer) == ["at", "objectives"]
    (only,) = answer["objectives"]
    assert only == {
        "name": "brief",
        "objective": None,
        "service": "shop",
        "target": 0.999,
        "budget": {
            "left": pytest.approx(0.95),
            "spent": False,
            "bad": 1.0,
            "total": 20_000.0,
            "allowed": pytest.approx(20),
            "unit": "events",
            "seconds": 86400.0,
        },
        "alerts": [
            {
                "severity": "page",
                "longSeconds": 3600.0,
                "shortSeconds": 300.0,
                "longRate": 0.0,
                "shortRate": None,
                "threshold": 1.0,
                "fires": False,
            },
            {
                "severity": "page",
                "longSeconds": 21600.0,
                "shortSeconds": 1800.0,
                "longRate": pytest.approx(40 / 6),
                "shortRate": None,
                "threshold": 1.0,
                "fires": None,
            },
        ],
        "missing": [
            {
                "gap": "no data",
                "what": "brief: nothing counted by sum(increase(requests_total[1800s]))",
            }
        ],
    }


@pytest.mark.parametrize(("telemetry", "code"), [(True, 0), (False, 3)])
def test_a_telemetry_file_says_how_its_prometheus_is_reached(*, telemetry: bool, code: int) -> None:
    counter = Counter(QUIET)
    Path("token").write_text("t0p\n")

    def reply(asked: Asked) -> tuple[int, bytes]:
        return counter.reply(asked) if _token(asked.headers) == "Bearer t0p" else (401, b"")

    given = ["--telemetry", "telemetry.yaml"] if telemetry else []
    assert run(reply, wanted("brief"), *given).exit_code == code


def _token(headers: Mapping[str, str]) -> str | None:
    return headers.get("Authorization")


def test_a_status_of_nothing_says_so() -> None:
    result = run(Counter().reply, "")
    assert (result.exit_code, result.stdout) == (0, "no SLOs in slo\n")


def test_as_json_what_could_not_be_told_is_null() -> None:
    result = run(Counter().reply, wanted("brief", window="2h"), "-o", "json")
    (only,) = json.loads(result.stdout)["objectives"]
    assert result.exit_code == 3
    assert only["budget"] is None
    assert [(each["longRate"], each["shortRate"], each["fires"]) for each in only["alerts"]] == [(None,) * 3]
    assert [each["what"] for each in only["missing"]] == [
        "brief: nothing counted by sum(increase(requests_total[7200s]))",
        "brief: nothing counted by sum(increase(requests_total[3600s]))",
    ]
