"""An Experiment file: what a flag is to do to the people who are served its variants.

experiment.yaml ─► Experiment
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Final

from tidegate.core.errors import Problem, Refused
from tidegate.core.experiments.definition import Better, Experiment, Guard, Kind, Metric, Period
from tidegate.core.ids import FlagKey
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.quantities import instant, seconds, share
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, quoted

ALPHA: Final = "5%"
MINIMUM_EFFECT: Final = "5%"
ROUNDING: Final = 1e-9
"""So far from one may the shares of a period add up to."""


def read_experiments(paths: Iterable[Path]) -> tuple[Experiment, ...]:
    """Experiment files, at most one for each flag; raises `Refused` with everything that is wrong with any of them."""
    found: dict[FlagKey, Experiment] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            asked = read_experiment(path)
        except Refused as error:
            problems += error.problems
            continue
        if asked.flag in found:
            message = f"{path}: flag {quoted(asked.flag)} has an experiment already"
            problems.append(Problem(message=message, hint=f"it is {quoted(found[asked.flag].name)}"))
        found.setdefault(asked.flag, asked)
    if problems:
        raise Refused(problems)
    return tuple(found.values())


def read_experiment(path: Path) -> Experiment:
    """An Experiment file; raises `Refused` with everything that is wrong with it."""
    root, found = read_kind(path, "Experiment")
    spec = root.at("spec")
    problems = [*found, *_problems(spec)]
    if problems:
        raise Refused(in_order(problems))
    return Experiment(
        name=root.at("metadata", "name").text,
        flag=FlagKey(spec.at("flag").text),
        control=spec.at("control").text,
        window=seconds(spec.at("window").text) or 0.0,
        metrics=tuple(map(_metric, spec.at("metrics").elements)),
        guards=tuple(map(_guard, spec.at("guards").elements)),
        periods=tuple(map(_period, spec.at("shares").elements)),
        alpha=_share(spec.at("alpha"), ALPHA),
    )


def _metric(node: Node) -> Metric:
    return Metric(
        name=node.at("name").text,
        kind=Kind(node.at("kind").text),
        better=Better(node.at("better").text or Better.HIGHER),
        minimum_effect=_share(node.at("minimumEffect"), MINIMUM_EFFECT),
        cap=_number(node.at("cap")),
    )


def _guard(node: Node) -> Guard:
    return Guard(metric=_metric(node), margin=_share(node.at("margin")))


def _period(node: Node) -> Period:
    return Period(since=_since(node) or 0.0, shares=_shares(node))


def _share(node: Node, default: str = "") -> float:
    return share(node.text or default) or 0.0


def _number(node: Node) -> float:
    return float(node.value) if isinstance(node.value, (int, float)) else inf


def _since(node: Node) -> float | None:
    """When a period begins: the first that does not say so at the beginning of all times."""
    return instant(node.at("since").text) if node.at("since") else 0.0


def _shares(node: Node) -> dict[str, float]:
    return {name: _share(each) for name, each in node.at("variants").fields.items()}


# -- checks ------------------------------------------------------------------------------------------------


def _problems(spec: Node) -> Iterator[Problem]:
    """What a schema cannot say of an experiment."""
    yield from _bounds(spec)
    yield from _names([*spec.at("metrics").elements, *spec.at("guards").elements])
    periods = spec.at("shares").elements
    for period in periods:
        yield from _period_problems(period, spec.at("control").text)
    for before, after in pairwise(periods):
        yield from _order(before, after)


def _bounds(spec: Node) -> Iterator[Problem]:
    """Quantities that must be more than nothing."""
    if seconds(spec.at("window").text) == 0.0:
        yield spec.at("window").problem("a window of no length holds no outcome", "give one such as 24h")
    if spec.at("alpha") and not 0.0 < _share(spec.at("alpha")) < 0.5:
        yield spec.at("alpha").problem(
            f"alpha is {quoted(spec.at('alpha').text)}", "more than 0%, less than 50%"
        )
    quantities = [each.at("minimumEffect") for each in spec.at("metrics").elements]
    quantities += [each.at("margin") for each in spec.at("guards").elements]
    for node in quantities:
        if share(node.text) == 0.0:
            yield node.problem("no number of units shows a difference of 0%", "give the least that matters")


def _names(metrics: list[Node]) -> Iterator[Problem]:
    first: dict[str, Node] = {}
    for metric in metrics:
        name = metric.at("name")
        if name.text in first:
            place = first[name.text].location
            yield name.problem(f"{quoted(name.text)} is measured twice (first at {place})", "give it once")
        first.setdefault(name.text, name)
        if metric.at("cap") and metric.at("kind").text == Kind.CONVERSION:
            yield metric.at("cap").problem("a conversion has no cap: it is one or none", "leave it out")


def _period_problems(period: Node, control: str) -> Iterator[Problem]:
    since, variants, shares = period.at("since"), period.at("variants"), _shares(period)
    if since and _since(period) is None:
        yield since.problem(f"{quoted(since.text)} is no time", "such as 2026-03-01T12:00:00Z")
    if shares and abs(sum(shares.values()) - 1.0) > ROUNDING:
        yield variants.problem(f"the shares add up to {sum(shares.values()):.6%}".rstrip("0"), "not to 100%")
    if shares and control and control not in shares:
        hint = did_you_mean(control, shares) or "give it a share, or name another control"
        yield variants.problem(f"the control {quoted(control)} is not among the variants", hint)


def _order(before: Node, after: Node) -> Iterator[Problem]:
    if not after.at("since"):
        yield after.problem("shares that follow others lack 'since'", "say from when on they hold")
    elif (_since(after) or 0.0) <= (_since(before) or 0.0):
        yield after.at("since").problem("these shares are not later than those above", "sort them by time")
