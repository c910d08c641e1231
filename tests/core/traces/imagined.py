"""Traces at random: what really happened, and spans as one or another might have recorded it.

Times are multiples of 1/1024 of a second, so that clocks can be put forward without rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
from tests.core.traces.worlds import service

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.traces.span import Ending, Span, SpanKind

NAMES = "abcd"
TICK = 1 / 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A call: who was called, during which other one (by number), from when to when by true time, in ticks."""

    callee: VersionedService
    parent: int | None
    start: int
    end: int
    ending: Ending


Style = tuple[SpanKind, ...]
HOP, CLIENT, SERVER, INTERNAL = SpanKind.HOP, SpanKind.CLIENT, SpanKind.SERVER, SpanKind.INTERNAL
STYLES: Sequence[Style] = (
    (HOP,),
    (HOP, HOP),
    (HOP, SERVER),
    (CLIENT, SERVER),
    (CLIENT, SERVER, INTERNAL),
    (CLIENT, HOP, SERVER),
    (CLIENT, CLIENT, SERVER, SERVER),
)
"""How a call may be recorded, the record of the caller first."""

ENTRY_STYLES: Sequence[Style] = ((HOP,), (SERVER,), (HOP, HOP), (HOP, SERVER), (SERVER, INTERNAL))


MOST_CALLS = 8
_ENDINGS = st.sampled_from(Ending)
_NUMBERS = st.integers(0, 1023)
_CALL = st.tuples(_NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, _ENDINGS)


def happened() -> st.SearchStrategy[list[Happened]]:
    """Calls of a journey, each within the time of the one around it; nobody calls itself."""
    return st.lists(_CALL, min_size=1, max_size=MOST_CALLS).map(_happened)


def _happened(drawn: list[tuple[int, int, int, int, Ending]]) -> list[Happened]:
    calls: list[Happened] = []
    for which, whom, one, other, ending in drawn:
        parent = which % len(calls) if calls else None
        first, last = (0, 1024) if parent is None else (calls[parent].start, calls[parent].end)
        caller = "" if parent is None else calls[parent].callee.service
        name = "a" if parent is None else [name for name in NAMES if name != caller][whom // 2 % 3]
        start, end = sorted(first + point % (last - first + 1) for point in (one, other))
        callee = service(f"{name}@{1 + whom % 2}")
        calls.append(Happened(callee=callee, parent=parent, start=start, end=end, ending=ending))
    return calls


def styles() -> st.SearchStrategy[list[Style]]:
    """A style for each of so many calls as there may be."""
    others = st.lists(st.sampled_from(STYLES), min_size=MOST_CALLS - 1, max_size=MOST_CALLS - 1)
    return st.builds(lambda entry, rest: [entry, *rest], st.sampled_from(ENTRY_STYLES), others)


def traces() -> st.SearchStrategy[list[Span]]:
    """The spans of one journey."""
    return st.builds(spans_of, happened(), styles())


def spans_of(
    calls: Sequence[Happened], how: Sequence[Style], skews: Mapping[str, int] | None = None
) -> list[Span]:
    """The spans that are recorded; `skews` says by how many ticks the clocks of services are ahead."""
    found: list[Span] = []
    innermost: list[str] = []
    for number, (call, style) in enumerate(zip(calls, how, strict=False)):
        parent = None if call.parent is None else innermost[call.parent]
        caller = None if call.parent is None else calls[call.parent].callee
        for layer, kind in enumerate(style):
            who = caller if kind in {HOP, CLIENT} else call.callee
            ahead = (skews or {}).get(who.service if who else "", 0)
            found.append(
                Span(
                    trace="t",
                    id=f"{number}-{layer}",
                    parent=parent,
                    kind=kind,
                    service=who,
                    peer=call.callee if kind is HOP else None,
                    start=(call.start + ahead) * TICK,
                    end=(call.end + ahead) * TICK,
                    ending=call.ending if kind is not INTERNAL else Ending.OK,
                )
            )
            parent = found[-1].id
        innermost.append(found[-1].id)
    return found
