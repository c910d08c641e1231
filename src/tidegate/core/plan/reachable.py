"""Every state that a plan can come to by `moves`, and whether what does not work together is live in any.

A state says where each step stands. States are looked at for each group of steps that edges or bad pairs tie
together, apart from the others: no move of one group needs or hinders one of another, so what can be reached
together is every combination of what can be reached apart, and each bad pair lies in one group. Edges that
only say `follows` are left out: they delay, so without them no less can be reached, and by the theorem of
`obligations` nothing worse.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

from tidegate.core import graph
from tidegate.core.contracts.pair import Live, Pair, Side
from tidegate.core.ids import StepId
from tidegate.core.plan.moves import BEGUN, MOVES, Move, Standing, Verb
from tidegate.core.plan.obligations import Obligation, in_order
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.releases import Released, Releases, contracts_of
from tidegate.core.plan.steps import Reversibility

MOST_STATES: Final = 100_000
"""How many states are looked at, at most, over all groups."""

MOST_STEPS: Final = 40
"""The largest group that is looked at: with more steps there are more states than that anyway."""

State = tuple[Standing, ...]
Standings = Mapping[StepId, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """How many states were looked at, whether those are all, and the moves to the first bad ones."""

    states: int
    complete: bool
    witnesses: tuple[tuple[Move, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """Something that must never be, and the steps that tell whether it is."""

    steps: tuple[StepId, ...]
    holds: Callable[[Standings], bool]


def explored(plan: Plan, releases: Releases, pairs: Iterable[Pair]) -> Explored:
    """Look at every state of every group, as far as `MOST_STATES` goes."""
    hazards = [*_hazards(plan, releases, pairs)]
    states = 0
    witnesses: list[tuple[Move, ...]] = []
    for steps, dangers in _groups(plan, hazards):
        if len(steps) > MOST_STEPS:
            return Explored(states=states, complete=False, witnesses=tuple(witnesses))
        search = _Search(plan, steps, dangers)
        complete = search.run(MOST_STATES - states)
        states += len(search.came_from)
        if search.bad is not None:
            witnesses.append(search.moves_to(search.bad))
        if not complete:
            return Explored(states=states, complete=False, witnesses=tuple(witnesses))
    return Explored(states=states, complete=True, witnesses=tuple(witnesses))


def _groups(plan: Plan, hazards: Iterable[Hazard]) -> list[tuple[tuple[StepId, ...], list[Hazard]]]:
    """Steps that edges or hazards tie together, with their hazards, the smallest groups first."""
    tied: dict[StepId, list[StepId]] = {
        step: [*others, *plan.required_by[step]] for step, others in plan.requires.items()
    }
    for hazard in hazards:
        for step, other in pairwise((*hazard.steps, hazard.steps[0])):
            tied[step].append(other)
    groups = sorted(graph.strong_components(tied), key=len)
    number = {step: i for i, group in enumerate(groups) for step in group}
    dangers: list[list[Hazard]] = [[] for _ in groups]
    for hazard in hazards:
        dangers[number[hazard.steps[0]]].append(hazard)
    return list(zip(groups, dangers, strict=True))


# --- hazards ------------------------------------------------------------------------------------------------


def _hazards(plan: Plan, releases: Releases, pairs: Iterable[Pair]) -> Iterator[Hazard]:
    """Bad pairs that are live together, and steps that have begun without what they rely on."""
    contracts, unsafe = contracts_of(plan), [pair for pair in pairs if not pair.judgement.safe]
    for each in in_order(plan, releases, unsafe):
        steps = each.begun if each.done is None else (each.done, *each.begun)
        yield Hazard(steps=steps, holds=partial(_too_early, each))
    for pair in unsafe:
        ends = [releases[live.service] for live in (pair.consumer, pair.provider) if live.service in releases]
        already = pair.mixture == (Side.OLD, Side.OLD)
        if ends and not already and pair.provider.service not in contracts:
            steps = tuple(step for end in ends for step in (end.deploy, end.expose, end.retire))
            yield Hazard(steps=steps, holds=partial(_meet, pair, releases))


def _too_early(obligation: Obligation, standings: Standings) -> bool:
    begun = all(standings[step] in BEGUN for step in obligation.begun)
    return begun and (obligation.done is None or standings[obligation.done] is not Standing.DONE)


def _meet(pair: Pair, releases: Releases, standings: Standings) -> bool:
    """Are both versions of a pair live, and no lane between them?"""
    if not all(_is_live(live, releases, standings) for live in (pair.consumer, pair.provider)):
        return False
    provider = releases.get(pair.provider.service)
    return (
        provider is None
        or pair.consumer.service not in provider.laned
        or not _pinned(pair, provider, standings)
    )


def _is_live(live: Live, releases: Releases, standings: Standings) -> bool:
    release = releases.get(live.service)
    if release is None:
        return True
    if live.side is Side.NEW:
        return standings[release.deploy] in BEGUN
    return standings[release.expose] is not Standing.DONE


def _pinned(pair: Pair, provider: Released, standings: Standings) -> bool:
    """Does the lane keep the two apart? Nothing reaches a new provider before its lanes do."""
    if pair.mixture == (Side.NEW, Side.OLD):
        return standings[provider.deploy] is Standing.DONE
    return pair.mixture == (Side.OLD, Side.NEW) and standings[provider.retire] not in BEGUN


# --- search -------------------------------------------------------------------------------------------------


class _Search:
    """A breadth-first walk over the states of one group: the first bad state has the fewest moves to it."""

    def __init__(self, plan: Plan, steps: tuple[StepId, ...], hazards: Sequence[Hazard]) -> None:
        self.plan = plan
        self.steps = steps
        self.hazards = hazards
        start: State = (Standing.WAITING,) * len(self.steps)
        self.came_from: dict[State, tuple[State, Move] | None] = {start: None}
        self.bad: State | None = None

    def run(self, most: int) -> bool:
        """Walk until nothing is left, a bad state is found, or `most` states are known; whether it got to an end."""
        frontier = deque(self.came_from)
        while frontier and self.bad is None:
            state = frontier.popleft()
            standings = dict(zip(self.steps, state, strict=True))
            if any(hazard.holds(standings) for hazard in self.hazards):
                self.bad = state
            for move, after in self._moves(standings):
                if after not in self.came_from:
                    self.came_from[after] = state, move
                    frontier.append(after)
            if len(self.came_from) > most:
                return False
        return True

    def _moves(self, standings: dict[StepId, Standing]) -> Iterator[tuple[Move, State]]:
        for step, standing in standings.items():
            for verb, target in MOVES[standing].items():
                if self._may(verb, step, standings):
                    yield Move(verb=verb, step=step), tuple((standings | {step: target}).values())

    def _may(self, verb: Verb, step: StepId, standings: Standings) -> bool:
        if verb is Verb.BEGIN:
            return all(standings[other] is Standing.DONE for other in self.plan.requires[step])
        if verb is Verb.UNDO:
            fixed = self.plan.by_id[step].reversibility is Reversibility.IRREVERSIBLE
            return not fixed and all(standings[other] not in BEGUN for other in self.plan.required_by[step])
        return True

    def moves_to(self, state: State) -> tuple[Move, ...]:
        """The moves from the beginning to a state."""
        moves: list[Move] = []
        while (step := self.came_from[state]) is not None:
            state, move = step
            moves.append(move)
        return tuple(reversed(moves))
