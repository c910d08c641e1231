"""What stands in the way when no order is safe: the fewest pairs and declarations to blame.

Two things can. A pair may be unsafe in a way that no order avoids, such as the new versions of both ends; or
the edges that the unsafe mixtures ask for may form cycles, of which the fewest must be given up.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tidegate.core import graph
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.pair import Pair, Side
from tidegate.core.feedback import fewest_to_break
from tidegate.core.ids import ServiceName, StepId, migration_of
from tidegate.core.plan.proposal import Proposal
from tidegate.core.plan.steps import Edge, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """One thing that stands in the way of any order, and what would resolve it."""

    subject: str
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Infeasible:
    """No order is safe. `blames` is the smallest set that must be resolved; `proven` says if it surely is.

    Any such set has `at_least` so many members. `cycles` shows, for each knot of releases that wait for each
    other, a shortest way round it. `proposals` are ways to the same goal for which a safe order exists.
    `retirements` is what the change would take away too early besides (see `retirement`), or would begin to need though
    it is about to go (see `flag_expiry`).
    """

    blames: tuple[Blame, ...]
    cycles: tuple[tuple[str, ...], ...] = ()
    proven: bool = True
    at_least: int = 0
    proposals: tuple[Proposal, ...] = ()
    retirements: tuple[Blame, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """An edge that comes from what people declared, and what to blame should it close a cycle."""

    edge: Edge
    blame: Blame


def beyond_order(pair: Pair, released: Collection[ServiceName]) -> bool:
    """Is the pair unsafe in a way that no order avoids? What is broken today already is not ours to mend."""
    ends = [pair.consumer, pair.provider]
    if pair.judgement.safe or all(live.side is Side.OLD for live in ends):
        return False
    return all(live.side is Side.NEW for live in ends if live.service in released)


def blame_broken(pair: Pair) -> Blame:
    consumer, provider = pair.consumer, pair.provider
    if pair.judgement.answer is Compatibility.UNKNOWN:
        resolution = _say_what_is_needed(pair)
    elif migration_of(provider.service) is not None:
        resolution = f"release a version of {consumer.service} that works with it, or {_CONTRACT_LATER}"
    elif consumer.side is Side.OLD:
        resolution = (
            f"add to the change a version of {consumer.service} that works with {provider}, "
            f"or let {provider} go on providing what {consumer} needs"
        )
    elif provider.side is Side.OLD:
        resolution = (
            f"add to the change a version of {provider.service} that provides it, or release it first"
        )
    else:
        resolution = f"mend the release of {consumer.service} or of {provider.service}"
    return Blame(subject=str(pair), resolution=resolution)


def blame_mixture(pair: Pair) -> Blame:
    consumer, provider = pair.consumer, pair.provider
    if pair.judgement.answer is Compatibility.UNKNOWN:
        return Blame(subject=str(pair), resolution=_say_what_is_needed(pair))
    new_end = provider if provider.side is Side.NEW else consumer
    middle = "provides both the old and the new version of the interface"
    if new_end is consumer:
        middle = f"still works with {provider}"
    return Blame(
        subject=str(pair),
        resolution=(
            f"release first an intermediate version of {new_end.service} that {middle}, "
            f"or pin a lane {consumer.service} → {provider.service}"
        ),
    )


_CONTRACT_LATER = "leave giving up the old shape to another change (contract: later)"


def blame_contract(pair: Pair) -> Blame:
    """A consumer of data stands in the way of giving up its old shape, until its old version is gone."""
    return Blame(
        subject=str(pair), resolution=f"drop what makes {pair.consumer.service} wait, or {_CONTRACT_LATER}"
    )


def _say_what_is_needed(pair: Pair) -> str:
    return f"declare what {pair.consumer.service} consumes of {pair.provider.service}, with a version range"


def knots(steps: Sequence[Step], fixed: Sequence[Edge], constraints: Sequence[Constraint]) -> Infeasible:
    """The cycles among the edges, and the fewest declarations that make them."""
    causes: dict[tuple[StepId, StepId], dict[Blame, None]] = {}
    for constraint in constraints:
        causes.setdefault((constraint.edge.before, constraint.edge.after), {})[constraint.blame] = None
    for edge in fixed:
        causes[edge.before, edge.after] = {}
    successors: dict[StepId, list[StepId]] = {step.id: [] for step in steps}
    for before, after in causes:
        successors[before].append(after)
    groups = graph.cyclic_components(successors)
    few = fewest_to_break(successors, lambda before, after: tuple(causes[before, after]))
    return Infeasible(
        blames=few.causes,
        cycles=_readable_cycles(successors, groups),
        proven=few.proven,
        at_least=few.at_least,
    )


def _readable_cycles(
    successors: Mapping[StepId, Sequence[StepId]], groups: Iterable[Iterable[StepId]]
) -> tuple[tuple[str, ...], ...]:
    """Each knot's shortest cycle by service, as a person would say it: a waits for b waits for a."""
    cycles = []
    for group in groups:
        names = dict.fromkeys(step.split("/", 1)[1] for step in graph.shortest_cycle(successors, group))
        cycles.append(tuple(names))
    return tuple(cycles)
