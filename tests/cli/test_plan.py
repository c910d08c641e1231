"""`tidegate plan`: what people read, what programs read, and what is said when there is no plan."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.core.rollout.script import chain
from tests.core.worlds import catalog_of, change_of, migration_use

from tidegate.cli import tidegate
from tidegate.cli.plan_text import markdown, mermaid, text
from tidegate.core.errors import Refused
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan

SHOP = Path(__file__).parents[2] / "examples" / "shop"
REMOVAL = str(SHOP / "changes" / "remove-ranked-search.yaml")


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


def test_a_flag_goes_out_audience_by_audience_after_what_implements_it() -> None:
    result = plan(str(SHOP / "changes" / "instant-refund.yaml"))
    assert result.output.split("\n\n")[3:6] == [
        (
            "Wave 3\n"
            "  flag/instant-refund/staff\n"
            "    serve on of flag instant-refund to staff: 100 %\n"
            "    after expose/payments: payments 1.1.0 implements flag instant-refund and\n"
            "      must be fully out first\n"
            "    way back (ordered): serve off of flag instant-refund to staff again"
        ),
        (
            "Wave 4\n"
            "  flag/instant-refund\n"
            "    serve on of flag instant-refund to everyone: 5 → 25 → 100 %\n"
            "    after flag/instant-refund/staff: staff have it before everyone\n"
            "    way back (free): serve off of flag instant-refund to everyone again"
        ),
        (
            "Wave 5\n"
            "  milestone/exposed\n"
            "    every release and flag is exposed\n"
            "    after expose/payments: old versions stay until every release is through:\n"
            "      they are the way back\n"
            "    after flag/instant-refund/staff: old versions stay until every flag is\n"
            "      through: they are the way back\n"
            "    after flag/instant-refund: old versions stay until every flag is through:\n"
            "      they are the way back"
        ),
    ]


def test_a_flag_that_nobody_asks_for_any_more_is_removed_after_the_release_that_ceased_to() -> None:
    (step,) = [part for part in plan(REMOVAL).output.split("\n\n") if "flag-removal" in part]
    assert step.splitlines()[1:5] == [
        "  flag-removal/ranked-search",
        "    remove flag ranked-search",
        "    after expose/search: search 1.0.0 still asks for flag ranked-search",
        "    way back (free): serve flag ranked-search again, as it was",
    ]


def test_nothing_begins_to_need_a_flag_that_has_expired(tmp_path: Path) -> None:
    shutil.copytree(SHOP, tmp_path / "shop")
    flags, change = tmp_path / "shop/flags/shop.yaml", tmp_path / "shop/changes/instant-refund.yaml"
    flags.write_text(flags.read_text().replace('since: "2026-10-01"', 'expires: "2020-01-01"'))
    line = change.read_text().splitlines().index("    - service: payments") + 1
    refused = plan(str(change)).exception
    assert isinstance(refused, Refused)
    assert str(refused) == (
        f"{change}:{line}: payments 1.1.0 begins to evaluate flag instant-refund, which expired on 2020-01-01 "
        "(do without instant-refund, or give it a later date if it is to stay)"
    )


@pytest.mark.parametrize(
    "change", ["minor-units", "stock-lane", "search-blue-green", "instant-refund", "remove-ranked-search"]
)
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


def test_what_cannot_be_undone_is_marked_and_says_whose_approval_it_takes() -> None:
    plan = make_plan(catalog_of(), change_of(migrations=[migration_use("m", approvals=["a-team", "b-team"])]))
    assert isinstance(plan, Plan)
    assert text(plan).split("\n\n")[-1] == (
        "Wave 4\n"
        "  migration/m/contract\n"
        "    contract migration m of books\n"
        "    after migration/m/switch: the old shape goes once the new one is believed\n"
        "      and has soaked\n"
        "    needs approval by a-team, b-team\n"
        "    way back (irreversible): none: the old shape goes for good, but for the dump\n"
        "      that is taken and checked before"
    )
    (row,) = [line for line in markdown(plan).splitlines() if line.startswith("| `migration/m/contract`")]
    assert "| approval by a-team, b-team<br>`migration/m/switch`: the old shape goes" in row
    assert '    s3[["migration/m/contract<br>irreversible"]]' in mermaid(plan).splitlines()


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


LEARNED = """\
{apiVersion: tidegate.dev/v1alpha1, kind: LearnedGraph, metadata: {learned: '2026-01-01T00:00:00Z'}, spec: {
  seconds: 10, edges: [{callee: ledger, caller: payments, calls: 300}, {callee: ledger, caller: search, calls: 100}]}}
"""


@pytest.mark.parametrize("command", ["plan", "schedule"])
def test_a_learned_graph_that_is_none_is_refused(command: str, tmp_path: Path) -> None:
    (tmp_path / "learned.json").write_text(LEARNED.replace("seconds: 10", "seconds: 0"))
    given = [command, str(SHOP / "changes" / "minor-units.yaml"), "--learned", str(tmp_path / "learned.json")]
    refused = CliRunner().invoke(tidegate, given).exception
    assert isinstance(refused, Refused)
    assert "spec.seconds must be more than 0" in str(refused)


def test_a_plan_warns_of_callers_that_were_seen_and_nobody_declared(tmp_path: Path) -> None:
    (tmp_path / "learned.json").write_text(LEARNED)
    arguments = (str(SHOP / "changes" / "minor-units.yaml"), "-o", "json")
    without = json.loads(plan(*arguments).stdout)
    learned = json.loads(plan(*arguments, "--learned", str(tmp_path / "learned.json")).stdout)
    (warning,) = [each for each in learned["warnings"] if each not in without["warnings"]]
    assert warning.startswith("search calls ledger (25 % of its calls), which the catalog does not declare")
    assert learned["steps"] == without["steps"]


def unlaned(folder: Path) -> str:
    """The change of the example without its lanes, so that no order is safe."""
    written = (SHOP / "changes" / "stock-lane.yaml").read_text()
    path = folder / "change.yaml"
    path.write_text(written.split("  lanes:")[0])
    return str(path)


CATALOG = str(SHOP / "catalog")


def test_a_refused_plan_says_in_which_two_changes_it_is_possible_and_who_must_make_what(
    tmp_path: Path,
) -> None:
    result = plan(unlaned(tmp_path), "--catalog", CATALOG)
    told = result.output[result.output.index("  possible") :]
    assert told.splitlines() == [
        "  possible in two changes, to be made one after the other:",
        "    1. stock-lane-expand: stock 1.0.0 → 2.0.0-expand; then search 1.0.0 → 2.0.0,",
        "      shipping 1.0.0 → 2.0.0",
        "    2. stock-lane-contract: stock 2.0.0-expand → 2.0.0",
        "    stock 2.0.0-expand, to be made by fulfilment:",
        "      must go on providing what search 1.0.0 needs: stock-api ^1.0.0",
        "      must provide already what search 2.0.0 needs: stock-api ^2.0.0",
        "      must go on providing what shipping 1.0.0 needs: stock-api ^1.0.0",
        "      must provide already what shipping 2.0.0 needs: stock-api ^2.0.0",
        "  possible in one change with lanes, where the environment can pin them:",
        "    lane: {consumer: search, provider: stock}",
        "    lane: {consumer: shipping, provider: stock}",
        "    1. stock-lane: stock 1.0.0 → 2.0.0; then search 1.0.0 → 2.0.0, shipping",
        "      1.0.0 → 2.0.0",
    ]


def test_proposals_as_json(tmp_path: Path) -> None:
    result = CliRunner().invoke(tidegate, ["plan", unlaned(tmp_path), "--catalog", CATALOG, "-o", "json"])
    expand, lane = json.loads(result.stdout)["proposals"]
    assert (expand["way"], lane["way"]) == ("expand-contract", "lane")
    assert expand["changes"][1]["waves"] == [[{"service": "stock", "old": "2.0.0-expand", "new": "2.0.0"}]]
    assert lane["lanes"][0] == {"consumer": "search", "provider": "stock"}


def announcing(folder: Path, day: str) -> str:
    """The example's catalog, in which stock-api 1 is announced to stay until a day."""
    copy = folder / "catalog"
    shutil.copytree(SHOP / "catalog", copy)
    file = copy / "fulfilment" / "catalog-info.yaml"
    marked = '    tidegate.dev/sunset: "^1 ' + day + '"\n'
    head, name, tail = file.read_text().partition("  name: stock-api\n  annotations:\n")
    assert name
    file.write_text(head + name + marked + tail)
    return str(copy)


def test_what_goes_before_its_date_is_refused_at_the_release_that_takes_it_away(tmp_path: Path) -> None:
    change = SHOP / "changes" / "stock-lane.yaml"
    result = plan(str(change), "--catalog", announcing(tmp_path, "9999-12-31"))
    assert isinstance(result.exception, Refused)
    (problem,) = result.exception.problems
    assert problem.location is not None
    assert problem.location.file == str(change)
    assert problem.message == "stock 2.0.0 retires stock-api 1.0.0 before its sunset on 9999-12-31"


def test_what_was_announced_may_go_and_what_was_not_is_a_warning(tmp_path: Path) -> None:
    change = str(SHOP / "changes" / "stock-lane.yaml")
    unannounced = "stock 2.0.0 retires stock-api 1.0.0, which was never announced"
    assert unannounced in " ".join(plan(change).output.split())
    announced = plan(change, "--catalog", announcing(tmp_path, "2020-01-31"))
    assert (announced.exit_code, "retires" in announced.output) == (0, False)


def test_a_refused_plan_names_who_still_uses_what_it_takes_away() -> None:
    result = plan(str(SHOP / "changes" / "deadlock.yaml"))
    used = "stock 2.0.0 retires stock-api 1.0.0, which search still uses (owner: discovery)"
    assert used in " ".join(result.output.split())


def test_a_plan_as_json_holds_its_judged_pairs_and_digests() -> None:
    found = json.loads(plan(str(SHOP / "changes" / "minor-units.yaml"), "-o", "json").output)
    assert {"consumer", "provider", "answer", "evidence", "kind", "at"} == set(found["pairs"][0])
    assert found["digests"]["plan"].startswith("sha256:")
