"""A journey as an indented tree of its calls, in 80 columns. Pure: a journey in, lines out."""

from collections.abc import Iterator, Sequence
from itertools import islice
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
    for call, depth in islice(_tree(journey.calls), MOST_CALLS):
        indent = "  " * min(depth + 1, DEEPEST)
        yield from wrapped(f"{indent}{_mark(call, journey)} {_call(call)}").split("\n")
    if len(journey.calls) > MOST_CALLS:
        yield f"  and {len(journey.calls) - MOST_CALLS:,} more calls"


def _tree(calls: Sequence[Call]) -> Iterator[tuple[Call, int]]:
    """Each call with its depth, and those made during it below it."""
    made: dict[int | None, list[int]] = {}
    for number, call in enumerate(calls):
        made.setdefault(call.parent, []).append(number)
    waiting = [(number, 0) for number in reversed(made.get(None, ()))]
    while waiting:
        number, depth = waiting.pop()
        yield calls[number], depth
        waiting += [(below, depth + 1) for below in reversed(made.get(number, ()))]


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
