"""Spans and journeys, written as one would say them."""

from collections.abc import Iterable
from typing import Any

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.assemble import journey_of
from tidegate.core.traces.journey import Call, Journey
from tidegate.core.traces.span import UNKNOWN_VERSION, Ending, Span, SpanKind

NOON = 1_700_000_000.0


def service(text: str) -> VersionedService:
    """`b@2` is version 2 of b, `b` version 1, `b@` one that is unknown."""
    name, at, version = text.partition("@")
    return VersionedService(
        service=ServiceName(name), version=Version(version or (UNKNOWN_VERSION if at else "1"))
    )


def edge(text: str) -> CallEdge:
    """`a > b@2`, and `> a` from outside."""
    caller, _, callee = text.partition(">")
    return CallEdge(
        caller=service(caller.strip()) if caller.strip() else None, callee=service(callee.strip())
    )


def span(id_: str, kind: str, who: str, *, at: tuple[float, float] = (0.0, 1.0), **more: Any) -> Span:
    """`who` is an edge for hops, `a` for other spans, or `a > b` where a client knows its peer.

    An id says its parent: `1.2` is below `1`.
    """
    caller, arrow, callee = (part.strip() for part in who.partition(">"))
    return Span(
        **{
            "trace": "t",
            "id": id_,
            "parent": id_.rpartition(".")[0] or None,
            "kind": SpanKind(kind),
            "service": service(caller) if caller else None,
            "peer": service(callee) if arrow else None,
            "start": NOON + at[0],
            "end": NOON + at[1],
            **more,
        }
    )


def hop(id_: str, who: str, *, at: tuple[float, float] = (0.0, 1.0), **more: Any) -> Span:
    return span(id_, "hop", who, at=at, **more)


def journey(*spans: Span) -> Journey:
    found = journey_of(spans)
    assert isinstance(found, Journey), found
    return found


def drawn(of: Journey) -> list[str]:
    """The calls, one a line: those within another have one dot more than it."""
    return [f"{'.' * _depth(of.calls, call)}{said(call)}" for call in of.calls]


def said(call: Call) -> str:
    remarks = (
        str(call.ending) if call.ending is not Ending.OK else "",
        f"try {call.attempt}" if call.attempt > 1 else "",
        "asynchronous" if call.asynchronous else "",
        "skewed" if call.skewed else "",
    )
    return " ".join([written(call.edge), *filter(None, remarks)])


def written(of: CallEdge) -> str:
    return f"{_short(of.caller) if of.caller else ''} > {_short(of.callee)}".strip()


def _short(of: VersionedService) -> str:
    return str(of).removesuffix("@1")


def _depth(calls: Iterable[Call], call: Call) -> int:
    calls = tuple(calls)
    return 0 if call.parent is None else 1 + _depth(calls, calls[call.parent])
