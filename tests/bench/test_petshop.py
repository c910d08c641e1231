"""Recorded issues on a known graph: whole commands on a made-up shop, the floor by its rules, bad input by its line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from bench.attribution.__main__ import main as command
from bench.attribution.petshop import main
from bench.attribution.petshop_cases import Case, read_cases
from bench.attribution.petshop_floor import traversed
from bench.attribution.petshop_stress import Kind, made_up

from tidegate.core.attribution.origin.anomaly import Measure, Metrics
from tidegate.core.attribution.origin.episode import Symptom
from tidegate.core.errors import Refused

NODES = ("web", "cart", "db")
GRAPH = ",web,cart,db\nweb,0,1.0,0\ncart,0.0,0,1\ndb,,,\n"
START = 1_700_000_000
USUAL = {"requests": 1000.0, "latency": 0.1, "availability": 100.0}
STATISTICS = {"requests": "Sum", "latency": "Average", "availability": "Average"}

Row = Mapping[str, Mapping[str, float]]


def rows_of(rows: Iterable[Row], start: int = START) -> str:
    """A file of metrics: what is usual at each node, but for what a row says is different."""
    columns = [(node, metric) for node in NODES for metric in USUAL]
    header = [
        ",".join(["microservice", *(node for node, _ in columns)]),
        ",".join(["metric", *(metric for _, metric in columns)]),
        ",".join(["statistic", *(STATISTICS[metric] for _, metric in columns)]),
        "unix_timestamp" + "," * len(columns),
    ]
    return (
        "\n".join([*header, *(_row(row, start + 300 * number, columns) for number, row in enumerate(rows))])
        + "\n"
    )


def _row(row: Row, start: int, columns: Iterable[tuple[str, str]]) -> str:
    values = (row.get(node, {}).get(metric, USUAL[metric]) for node, metric in columns)
    return ",".join([f"{start}.0", *("" if np.isnan(value) else str(value) for value in values)])


def straying(rows: int) -> list[Row]:
    """Normal times, in which every node strays a little, each in its own way."""
    return [
        {
            node: {
                "latency": 0.1 + 0.001 * (row * place % 7 - 3),
                "availability": 100.0 - 0.5 * (row * place % 3),
            }
            for place, node in enumerate(NODES, start=2)
        }
        for row in range(rows)
    ]


def slow(*nodes: str) -> Row:
    return {node: {"latency": 0.4} for node in nodes}


def write_shop(folder: Path, issues: Mapping[str, tuple[Row, str | None]]) -> Path:
    """A scenario in whose issues two intervals of five are different from the third on."""
    (folder / "noissue").mkdir(parents=True)
    (folder / "graph.csv").write_text(GRAPH)
    (folder / "noissue" / "metrics.csv").write_text(rows_of(straying(60)))
    for name, (row, root) in issues.items():
        write_issue(folder / name, row, root)
    return folder


def write_issue(folder: Path, row: Row, root: str | None) -> None:
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(rows_of([{}, {}, row, row, {}]))
    target = {"node": "web", "metric": "latency", "agg": "Average", "timestamp": START + 610}
    known = {"root_cause": {"node": root, "metric": None}} if root else {}
    (folder / "target.json").write_text(json.dumps({"target": target, **known}))


ISSUES: Mapping[str, tuple[Row, str | None]] = {
    "test/issue_0": (slow("web", "cart"), "cart"),
    "train/issue_0": (slow("web", "cart", "db"), "db"),
    "train/issue_1": (slow("web"), "cart"),
}
TABLE = """\
      issues     first (floor)  within 3 (floor)   mean rank (floor)
shop       3      0.667 (0.667)      1.000 (0.667)        1.33 ( 2.00)
all        3      0.667 (0.667)      1.000 (0.667)        1.33 ( 2.00)
"""


def test_every_issue_is_ranked_and_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_shop(tmp_path / "data" / "shop", ISSUES)
    out = tmp_path / "out.json"
    assert command(["petshop", str(tmp_path / "data"), "--json", str(out)]) == 0
    assert capsys.readouterr().out == TABLE
    assert json.loads(out.read_text()) == {
        "cases": [
            {
                "case": "shop/test/issue_0",
                "ranking": ["cart", "web", "db"],
                "answer": "one",
                "shares": [1, 0, 0],
            },
            {
                "case": "shop/train/issue_0",
                "ranking": ["db", "web", "cart"],
                "answer": "one",
                "shares": [1, 0, 0],
            },
            {
                "case": "shop/train/issue_1",
                "ranking": ["web", "cart", "db"],
                "answer": "one",
                "shares": [1, 0, 0],
            },
        ]
    }


def test_root_causes_are_read_for_scores_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = write_shop(tmp_path / "known", ISSUES)
    unknown = write_shop(tmp_path / "unknown", {name: (row, None) for name, (row, _) in ISSUES.items()})
    outs = [tmp_path / "known.json", tmp_path / "unknown.json"]
    assert main([str(known), "--json", str(outs[0])]) == 0
    capsys.readouterr()
    assert main([str(unknown), "--json", str(outs[1])]) == 0
    assert capsys.readouterr().out == "test/issue_0: cart\ntrain/issue_0: db\ntrain/issue_1: web\n"
    assert outs[0].read_text() == outs[1].read_text()


def test_a_scenario_without_normal_times_borrows_those_of_others(tmp_path: Path) -> None:
    write_shop(tmp_path / "a", {})
    write_shop(tmp_path / "b", {"issue": (slow("web"), None)})
    (tmp_path / "b" / "noissue" / "metrics.csv").unlink()
    (case,) = read_cases(tmp_path)
    assert case.borrowed
    assert len(case.normal["web"].requests) == 60
    assert (case.name, case.scenario) == ("b/issue", "b")


def test_what_was_not_measured_is_unknown_and_not_zero(tmp_path: Path) -> None:
    unmeasured = {"cart": {"latency": np.nan}}
    (case,) = read_cases(write_shop(tmp_path, {"issue": (unmeasured, None)}))
    assert list(np.isnan(case.incident["cart"].latency)) == [True, True, False]
    assert [len(case.before["web"].requests), len(case.incident["web"].requests)] == [2, 3]


# --- the floor


def window(**latencies: list[float]) -> dict[str, Metrics]:
    return {
        node: Metrics(
            requests=np.full(len(values), 1000.0),
            latency=np.array(values),
            availability=np.full(len(values), 100.0),
        )
        for node, values in latencies.items()
    }


STRAYING = [0.09, 0.1, 0.11] * 10
FLOOR_GRAPH = {"web": ("cart", "mail"), "cart": ("db",), "mail": (), "db": ()}


@pytest.mark.parametrize(
    ("issue", "named"),
    [
        pytest.param({"web": 0.3, "cart": 0.3, "db": 0.3}, ("db",), id="the deepest"),
        pytest.param({"web": 0.3, "db": 0.3}, ("web",), id="only on an unbroken path"),
        pytest.param({"web": 0.3, "cart": 0.3, "mail": 0.4}, ("mail", "cart"), id="the worst path first"),
        pytest.param({"cart": 0.3}, (), id="nothing if nothing shows at the target"),
        pytest.param({"web": 0.16, "mail": 0.2}, (), id="nothing within five deviations"),
    ],
)
def test_the_floor(issue: Mapping[str, float], named: tuple[str, ...]) -> None:
    normal = window(**dict.fromkeys(FLOOR_GRAPH, STRAYING))
    now = window(**{node: [0.1, 0.1, 0.1, issue.get(node, 0.1)] for node in FLOOR_GRAPH})
    symptom = Symptom(node="web", measure=Measure.LATENCY)
    assert traversed(FLOOR_GRAPH, symptom, normal, now) == named


# --- made-up issues


@pytest.fixture
def case(tmp_path: Path) -> Case:
    (found,) = read_cases(write_shop(tmp_path, {"issue": (slow("web"), "web")}))
    return found


@pytest.mark.parametrize("kind", Kind)
def test_made_up_issues_begin_at_every_node_and_show_at_the_target(case: Case, kind: Kind) -> None:
    found = list(made_up([case], kind, 5, seed=1))
    assert {issue.root for issue in found} >= {"cart", "db"}
    for issue in found:
        before, now = (each["web"].cost(issue.symptom.measure) for each in (issue.before, issue.incident))
        assert np.nanmax(now) > np.nanmean(before)


def test_made_up_issues_are_the_same_for_the_same_seed(case: Case) -> None:
    first, second = (list(made_up([case], Kind.DELAY, 2, seed=3)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.root == other.root
        assert np.array_equal(one.incident["web"].latency, other.incident["web"].latency)


def test_made_up_issues_are_scored_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_shop(tmp_path, {"issue": (slow("web"), "web")})), "--stress", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [*Kind, "all"]


# --- bad input


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("graph.csv", ",web\nweb,much\n", "graph.csv:2: 'much' is not a number"),
        ("issue/metrics.csv", "a,b\n", "it is not a table of three header rows and a row for each interval"),
        (
            "issue/metrics.csv",
            "n,web\nm,latency\ns,Average\n1,-3\n",
            "metrics.csv:4: -3 is no time, number or share",
        ),
        ("issue/metrics.csv", "n,web\nm,latency\ns,Average\n1,2,3\n", "it is not a table"),
        ("issue/metrics.csv", "", "it has 0 rows or more"),
        ("issue/target.json", "{}", "it lacks a target with node, metric and timestamp: 'target'"),
        ("issue/target.json", "[]", "it lacks a target"),
        (
            "issue/target.json",
            '{"target": {"node": "web", "metric": "colour", "timestamp": 1}}',
            "'colour' is not a valid Measure",
        ),
    ],
)
def test_bad_input_is_refused_with_its_place(tmp_path: Path, file: str, text: str, said: str) -> None:
    write_shop(tmp_path, {"issue": (slow("web"), "web")})
    (tmp_path / file).write_text(text)
    with pytest.raises(Refused) as refused:
        read_cases(tmp_path)
    assert said in str(refused.value)


def test_a_folder_without_issues_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "there is no issue: no `target.json` in it or below" in capsys.readouterr().err


def test_an_issue_without_a_graph_is_refused(tmp_path: Path) -> None:
    write_issue(tmp_path / "issue", slow("web"), None)
    with pytest.raises(Refused, match=r"no folder above it has a `graph\.csv`"):
        read_cases(tmp_path)


def test_what_cannot_be_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = write_shop(tmp_path / "shop", ISSUES)
    assert main([str(shop), "--json", str(tmp_path / "no" / "out.json")]) == 2
    assert "cannot write" in capsys.readouterr().err
