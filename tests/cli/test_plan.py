"""`tidegate plan`: what people read, what programs read, and what is said when there is no plan."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.core.rollout.script import chain

from tidegate.cli import tidegate
from tidegate.cli.plan_text import markdown, mermaid, text

SHOP = Path(__file__).parents[2] / "examples" / "shop"


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(tidegate, ["plan", *arguments])


def test_a_plan_as_text() -> None:
    assert text(chain("b", "a")).split("\n\n")[:5] == [
        "Change the-change: 7 steps in 6 waves",
        "Wave 1\n  deploy/b\n    start b 2.0.0 without traffic\n    way back (ordered): stop b 2.0.0",
        (
            "Wave 2\n"
            "  expose/b\n"
            "    move b from 1.0.0 to 2.0.0: 10 → 50 → 100 %\n"
            "    after deploy/b: b 2.0.0 must answer before it gets traffic\n"
            "    way back (ordered): all traffic of b back to 1.0.0, drain 2.0.0"
        ),
        (
            "Wave 3\n"
            "  deploy/a\n"
            "    start a 2.0.0 without traffic\n"
            "    after expose/b: a 2.0.0 does not work with b 1.0.0: it needs b-api ^2.0.0,\n"
            "      provided as 1.0.0\n"
            "    way back (ordered): stop a 2.0.0"
        ),
        (
            "Wave 4\n"
            "  expose/a\n"
            "    move a from 1.0.0 to 2.0.0: 10 → 50 → 100 %\n"
            "    after deploy/a: a 2.0.0 must answer before it gets traffic\n"
            "    way back (ordered): all traffic of a back to 1.0.0, drain 2.0.0"
        ),
    ]


@pytest.mark.parametrize("change", ["minor-units", "stock-lane", "search-blue-green"])
def test_the_text_of_the_examples_fits_80_columns(change: str) -> None:
    result = plan(str(SHOP / "changes" / f"{change}.yaml"))
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80


def test_a_plan_as_markdown_has_a_table_a_wave_and_the_graph() -> None:
    lines = markdown(chain("a")).splitlines()
    assert lines[:7] == [
        "## Plan of change `the-change`",
        "",
        "### Wave 1",
        "",
        "| step | does | after, because | way back |",
        "| --- | --- | --- | --- |",
        "| `deploy/a` | start a 2.0.0 without traffic | nothing | ordered: stop a 2.0.0 |",
    ]
    assert lines[-1] == "```"
    assert "```mermaid" in lines


def test_a_plan_as_mermaid_names_every_step_once_and_quotes_reasons() -> None:
    drawn = mermaid(chain("b", "a"))
    nodes = re.findall(r'^    (s\d+)\["(.+)"\]$', drawn, flags=re.MULTILINE)
    assert sorted(name for _, name in nodes) == sorted(chain("b", "a").by_id)
    assert drawn.startswith("flowchart LR\n")
    assert all('"' not in reason for reason in re.findall(r'-->\|"(.*)"\|', drawn))


def test_a_plan_as_json_has_waves_and_edges_with_reasons() -> None:
    result = plan(str(SHOP / "changes" / "minor-units.yaml"), "-o", "json")
    found = json.loads(result.output)
    assert found["feasible"] is True
    assert found["waves"][0] == ["deploy/ledger"]
    assert all(edge["reason"] for edge in found["edges"])


def test_where_no_order_is_safe_the_fewest_pairs_are_blamed() -> None:
    result = plan(str(SHOP / "changes" / "deadlock.yaml"))
    assert result.exit_code == 2
    told = " ".join(result.output.split())
    assert "no order of these releases is safe; the smallest set to resolve:" in told
    assert "search 1.0.0 does not work with stock 2.0.0: it needs stock-api ^1.0.0, provided as 2.0.0" in told
    assert "or pin a lane shipping → stock" in told
    assert "waiting in a circle: stock → shipping → stock" in told


def test_a_deadlock_as_json() -> None:
    result = CliRunner().invoke(tidegate, ["plan", str(SHOP / "changes" / "deadlock.yaml"), "-o", "json"])
    found = json.loads(result.stdout)
    assert (result.exit_code, found["feasible"], found["proven"]) == (2, False, True)
    assert len(found["blames"]) == 2
