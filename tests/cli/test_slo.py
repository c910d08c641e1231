"""`tidegate slo`: whole outputs, and the exit codes of the real command."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tidegate.cli import main
from tidegate.cli.slo import slo

ROOT = Path(__file__).parents[2]
SHOP = "examples/shop/slo"
ONE = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: a}
spec:
  service: b
  indicator:
    metadata: {name: c}
    spec: {thresholdMetric: {metricSource: {type: Datadog, spec: {query: x}}}}
  timeWindow: [{duration: 1w, isRolling: true}]
  budgetingMethod: Timeslices
  objectives: [{op: gte, value: 0.5, target: 0.9, timeSliceTarget: 0.8, timeSliceWindow: 90}]
"""


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(slo, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_check_of_good_files_counts_what_is_in_them() -> None:
    assert run("check", SHOP) == "3 SLOs of 2 services, 3 indicators, 1 data source: no problems\n"
    assert json.loads(run("check", SHOP, "-o", "json")) == {
        "slos": 3,
        "services": 2,
        "indicators": 3,
        "dataSources": 1,
        "problems": [],
    }


def test_one_of_a_thing_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(ONE)
    assert run("check", str(tmp_path)) == "1 SLO of 1 service, 1 indicator, 0 data sources: no problems\n"


def test_check_reports_problems_on_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("slo.yaml").write_text(ONE.replace("target: 0.9", "target: 90").replace("op: gte, ", ""))
    monkeypatch.setattr(sys, "argv", ["tidegate", "slo", "check", "."])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr() == (
        "",
        (
            "slo.yaml:11: spec.objectives[0] lacks 'op', which a thresholdMetric needs (write op: lt, lte, gt or gte)\n"
            "slo.yaml:11: spec.objectives[0].target must be less than 1, not '90'\n"
        ),
    )


def test_check_as_json_has_the_problems_as_values_and_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(slo, ["check", ".", "-o", "json"])
    assert result.exit_code == 2
    assert json.loads(result.output) == {
        "slos": None,
        "services": None,
        "indicators": None,
        "dataSources": None,
        "problems": [{"file": None, "line": None, "message": "no .yaml file found under '.'", "hint": ""}],
    }


LISTED = """\
checkout-availability, checkout
  99.9 % of events (Occurrences)
  over 30d rolling; checkout-answers from mesh
checkout-latency, checkout
  promised: 99 % of slices of 5m with at least 95 % good (Timeslices)
  aimed at: 99.5 % of slices of 5m with at least 99 % good (Timeslices)
  over 1M from 2026-01-01 00:00 Europe/Berlin; checkout-quick-answers from mesh
payments-latency, payments
  99 % of samples < 500 (Occurrences)
  over 4w rolling; payments-p99 from mesh
"""


def test_list_shows_what_is_promised_of_which_service() -> None:
    assert run("list", SHOP) == LISTED


def test_a_list_is_sorted_by_name_and_keeps_to_80_columns(tmp_path: Path) -> None:
    long = "quite-a-long-name-of-an-indicator-that-someone-once-thought-of"
    (tmp_path / "slo.yaml").write_text(
        ONE.replace("name: a", "name: z").replace("target: 0.9,", "target: 0.99999,")
        + "---\n"
        + ONE.replace("name: c", f"name: {long}")
    )
    assert run("list", str(tmp_path)) == (
        "a, b\n"
        "  90 % of slices of 1h30m with at least 80 % good >= 0.5 (Timeslices)\n"
        "  over 1w rolling;\n"
        f"    {long} from Datadog\n"
        "z, b\n"
        "  99.999 % of slices of 1h30m with at least 80 % good >= 0.5 (Timeslices)\n"
        "  over 1w rolling; c from Datadog\n"
    )


def test_list_as_json_has_the_values(tmp_path: Path) -> None:
    first, second, third = json.loads(run("list", SHOP, "-o", "json"))["slos"]
    assert first == {
        "name": "checkout-availability",
        "service": "checkout",
        "indicator": "checkout-answers",
        "objectives": [
            {
                "name": None,
                "target": 0.999,
                "op": None,
                "value": None,
                "sliceTarget": None,
                "sliceSeconds": None,
            }
        ],
        "window": {"duration": "30d", "seconds": 2592000, "rolling": True, "start": None, "timeZone": None},
        "budgetingMethod": "Occurrences",
        "source": {"name": "mesh", "type": "Prometheus"},
    }
    assert second["window"] == {
        "duration": "1M",
        "seconds": 2592000,
        "rolling": False,
        "start": "2026-01-01T00:00:00",
        "timeZone": "Europe/Berlin",
    }
    assert third["objectives"] == [
        {"name": None, "target": 0.99, "op": "lt", "value": 500, "sliceTarget": None, "sliceSeconds": None}
    ]
    (tmp_path / "slo.yaml").write_text(ONE)
    (only,) = json.loads(run("list", str(tmp_path), "-o", "json"))["slos"]
    assert only["source"] == {"name": None, "type": "Datadog"}


def test_a_list_of_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text("apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}\n")
    assert run("list", str(tmp_path)) == f"no SLOs in {tmp_path}\n"
