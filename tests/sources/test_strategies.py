"""How a release is exposed and judged: gates beside the first, their shares of alpha, and gates without an answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.sources.test_change import CATALOG, change_of, problems, release

from tidegate.core.errors import Refused
from tidegate.core.ids import ServiceName
from tidegate.core.strategy import (
    Boundaries,
    Conformance,
    Gate,
    GateAction,
    Guard,
    Level,
    OnSpent,
    Ratio,
    SloLimit,
)
from tidegate.core.traces.learned import LearnedEdge, LearnedGraph
from tidegate.core.traces.measured import Measured
from tidegate.sources.change import read_change_and_catalog

GATES = """\
  action: hold
  ratios: [{name: orders, successRate: 95%}]
  boundaries: {worseBy: 1%, offsetTimes: 1.3, latency: {threshold: 200ms, compare: true}}
  gates:
    - {name: strict, boundaries: {successRate: 99.9%, worseBy: 0.1%}, guards: [{service: web, successRate: 98%}]}
    - name: trial
      action: observe
      ratios: [{name: signups}]
      levels: [{name: memory, limit: 900, limitShare: 1%, worse: higher, worseBy: 50, worseTimes: 2, trend: 10}]
  levels: [{name: headroom, worse: lower, warmUp: 2m}]
  slos: [{slo: calm}, {slo: strict, leastLeft: 20%, mostSpent: 5%, burnRates: false, onSpent: refuse}]
"""


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    declare("")


def declare(traffic: str) -> None:
    """The catalog, with what payments is said to get."""
    Path("catalog").mkdir(exist_ok=True)
    said = f", tidegate.dev/traffic: {traffic}" if traffic else ""
    first, payments, rest = CATALOG.partition(
        "metadata: {name: payments, annotations: {tidegate.dev/version: '1.0.0'"
    )
    Path("catalog/catalog-info.yaml").write_text(first + payments + said + rest)


def gates(text: str) -> list[tuple[Gate, ...]]:
    """The gates of each release, the same at each of its stages."""
    Path("c.yaml").write_text(text)
    change, _ = read_change_and_catalog(Path("c.yaml"))
    found = [{stage.gates for stage in each.strategy.stages} for each in change.releases]
    assert all(len(each) == 1 for each in found)
    return [each.pop() for each in found]


def test_gates_beside_the_first_take_their_limits_and_share_what_may_go_wrong() -> None:
    limits = Boundaries(worse_by=0.01, offset_times=1.3, latency_ms=200.0, latency_compared=True)
    expected = (
        Gate(
            action=GateAction.HOLD,
            boundaries=limits,
            ratios=(Ratio(name="orders", success_rate=0.95),),
            levels=(Level(name="headroom", lower_is_worse=True, warm_up=120.0),),
            slos=(
                SloLimit(slo="calm"),
                SloLimit(
                    slo="strict", least_left=0.2, most_spent=0.05, burn_rates=False, on_spent=OnSpent.REFUSE
                ),
            ),
            alpha=0.005,
        ),
        Gate(
            name="strict",
            boundaries=replace(limits, success_rate=0.999, worse_by=0.001),
            guards=(Guard(service="web", success_rate=0.98),),
            alpha=0.005,
        ),
        Gate(
            name="trial",
            action=GateAction.OBSERVE,
            boundaries=limits,
            ratios=(Ratio(name="signups"),),
            levels=(
                Level(name="memory", limit=900.0, limit_share=0.01, worse_by=50.0, worse_times=2.0, trend=10),
            ),
            alpha=0.01,
        ),
    )
    assert gates(change_of(more=GATES)) == [expected]


def test_what_a_release_lists_stands_in_place_of_the_specs() -> None:
    own = "action: rollback, gates: [], ratios: [{name: carts}], boundaries: {latency: {threshold: 1s}}"
    first, second = gates(change_of(release("payments", own), release("web"), more=GATES))
    assert len(second) == 3
    (gate,) = first
    assert (gate.action, gate.ratios, gate.alpha) == (GateAction.ROLLBACK, (Ratio(name="carts"),), 0.005)
    assert gate.boundaries == Boundaries(worse_by=0.01, offset_times=1.3, latency_ms=1000.0)


def test_answers_may_be_held_against_contracts() -> None:
    more = "  conformance: {sample: 5%, successRate: 99.9%}\n"
    more += "  gates: [{name: own, conformance: {sample: 10%}}, {name: none}]\n"
    first, second = gates(
        change_of(release("payments", "conformance: {sample: 100%}"), release("web"), more=more)
    )
    whole, own = Conformance(sample=0.05, success_rate=0.999), Conformance(sample=0.1)
    assert [gate.conformance for gate in first] == [Conformance(sample=1.0), own, None]
    assert [gate.conformance for gate in second] == [whole, own, None]


def test_stages_may_go_on_early() -> None:
    canary = (
        "strategy: {canary: {stages: [{exposure: 10%, bake: 30s, early: true}, {exposure: 50%, bake: 30s}]}}"
    )
    Path("c.yaml").write_text(change_of(strategy=canary))
    change, _ = read_change_and_catalog(Path("c.yaml"))
    assert [stage.early for stage in change.releases[0].strategy.stages] == [True, False, False]


BLUE_GREEN = "strategy: {blueGreen: {bake: 30s, wait: 60s}}"


@pytest.mark.parametrize(
    ("traffic", "strategy", "begins"),
    [
        (
            "90/m",
            "",
            "c.yaml:6: the gate of payments cannot come to an answer at 10%: by the end of its wait about 95 ",
        ),
        (
            "10/h",
            BLUE_GREEN,
            "c.yaml:8: the gate of payments cannot come to an answer at 100%: by the end of its wait about 0 ",
        ),
    ],
)
def test_a_gate_without_an_answer_is_refused(traffic: str, strategy: str, begins: str) -> None:
    declare(traffic)
    ends = (
        "requests reach 2.0.0, and to show that at least 99 % of its answers are good takes 299 at least "
        "(more exposure, a longer wait, a wider boundary, or action: observe)"
    )
    assert problems(change_of(strategy=strategy) if strategy else change_of()) == [begins + ends]


def test_with_enough_traffic_it_is_not() -> None:
    declare("5/s")
    assert gates(change_of())


def test_a_traffic_that_is_no_rate_is_refused() -> None:
    declare("lots")
    (problem,) = problems(change_of())
    assert problem == (
        "catalog/catalog-info.yaml:9: tidegate.dev/traffic is 'lots', which is not a rate "
        "(write requests a second, minute or hour, such as 40/s, 90/m or 10/h)"
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "  gates: [{name: boundaries}, {name: a}, {name: a}]\n",
            [
                "c.yaml:9: the name 'a' of a gate is taken (give it another)",
                "c.yaml:9: the name 'boundaries' of a gate is taken (give it another)",
            ],
        ),
        (
            "  ratios: [{name: errors}]\n  gates: [{name: a, ratios: [{name: b}], levels: [{name: b}]}]\n",
            [
                "c.yaml:9: the name 'errors' of a ratio or level is taken (give it another)",
                "c.yaml:10: the name 'b' of a ratio or level is taken (give it another)",
            ],
        ),
        (
            "  gates: [{name: a, guards: [{service: wbe, successRate: 9%}], boundaries: {latency: {threshold: 0s}}}]\n",
            [
                "c.yaml:9: '0s' is no time at all (write a longer duration, such as 30s)",
                "c.yaml:9: unknown service 'wbe' in guards (did you mean 'web'?)",
            ],
        ),
        (
            "  ratios: [{name: conformance}]\n  conformance: {sample: 0%}\n",
            [
                "c.yaml:9: the name 'conformance' of a ratio or level is taken (give it another)",
                "c.yaml:10: a sample of 0% shows nothing (write a larger one, such as 5%)",
            ],
        ),
        (
            "  action: retry\n",
            ["c.yaml:9: 'retry' is not allowed for spec.action (allowed: rollback, stepDown, hold, observe)"],
        ),
    ],
)
def test_names_and_actions(more: str, expected: list[str]) -> None:
    assert problems(change_of(more=more)) == expected


def test_measured_traffic_comes_before_what_is_declared() -> None:
    declare("90/m")
    edge = LearnedEdge(
        caller=None, callee=ServiceName("payments"), declared=True, calls=9000, bad=0, rejected=0
    )
    Path("c.yaml").write_text(change_of())
    learned = Measured(graph=LearnedGraph(edges=(edge,)), at=0.0, seconds=10.0)
    _, catalog = read_change_and_catalog(Path("c.yaml"), learned=learned)
    assert catalog.services[ServiceName("payments")].traffic == 900.0
    with pytest.raises(Refused, match="the gate of payments cannot come to an answer at 10%"):
        read_change_and_catalog(Path("c.yaml"))
