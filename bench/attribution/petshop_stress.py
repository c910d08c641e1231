"""Faults made up at every other node, in recorded normal times: all issues of a corpus may begin at one node.

A fault costs its node seconds or failures. They go up to its callers along the graph, divided among them in random
parts, so that the target stands out five to twenty times as far as it usually strays. Whatever else there is was
recorded; besides, levels drift between normal times and the issue, and one node in twenty has lost its metrics. What
goes up adds up, as the method assumes: this tests all of the rest, and shows no more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from bench.attribution.petshop_cases import Case, Times

from tidegate.core.attribution.origin.account import Graph
from tidegate.core.attribution.origin.anomaly import Measure, Metrics, Series, Window
from tidegate.core.attribution.origin.episode import Symptom
from tidegate.core.attribution.origin.walk import reached

_ROWS: Final = 5
_COURSE: Final = np.array([0.0, 0.0, 0.7, 1.0, 0.0])
"""How much of a fault each interval of an issue shows."""
_DURING: Final = _COURSE > 0
_LENGTH: Final = 300.0
_DRIFT: Final = 0.1
_LOST: Final = 0.05
_LEAST_REQUESTS: Final = 5
_STRAYS: Final = (5.0, 20.0)
_STEPS_UP: Final = 12


class Kind(StrEnum):
    """What is wrong at a node."""

    DELAY = "delay"
    FAILURES = "failures"
    TIMEOUTS = "timeouts"  # it is slow, and its callers give up
    HOG = "hog"  # it is slow, and so measures its resources as slow
    OVERLOAD = "overload"  # it is sent more, sends more, and so what it calls is slow
    UNHEARD = "unheard"  # it is slow, and no longer measured


_SHOWS_IN: Final = {Kind.FAILURES: Measure.AVAILABILITY, Kind.TIMEOUTS: Measure.AVAILABILITY}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fault:
    """A fault of `amount` seconds or failures an interval; `shares` says which share of it comes up to each node."""

    kind: Kind
    node: str
    measure: Measure
    amount: float
    shares: Mapping[str, float]
    dice: np.random.Generator

    def at(self, node: str) -> Series:
        """What of it shows at a node, an interval each."""
        return self.amount * self.shares[node] * _COURSE * np.exp(self.dice.normal(0.0, 0.15, _ROWS))


def made_up(cases: Sequence[Case], kind: Kind, times: int, seed: int) -> Iterator[Case]:
    """Issues of one kind at each node on which a target depends, in each scenario with normal times of its own."""
    dice = np.random.default_rng(seed)
    scenarios = {case.scenario: case for case in cases if not case.borrowed}
    for case in scenarios.values():
        for node in reached(case.graph, case.symptom.node):
            for _ in range(times):
                issue = _issue(case, kind, node, dice)
                if issue is not None:
                    yield issue


def _issue(case: Case, kind: Kind, node: str, dice: np.random.Generator) -> Case | None:
    """An issue at a node; none where it is hardly called, or no fault there could show at the target."""
    symptom = Symptom(node=case.symptom.node, measure=_SHOWS_IN.get(kind, Measure.LATENCY))
    issue, normal = _parted(case.normal, dice)
    if node not in issue or not (issue[node].requests[_DURING] >= _LEAST_REQUESTS).all():
        return None
    shares = _shares(case.graph, node, symptom.node, issue, dice)
    if shares.get(symptom.node, 0.0) == 0.0 or (
        node == symptom.node and kind in (Kind.TIMEOUTS, Kind.UNHEARD)
    ):
        return None
    strays = _strays(normal[symptom.node].cost(symptom.measure)) * np.exp(dice.uniform(*np.log(_STRAYS)))
    amount = strays * float(issue[symptom.node].requests[_DURING].mean()) / shares[symptom.node]
    if kind is Kind.FAILURES and amount > issue[node].requests[_DURING].min():
        return None
    fault = _Fault(kind=kind, node=node, measure=symptom.measure, amount=amount, shares=shares, dice=dice)
    window = _lost(_WORSE.get(kind, _spread_up)(case.graph, fault, issue), {node, symptom.node}, dice)
    return replace(
        case,
        name=f"{case.scenario}/{kind}/{node}",
        symptom=symptom,
        at=2 * _LENGTH,
        normal=normal,
        times=Times(starts=np.arange(float(_ROWS)) * _LENGTH, window=window),
        root=node,
    )


# --- recorded times


def _parted(normal: Window, dice: np.random.Generator) -> tuple[Window, Window]:
    """Some intervals to make an issue of, with levels that drifted, and the rest as normal times."""
    rows = max(len(metrics.requests) for metrics in normal.values())
    first = int(dice.integers(0, rows - _ROWS))
    chosen = slice(first, first + _ROWS)
    issue = {node: metrics.rows(chosen) for node, metrics in normal.items()}
    rest = {node: _without(metrics, chosen) for node, metrics in normal.items()}
    drifted = {
        node: replace(m, latency=m.latency * np.exp(dice.normal(0.0, _DRIFT))) for node, m in issue.items()
    }
    return drifted, rest


def _without(metrics: Metrics, chosen: slice) -> Metrics:
    return Metrics(
        requests=np.delete(metrics.requests, chosen),
        latency=np.delete(metrics.latency, chosen),
        availability=np.delete(metrics.availability, chosen),
    )


def _strays(costs: Series) -> float:
    """How far a cost strays upwards, as a standard deviation."""
    middle, high = np.nanquantile(costs, (0.5, 0.95))
    return float(high - middle) / 1.645


def _lost(window: Window, kept: set[str], dice: np.random.Generator) -> Window:
    return {node: metrics for node, metrics in window.items() if node in kept or dice.random() >= _LOST}


# --- faults


def _shares(
    graph: Graph, node: str, target: str, issue: Window, dice: np.random.Generator
) -> dict[str, float]:
    """Which share of what a node costs comes up to each of its callers, and theirs, as far as the target."""
    shares, going_up = {node: 1.0}, {node: 1.0}
    for _ in range(_STEPS_UP):
        arrived: dict[str, float] = {}
        for callee, share in going_up.items():
            callers = [] if callee == target else _callers(graph, callee, issue)
            parts = dice.dirichlet([2.0] * len(callers)) if callers else ()
            for caller, part in zip(callers, parts, strict=True):
                arrived[caller] = arrived.get(caller, 0.0) + share * part
        for caller, share in arrived.items():
            shares[caller] = shares.get(caller, 0.0) + share
        going_up = arrived
    return shares


def _callers(graph: Graph, callee: str, issue: Window) -> list[str]:
    called = (node for node in graph if callee in graph[node] and node in issue)
    return [node for node in called if (issue[node].requests[_DURING] > 0).all()]


def _spread_up(graph: Graph, fault: _Fault, issue: Window) -> Window:  # noqa: ARG001 - other kinds need the graph
    """The issue with the fault at its node and all above it."""
    worse = _slower if fault.measure is Measure.LATENCY else _failing
    return {**issue, **{node: worse(issue[node], fault.at(node)) for node in fault.shares}}


def _given_up(graph: Graph, fault: _Fault, issue: Window) -> Window:
    seconds = 20.0 * issue[fault.node].latency * issue[fault.node].requests * _COURSE
    slow = _slower(issue[fault.node], seconds)
    return {**_spread_up(graph, fault, issue), fault.node: slow}


def _hogged(graph: Graph, fault: _Fault, issue: Window) -> Window:
    """Each of the resources seems slower by a part of what the node is, at most four times as slow."""
    window = dict(_spread_up(graph, fault, issue))
    resources = [node for node in graph.get(fault.node, ()) if not graph.get(node) and node in issue]
    extra = fault.amount / issue[fault.node].requests[_DURING].mean() / (len(resources) + 1)
    for node in resources:
        seconds = np.minimum(extra, 3.0 * issue[node].latency) * issue[node].requests * _COURSE
        window[node] = _slower(issue[node], seconds)
    return window


def _overloaded(graph: Graph, fault: _Fault, issue: Window) -> Window:
    """Two to five times the requests; what is below gets slower, by less than it is sent more."""
    window = dict(_spread_up(graph, fault, issue))
    load = 1.0 + _COURSE * fault.dice.uniform(1.0, 4.0)
    for node in reached(graph, fault.node):
        if node in window:
            slower = 1.0 if node == fault.node else 1.0 + (load - 1.0) * fault.dice.uniform(0.0, 0.7)
            found = window[node]
            window[node] = replace(
                found, requests=np.round(found.requests * load), latency=found.latency * slower
            )
    return window


def _unheard(graph: Graph, fault: _Fault, issue: Window) -> Window:
    window = dict(_spread_up(graph, fault, issue))
    window[fault.node] = Metrics(
        **{name: np.full(_ROWS, np.nan) for name in ("requests", "latency", "availability")}
    )
    return window


_WORSE: Final[Mapping[Kind, Callable[[Graph, _Fault, Window], Window]]] = {
    Kind.TIMEOUTS: _given_up,
    Kind.HOG: _hogged,
    Kind.OVERLOAD: _overloaded,
    Kind.UNHEARD: _unheard,
}


def _slower(metrics: Metrics, seconds: Series) -> Metrics:
    called = np.maximum(metrics.requests, 1.0)
    return replace(metrics, latency=metrics.latency + seconds / called)


def _failing(metrics: Metrics, failures: Series) -> Metrics:
    called = np.maximum(metrics.requests, 1.0)
    bad = np.round(called * (1.0 - metrics.availability / 100.0) + failures).clip(0.0, called)
    return replace(metrics, availability=100.0 * (1.0 - bad / called))
