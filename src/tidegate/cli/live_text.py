"""A learned graph as text, Mermaid and DOT. Pure: what was learned in, lines out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from tidegate.cli.graph_text import dot_quoted, mermaid_quoted, wrapped
from tidegate.core.gates.words import percent
from tidegate.core.traces.learned import LearnedEdge
from tidegate.core.traces.measured import Measured
from tidegate.sources.learned_graph import learned_graph_text

OUTSIDE: Final = "(outside)"


def _text(measured: Measured) -> Iterator[str]:
    edges = sorted(measured.graph.edges, key=lambda edge: (edge.caller or "", -edge.calls, edge.callee))
    calls = measured.calls
    for caller, own in groupby(edges, lambda edge: edge.caller):
        rate = f", {calls[caller]:.3g} calls/s" if caller in calls else ""
        yield f"{caller or OUTSIDE}{rate}"
        for edge in own:
            yield from wrapped(f"→ {edge.callee}  {_facts(edge, measured)}", "  ")
            if edge.versions:
                yield from wrapped(_versions(edge), "      ")
    for entry, shares in measured.graph.shares.items():
        through = sorted(((share, name) for name, share in shares.items() if name != entry), reverse=True)
        listed = ", ".join(f"{name} {percent(share)}" for share, name in through) or "nothing else"
        yield from wrapped(f"journeys that enter at {entry} go through {listed}", "")
    if not edges:
        yield f"no call was seen within {measured.seconds:g} s"


def _facts(edge: LearnedEdge, measured: Measured) -> str:
    """How often, how well, and how it hangs together with the rest, as far as that is known."""
    told = [
        "" if edge.declared else "undeclared",
        f"{edge.calls / measured.seconds:.3g}/s",
        _share(edge.bad, edge.calls, "failed"),
        _share(edge.rejected, edge.calls, "rejected"),
        _share(edge.timed_out or 0, edge.calls, "timed out"),
        _share(edge.asynchronous, edge.calls, "not waited for"),
        "" if edge.fan_out is None else f"fan-out {edge.fan_out:.3g}",
        "" if edge.retry_factor is None else f"retry factor {edge.retry_factor:.3g}",
        "" if edge.critical is None else f"critical path {percent(edge.critical)}",
    ]
    return ", ".join(filter(None, told))


def _share(part: int, calls: int, words: str) -> str:
    return f"{percent(part / calls)} {words}" if part else ""


def _versions(edge: LearnedEdge) -> str:
    """The versions that met, the most frequent first."""
    met = sorted(edge.versions.items(), key=lambda item: -item[1])
    return ", ".join(
        f"{f'{versions.caller.version} → ' if versions.caller else ''}{versions.callee.version} ({calls:,})"
        for versions, calls in met
    )


def _nodes(measured: Measured) -> Mapping[str, str]:
    """Ids of our own for nodes: a name may be a word that the language keeps for itself."""
    names = {name or OUTSIDE for edge in measured.graph.edges for name in (edge.caller, edge.callee)}
    return {name: f"n{number}" for number, name in enumerate(sorted(names))}


def _label(edge: LearnedEdge, measured: Measured) -> str:
    failed = _share(edge.bad, edge.calls, "failed")
    return ", ".join(filter(None, [f"{edge.calls / measured.seconds:.3g}/s", failed]))


def _mermaid(measured: Measured) -> Iterator[str]:
    ids = _nodes(measured)
    yield "flowchart LR"
    for name, id_ in ids.items():
        yield f"  {id_}[{mermaid_quoted(name)}]"
    for edge in measured.graph.edges:
        arrow = "-->" if edge.declared else "-.->"
        label = mermaid_quoted(_label(edge, measured))
        yield f"  {ids[edge.caller or OUTSIDE]} {arrow}|{label}| {ids[edge.callee]}"


def _dot(measured: Measured) -> Iterator[str]:
    yield "digraph learned {"
    yield "  rankdir=LR;"
    for edge in measured.graph.edges:
        style = "" if edge.declared else ", style=dashed"
        ends = f"{dot_quoted(edge.caller or OUTSIDE)} -> {dot_quoted(edge.callee)}"
        yield f"  {ends} [label={dot_quoted(_label(edge, measured))}{style}];"
    yield "}"


LIVE_RENDERINGS: Final[Mapping[str, Callable[[Measured], Iterable[str]]]] = {
    "text": _text,
    "json": lambda measured: [learned_graph_text(measured)],
    "mermaid": _mermaid,
    "dot": _dot,
}
