"""A plan: the graph of steps that carries out a change, and the questions people and machine ask of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tidegate.core import graph
from tidegate.core.change import OnFailure
from tidegate.core.ids import StepId
from tidegate.core.plan.steps import Edge, EdgeKind, Reversibility, Step

Neighbours = Mapping[StepId, tuple[StepId, ...]]
Ends = Callable[[Edge], tuple[StepId, StepId]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps and edges of one change. `warnings` is what its author should know and need not mend."""

    change: str
    on_failure: OnFailure
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    warnings: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[StepId, Step]:
        """Steps by their ids, in the order of the plan."""
        return {step.id: step for step in self.steps}

    @cached_property
    def required_by(self) -> Neighbours:
        """For each step, the steps that build on it directly and so must be undone before it."""
        return self._neighbours(lambda e: (e.before, e.after), EdgeKind.REQUIRES)

    @cached_property
    def requires(self) -> Neighbours:
        """For each step, the steps that must be done before it begins."""
        return self._neighbours(lambda e: (e.after, e.before), EdgeKind.REQUIRES)

    @cached_property
    def follows(self) -> Neighbours:
        """For each step, the steps that must be settled, done or not, before it begins."""
        return self._neighbours(lambda e: (e.after, e.before), EdgeKind.FOLLOWS)

    @cached_property
    def followed_by(self) -> Neighbours:
        """For each step, the steps that wait for it to be settled."""
        return self._neighbours(lambda e: (e.before, e.after), EdgeKind.FOLLOWS)

    @cached_property
    def waves(self) -> tuple[tuple[StepId, ...], ...]:
        """Steps that may run side by side, wave after wave."""
        return graph.layers({id_: self.required_by[id_] + self.followed_by[id_] for id_ in self.by_id})

    @cached_property
    def undone_by(self) -> Neighbours:
        """For each step, those that go when it goes: what builds on it, and what is there for its sake."""
        serving: dict[StepId, tuple[StepId, ...]] = {}
        for step in self.steps:
            if step.serves is not None:
                serving[step.serves] = (*serving.get(step.serves, ()), step.id)
        return {id_: others + serving.get(id_, ()) for id_, others in self.required_by.items()}

    def reasons(self, step: StepId) -> tuple[Edge, ...]:
        """The edges that lead to a step: why it does not begin earlier."""
        return self._incoming[step]

    @cached_property
    def _incoming(self) -> Mapping[StepId, tuple[Edge, ...]]:
        found: dict[StepId, list[Edge]] = {id_: [] for id_ in self.by_id}
        for edge in self.edges:
            found[edge.after].append(edge)
        return {id_: tuple(edges) for id_, edges in found.items()}

    def _neighbours(self, ends: Ends, kind: EdgeKind) -> Neighbours:
        found: dict[StepId, dict[StepId, None]] = {id_: {} for id_ in self.by_id}
        for edge in self.edges:
            if edge.kind is kind:
                origin, target = ends(edge)
                found[origin][target] = None
        return {id_: tuple(others) for id_, others in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoSet:
    """What must be undone, in waves that may run side by side, for some steps to be undone safely.

    `stranded` are steps that would have to be undone but cannot be: an irreversible step that is done, and
    everything it builds on. For those the only way is forward.
    """

    waves: tuple[tuple[StepId, ...], ...]
    stranded: frozenset[StepId] = frozenset()

    @property
    def steps(self) -> frozenset[StepId]:
        """Every step to be undone."""
        return frozenset(step for wave in self.waves for step in wave)


def undo_set(plan: Plan, seeds: Iterable[StepId], started: frozenset[StepId]) -> UndoSet:
    """The smallest set of started steps that must be undone so that `seeds` are undone in a safe order.

    A step is undone only after every started step that builds on it, so the mixtures passed through are those
    of the way forward.
    """
    affected = graph.reachable(plan.undone_by, seeds) & started
    fixed = [id_ for id_ in affected if plan.by_id[id_].reversibility is Reversibility.IRREVERSIBLE]
    stranded = graph.reachable(plan.requires, fixed) & affected
    undone = affected - stranded
    backwards = {
        id_: [before for before in plan.requires[id_] if before in undone]
        for id_ in plan.by_id
        if id_ in undone
    }
    return UndoSet(waves=graph.layers(backwards), stranded=stranded)
