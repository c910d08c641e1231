"""How failures come from where they begin to the entries, as Mermaid and DOT. Pure: a view in, lines out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.cli.graph_text import dot_quoted, mermaid_quoted
from tidegate.core.gates.words import percent
from tidegate.server.culprits_view import CulpritsView, OriginView, PathEdgeView

OUTSIDE: Final = "(outside)"

Ends = tuple[str, str]
"""Caller and callee of an edge."""


def climbed(origin: OriginView) -> Iterator[tuple[int, PathEdgeView]]:
    """The edges of a path, each with its distance from where failures begin, those that go on from it below it.

    Edges that do not hang together with the rest, as some were not counted, come last.
    """
    left = list(origin.over)
    waiting = [(1, origin.caller)]
    while waiting:
        depth, callee = waiting.pop()
        found = [edge for edge in left if edge.callee == callee]
        left = [edge for edge in left if edge.callee != callee]
        for edge in found:
            yield depth, edge
            waiting.append((depth + 1, edge.caller))
    yield from ((1, edge) for edge in left)


def share_of(part: int, failed: int) -> str:
    """A part of the failed journeys, as a share only where it is one."""
    return percent(part / failed) if 0 < part <= failed else f"{part:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Nodes and edges with what is written at them; failures begin at `origins` and on `begins`."""

    nodes: Mapping[str, str]
    origins: frozenset[str]
    edges: Mapping[Ends, str]
    begins: Mapping[Ends, str]


def picture_of(view: CulpritsView) -> Picture:
    """The origins of a view and the paths of their failures as one graph."""
    over: Counter[Ends] = Counter()
    began: dict[Ends, str] = {}
    for origin in view.origins:
        ends = (origin.caller or OUTSIDE, origin.callee)
        began[ends] = ", ".join(filter(None, [began.get(ends), f"{origin.ending} {origin.failures:,}"]))
        over.update({(edge.caller or OUTSIDE, edge.callee): edge.failed for edge in origin.over})
    at_fault = frozenset(origin.at_fault for origin in view.origins)
    names = sorted(at_fault | {name for ends in (*over, *began) for name in ends})
    return Picture(
        nodes={name: f"n{number}" for number, name in enumerate(names)},
        origins=at_fault,
        edges={ends: share_of(failed, view.failed) for ends, failed in sorted(over.items())},
        begins=dict(sorted(began.items())),
    )


def mermaid(view: CulpritsView) -> Iterator[str]:
    """The picture as Mermaid draws it; where failures begin is thick."""
    picture = picture_of(view)
    yield "flowchart LR"
    for name, node in picture.nodes.items():
        yield f"  {node}[{mermaid_quoted(name)}]{':::origin' if name in picture.origins else ''}"
    for arrow, edges in (("-->", picture.edges), ("==>", picture.begins)):
        for (caller, callee), label in edges.items():
            yield f"  {picture.nodes[caller]} {arrow}|{mermaid_quoted(label)}| {picture.nodes[callee]}"
    yield "  classDef origin stroke:#c00,stroke-width:3px"


def dot(view: CulpritsView) -> Iterator[str]:
    """The picture as Graphviz draws it; where failures begin is thick."""
    picture = picture_of(view)
    yield "digraph culprits {"
    yield "  rankdir=LR;"
    for name in picture.nodes:
        yield f"  {dot_quoted(name)}{' [color=red, penwidth=3]' if name in picture.origins else ''};"
    for style, edges in (("", picture.edges), (", penwidth=3", picture.begins)):
        for (caller, callee), label in edges.items():
            yield f"  {dot_quoted(caller)} -> {dot_quoted(callee)} [label={dot_quoted(label)}{style}];"
    yield "}"
