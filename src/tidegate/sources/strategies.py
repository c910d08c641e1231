"""How a release or a flag is exposed and judged, from the words of a `Change` file.

What a file leaves out:

* Boundaries are taken field by field from the gate, the release, the spec, then from the defaults of
  `core.strategy`. Lists of guards, ratios, levels, SLOs and further gates of a release, and what it says of
  conformance, stand in place of the spec's.
* A canary whose last stage is below 100% ends with a stage of 100% like the last one written.
* A stage without `wait` waits ten minutes longer than its bake.
* An audience of a flag without a strategy has the flag at once, judged by the gates of the flag.

`alpha` is the rollout's whole budget for acting although nothing is wrong: each release, and each exposure of a flag to
an audience or to everyone, gets an even share of it, of which each of its gates that acts gets an even share in turn.
All stages of a release draw on that share together, since evidence is carried over. A gate that only observes has the
share of its release for itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from tidegate.core.strategy import (
    Boundaries,
    Conformance,
    Gate,
    GateAction,
    Guard,
    Level,
    OnInsufficient,
    OnSpent,
    Ratio,
    SloLimit,
    Stage,
    Strategy,
    StrategyKind,
)
from tidegate.sources.change_source import Source
from tidegate.sources.quantities import seconds, share
from tidegate.sources.tree import Node

ALPHA: Final = 0.01
PATIENCE: Final = 600.0


def strategy_of(source: Source, release: Node) -> Strategy:
    """The stages of a release, each with all its gates."""
    return _strategy(source.own_or_spec(release, "strategy"), _gates(source, release))


def flag_strategy_of(source: Source, flag: Node) -> Strategy:
    """The stages of a flag that goes to everyone."""
    return _strategy(source.own_or_spec(flag, "strategy"), _flag_gates(source, flag))


def audience_strategy_of(source: Source, flag: Node, audience: Node) -> Strategy:
    """The stages of a flag that goes to one of its audiences."""
    return _strategy(audience.at("strategy"), _flag_gates(source, flag))


def _strategy(node: Node, gates: tuple[Gate, ...]) -> Strategy:
    if written := node.at("canary", "stages").elements:
        stages = [_stage(stage, gates) for stage in written]
        if stages[-1].exposure < 1:
            stages.append(_stage(written[-1], gates, exposure=1.0))
        return Strategy(kind=StrategyKind.CANARY, stages=tuple(stages))
    stage = _stage(node.at("blueGreen"), gates, exposure=1.0)
    return Strategy(kind=StrategyKind.BLUE_GREEN, stages=(stage,))


def _stage(node: Node, gates: tuple[Gate, ...], *, exposure: float | None = None) -> Stage:
    bake = seconds(node.at("bake").text) or 0.0
    wait = seconds(node.at("wait").text)
    return Stage(
        exposure=_share(node.at("exposure"), 1.0) if exposure is None else exposure,
        bake=bake,
        wait=bake + PATIENCE if wait is None else wait,
        early=node.at("early").value is True,
        on_insufficient=OnInsufficient(node.at("onInsufficient").text or OnInsufficient.HOLD),
        gates=gates,
    )


# -- gates -----------------------------------------------------------------------------------------------


def _gates(source: Source, release: Node) -> tuple[Gate, ...]:
    own = Gate(
        action=_action(source.own_or_spec(release, "action")),
        boundaries=_boundaries([release, source.spec]),
        guards=tuple(map(_guard, source.own_or_spec(release, "guards").elements)),
        ratios=tuple(map(_ratio, source.own_or_spec(release, "ratios").elements)),
        levels=tuple(map(_level, source.own_or_spec(release, "levels").elements)),
        slos=tuple(map(_slo_limit, source.own_or_spec(release, "slos").elements)),
        conformance=_conformance(source.own_or_spec(release, "conformance")),
    )
    written = source.own_or_spec(release, "gates").elements
    further = [_further(gate, [release, source.spec]) for gate in written]
    judged = len(source.exposed) + len(source.audiences)
    alpha = _number(source.spec.at("alpha"), ALPHA) / judged
    return tuple(_shared([own, *further], alpha))


def _flag_gates(source: Source, flag: Node) -> tuple[Gate, ...]:
    """Its gates, but for what only versions of services are judged by: a flag has neither instances nor contracts."""
    return tuple(replace(gate, levels=(), conformance=None) for gate in _gates(source, flag))


def _further(node: Node, places: Iterable[Node]) -> Gate:
    return Gate(
        name=node.at("name").text,
        action=_action(node.at("action")),
        boundaries=_boundaries([node, *places]),
        guards=tuple(map(_guard, node.at("guards").elements)),
        ratios=tuple(map(_ratio, node.at("ratios").elements)),
        levels=tuple(map(_level, node.at("levels").elements)),
        slos=tuple(map(_slo_limit, node.at("slos").elements)),
        conformance=_conformance(node.at("conformance")),
    )


def _shared(gates: list[Gate], alpha: float) -> Iterator[Gate]:
    acting = sum(gate.action is not GateAction.OBSERVE for gate in gates)
    for gate in gates:
        yield replace(gate, alpha=alpha if gate.action is GateAction.OBSERVE else alpha / acting)


def _action(node: Node) -> GateAction:
    return GateAction(node.text or GateAction.ROLLBACK)


def _boundaries(places: Iterable[Node]) -> Boundaries:
    written, defaults = [place.at("boundaries") for place in places], Boundaries()
    latency = _first(written, "latency")
    threshold = seconds(latency.at("threshold").text)
    return Boundaries(
        success_rate=_share(_first(written, "successRate"), defaults.success_rate),
        latency_ms=None if threshold is None else round(threshold * 1000, 3),
        latency_share=_share(latency.at("within"), defaults.latency_share),
        latency_compared=latency.at("compare").value is True,
        worse_by=_share(_first(written, "worseBy"), defaults.worse_by),
        worse_times=_number(_first(written, "worseTimes"), defaults.worse_times),
        offset_times=_number(_first(written, "offsetTimes"), defaults.offset_times),
        design_effect=_number(_first(written, "designEffect"), defaults.design_effect),
    )


def _first(places: Iterable[Node], field: str) -> Node:
    found = [place.at(field) for place in places]
    return next(filter(None, found), found[-1])


def _share(node: Node, default: float) -> float:
    return _given(share(node.text), default)


def _given(found: float | None, default: float) -> float:
    return default if found is None else found


def _number(node: Node, default: float) -> float:
    return float(node.value) if isinstance(node.value, (int, float)) else default


def _guard(node: Node) -> Guard:
    return Guard(service=node.at("service").text, success_rate=_share(node.at("successRate"), 0.0))


def _ratio(node: Node) -> Ratio:
    return Ratio(name=node.at("name").text, success_rate=share(node.at("successRate").text))


def _conformance(node: Node) -> Conformance | None:
    if not node:
        return None
    rate = share(node.at("successRate").text)
    return Conformance(sample=_share(node.at("sample"), 0.0), success_rate=rate)


def _level(node: Node) -> Level:
    defaults, limit = Level(name=""), node.at("limit")
    return Level(
        name=node.at("name").text,
        worse_times=_number(node.at("worseTimes"), defaults.worse_times),
        worse_by=_number(node.at("worseBy"), defaults.worse_by),
        lower_is_worse=node.at("worse").text == "lower",
        limit=_number(limit, 0.0) if limit else None,
        limit_share=_share(node.at("limitShare"), defaults.limit_share),
        trend=int(_number(node.at("trend"), defaults.trend)),
        warm_up=_given(seconds(node.at("warmUp").text), defaults.warm_up),
    )


def _slo_limit(node: Node) -> SloLimit:
    return SloLimit(
        slo=node.at("slo").text,
        least_left=_share(node.at("leastLeft"), 0.0),
        most_spent=share(node.at("mostSpent").text),
        burn_rates=node.at("burnRates").value is not False,
        on_spent=OnSpent(node.at("onSpent").text or OnSpent.HOLD),
    )
