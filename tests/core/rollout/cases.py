"""Random changes over random service graphs, nearly all of which have a safe order.

An order is drawn first. Contracts are then drawn so that this order is safe: what a release drops, nobody who
comes later still needs, and what it newly needs, somebody who came earlier offers, lanes aside. Only tasks and
lanes can still tie a knot.
"""

from hypothesis import strategies as st
from tests.core.worlds import CANARY, catalog_of, change_of, lane_of, release_of, service_of

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, Commands, OnFailure, Task
from tidegate.core.strategy import Gate, OnInsufficient, Stage, Strategy, StrategyKind

Case = tuple[Catalog, Change]
Edge = tuple[str, str]

NAMES = ("a", "b", "c", "d")
EDGES = [(consumer, provider) for consumer in NAMES for provider in NAMES if consumer != provider]
OLD, NEW, BOTH = "^1.0.0", "^2.0.0", ">=1.0.0 <3.0.0"

AT_ONCE = Strategy(kind=StrategyKind.BLUE_GREEN, stages=(Stage(exposure=1.0, gates=(Gate(),)),))
IMPATIENT = Strategy(
    kind=StrategyKind.CANARY,
    stages=(
        Stage(exposure=0.2),
        Stage(exposure=1.0, gates=(Gate(),), on_insufficient=OnInsufficient.ROLLBACK),
    ),
)
UNJUDGED = Strategy(kind=StrategyKind.CANARY, stages=(Stage(exposure=0.5, bake=5), Stage(exposure=1.0)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    order = draw(st.permutations(NAMES))[: draw(st.sampled_from([2, 3, 1, 3, 4]))]
    likely = [edge for edge in EDGES if set(edge) <= set(order)] or EDGES
    drawn = (
        st.lists(st.sampled_from(likely), min_size=1, max_size=3),
        st.lists(st.sampled_from(EDGES), max_size=4),
    )
    edges = sorted({*draw(drawn[0]), *draw(drawn[1])})
    within = [edge for edge in edges if set(edge) <= set(order)]
    pinned = draw(st.sampled_from([1, 0, 2]))
    lanes = set(draw(st.permutations(within))[:pinned])
    offers = {name: draw(_offers(name, order, edges, lanes)) for name in order}
    releases = [
        release_of(
            name,
            offers=offers[name],
            needs={p: draw(_needs((c, p), order, offers, lanes)) for c, p in edges if c == name},
            strategy=draw(st.sampled_from([CANARY, AT_ONCE, IMPATIENT, UNJUDGED])),
        )
        for name in order
    ]
    change = change_of(
        *releases,
        lanes=[lane_of(*edge) for edge in sorted(lanes)],
        tasks=[draw(_tasks(f"task-{i}", order)) for i in range(draw(st.sampled_from([0, 1, 2])))],
        on_failure=draw(st.sampled_from([OnFailure.AFFECTED, OnFailure.ALL])),
    )
    old = [service_of(name, needs={p: OLD for c, p in edges if c == name}) for name in NAMES]
    return catalog_of(*old), change


def _offers(
    provider: str, order: list[str], edges: list[Edge], lanes: set[Edge]
) -> st.SearchStrategy[list[str]]:
    """The old version may be dropped when everyone who may still need it is through, or kept apart."""
    through = order[: order.index(provider)]
    needed = any(c not in through and (c, p) not in lanes for c, p in edges if p == provider)
    return st.sampled_from([["1.0.0", "2.0.0"], ["1.0.0"], *([] if needed else [["2.0.0"]])])


def _needs(
    edge: Edge, order: list[str], offers: dict[str, list[str]], lanes: set[Edge]
) -> st.SearchStrategy[str]:
    """The new version may be needed alone when whoever offers it is through, or kept apart."""
    consumer, provider = edge
    if provider not in order:
        return st.sampled_from([OLD, BOTH])
    early = order.index(provider) < order.index(consumer) or edge in lanes
    fits = [BOTH]
    if "1.0.0" in offers[provider]:
        fits.append(OLD)
    if "2.0.0" in offers[provider] and early:
        fits.insert(0, NEW)
    return st.sampled_from(fits)


@st.composite
def _tasks(draw: st.DrawFn, name: str, order: list[str]) -> Task:
    place = draw(st.integers(0, len(order)))
    return Task(
        name=name,
        commands=Commands(apply=("go",), revert=draw(st.sampled_from([(), (), ("back",)]))),
        after=tuple(order[:place][-1:]),
        before=tuple(order[place:][:1]) if draw(st.booleans()) else (),
    )
