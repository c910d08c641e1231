"""What keeps an obligation, a path in the plan; or, where there is none, the moves that come to the danger."""

from collections import deque
from itertools import chain

from tidegate.core import graph
from tidegate.core.ids import StepId
from tidegate.core.plan.moves import Move, Verb
from tidegate.core.plan.obligations import Obligation
from tidegate.core.plan.plan import Plan


def path_for(plan: Plan, obligation: Obligation) -> tuple[StepId, ...]:
    """A shortest path of `requires` edges that keeps the obligation; empty where there is none."""
    if obligation.done is None:
        return ()
    paths: dict[StepId, tuple[StepId, ...]] = {obligation.done: (obligation.done,)}
    frontier = deque(paths)
    while frontier:
        step = frontier.popleft()
        if step in obligation.begun:
            return paths[step]
        for after in plan.required_by[step]:
            if after not in paths:
                paths[after] = (*paths[step], after)
                frontier.append(after)
    return ()


def witness_against(plan: Plan, obligation: Obligation) -> tuple[Move, ...]:
    """Moves, possible one after the other, after which the danger of an unkept obligation is there."""
    needed = graph.reachable(plan.requires, obligation.begun)
    settled = frozenset(chain.from_iterable(plan.follows[step] for step in needed)) - needed
    moves: list[Move] = []
    for step in chain.from_iterable(plan.waves):
        if step in needed:
            moves += (Move(verb=Verb.BEGIN, step=step), Move(verb=Verb.FINISH, step=step))
        elif step in settled:
            moves.append(Move(verb=Verb.LEAVE, step=step))
    last = max(i for i, move in enumerate(moves) if move.verb is Verb.BEGIN)
    return tuple(moves[: last + 1])
