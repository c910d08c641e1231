"""`tidegate verify`: certificates, what is caught, and what is no plan to verify."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tidegate.cli import tidegate
from tidegate.core.plan.record import record_of
from tidegate.sources.plan_file import read_plan

CHANGES = Path(__file__).parents[2] / "examples" / "shop" / "changes"
LANE = CHANGES / "stock-lane.yaml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tidegate, arguments)


def printed(change: Path = LANE) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(run("plan", str(change), "-o", "json").stdout)
    return record


def written(folder: Path, record: object) -> str:
    path = folder / "plan.json"
    path.write_text(json.dumps(record))
    return str(path)


def test_a_change_file_gets_a_certificate() -> None:
    result = run("verify", str(LANE))
    digests = printed()["digests"]
    assert result.output.splitlines() == [
        "Change stock-lane: verified. No state of its plan has a bad mixture live.",
        f"  plan  {digests['plan']}",
        f"  pairs {digests['pairs']}",
        "  14 pairs judged, 10 of 10 obligations kept",
        "  every state looked at (455), and every obligation proven by itself",
        "  assumed",
        "    the pairs are all that may be live together, and each judgement is right",
        "    a version may call others from when it is started, and no longer once its",
        "      traffic is gone",
        "    a lane holds from when the provider is deployed until its old version is",
        "      retired",
    ]
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "change", [LANE, CHANGES / "instant-refund.yaml", CHANGES / "remove-ranked-search.yaml"]
)
def test_a_printed_plan_gets_the_same_certificate(change: Path, tmp_path: Path) -> None:
    path = written(tmp_path, printed(change))
    assert run("verify", path, "--change", str(change)).output == run("verify", str(change)).output
    assert run("verify", path).exit_code == 0


def test_a_flag_is_kept_until_what_implements_it_is_out() -> None:
    found = json.loads(run("verify", str(CHANGES / "instant-refund.yaml"), "-o", "json").stdout)
    danger = "flag instant-refund is exposed and payments is not fully 1.1.0"
    paths = [proof["path"] for proof in found["proofs"] if proof["obligation"]["danger"] == danger]
    assert paths == [
        ["expose/payments", "flag/instant-refund/staff"],
        ["expose/payments", "flag/instant-refund/staff", "flag/instant-refund"],
    ]


def test_a_certificate_as_json_names_the_path_that_keeps_each_obligation() -> None:
    found = json.loads(run("verify", str(LANE), "-o", "json").stdout)
    assert (found["holds"], found["method"], found["violations"]) == (True, "exhaustive", [])
    danger = "search 2.0.0 does not work with stock 1.0.0: it needs stock-api ^2.0.0, provided as 1.0.0"
    (proof,) = [proof for proof in found["proofs"] if proof["obligation"]["danger"] == danger]
    assert proof["path"] == ["deploy/stock", "deploy/search"]


def test_a_plan_without_a_needed_edge_fails_with_the_moves_that_show_it(tmp_path: Path) -> None:
    """The record is made anew around the gap, digests and all, as a program of somebody else might."""
    plan, pairs = read_plan(Path(written(tmp_path, printed())))
    kept = tuple(e for e in plan.edges if (e.before, e.after) != ("expose/search", "retire/stock"))
    hurt = type(plan)(change=plan.change, on_failure=plan.on_failure, steps=plan.steps, edges=kept)
    result = run("verify", written(tmp_path, record_of(hurt, pairs)), "--change", str(LANE))
    assert result.exit_code == 1
    assert "Change stock-lane: NOT verified. Its plan can come to a bad state:" in result.output
    assert "begin retire/stock" in result.output


Mend = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("hurt", "message"),
    [
        (lambda record: record.pop("pairs"), "is not a plan with its judged pairs"),
        (lambda record: record.update(feasible=False), "is not a plan with its judged pairs"),
        (lambda record: record["pairs"].pop(), "not as it was printed: digests"),
        (lambda record: record["edges"].pop(), "not as it was printed: "),
        (lambda record: record.update(extra=1), "not as it was printed: extra"),
        (lambda record: record["steps"][0].update(reversible="yes"), "not as it was printed: steps"),
        (lambda record: record["pairs"][0].update(answer="maybe"), "0.answer: Input should be"),
        (lambda record: record["edges"][0].update(after="nowhere"), "an edge names step 'nowhere'"),
        (lambda record: record["steps"][0]["action"].update(version="9"), "name different new versions"),
        (lambda record: record["pairs"][0]["consumer"].update(version="9"), "is none of this plan"),
    ],
)
def test_what_is_no_whole_plan_is_refused(hurt: Mend, message: str, tmp_path: Path) -> None:
    record = printed()
    hurt(record)
    result = run("verify", written(tmp_path, record))
    assert result.exit_code != 0
    assert message in str(result.exception)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ('{"a":' * 100_000, "is not JSON"),
        ("{}", "is not a plan with its judged pairs"),
    ],
)
def test_what_is_no_plan_at_all_is_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)
    assert message in str(run("verify", str(path)).exception)


def test_a_plan_of_another_change_does_not_belong(tmp_path: Path) -> None:
    result = run("verify", written(tmp_path, printed()), "--change", str(CHANGES / "minor-units.yaml"))
    assert "it is a plan of the change 'stock-lane', not of 'minor-units'" in str(result.exception)


def test_a_change_without_a_safe_order_has_no_plan_to_verify() -> None:
    result = run("verify", str(CHANGES / "deadlock.yaml"))
    assert (result.exit_code, "no order of these releases is safe" in " ".join(result.output.split())) == (
        2,
        True,
    )


def test_a_change_file_cannot_belong_to_another() -> None:
    result = run("verify", str(LANE), "--change", str(LANE))
    assert "is a change file itself" in str(result.exception)


def test_a_file_that_is_not_there_is_refused() -> None:
    assert "cannot read" in str(run("verify", "nowhere.yaml").exception)
