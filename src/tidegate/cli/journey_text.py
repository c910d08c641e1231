"""A journey as an indented tree of its calls, in 80 columns. Pure: a journey in, lines out."""

from collections.abc import Iterator
from typing import Final

from tidegate.cli.culprits_graph import OUTSIDE
from tidegate.cli.plan_text import wrapped
from tidegate.core.traces.journey import Call, Journey
from tidegate.core.traces.span import FAILED

MOST_CALLS: Final = 40
DEEPEST: Final = 10
"""Indentation; what is called from deeper stands below it."""


def journey_lines(journey: Journey) -> Iterator[str]:
    """How a journey ended and each of its calls, marked where a failure began."""
    ending = "failed" if journey.failed else "ended well"
    yield f"trace {journey.trace} {ending}{'' if journey.whole else '; some of its spans are missing'}"
    depths: list[int] = []
    for number, call in enumerate(journey.calls[:MOST_CALLS]):
        depths.append(0 if call.parent is None else depths[call.parent] + 1)
        indent = "  " * min(depths[number] + 1, DEEPEST)
        yield from wrapped(f"{indent}{_mark(call, journey)} {_call(call)}").split("\n")
    if len(journey.calls) > MOST_CALLS:
        yield f"  and {len(journey.calls) - MOST_CALLS:,} more calls"


def _mark(call: Call, journey: Journey) -> str:
    if any((origin.edge, origin.ending) == (call.edge, call.ending) for origin in journey.origins):
        return "✗"
    return "↑" if call.ending in FAILED else "·"


def _call(call: Call) -> str:
    told = [
        f"{call.edge.caller or OUTSIDE} → {call.edge.callee}",
        call.name,
        f"{call.ending}{f' {call.status}' if call.status else ''}",
        f"{call.seconds * 1000:,.0f} ms",
        f"try {call.attempt}" if call.attempt > 1 else "",
        "not waited for" if call.asynchronous else "",
        call.said,
    ]
    return "  ".join(filter(None, told))
