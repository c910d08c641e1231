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


@st.composite
def happened(draw: st.DrawFn) -> list[Happened]:
    """Calls of a journey, each within the time of the one around it; nobody calls itself."""
    endings = st.sampled_from(Ending)
    versions = st.sampled_from(("1", "2"))
    calls = [
        Happened(callee=service(f"a@{draw(versions)}"), parent=None, start=0, end=1024, ending=draw(endings))
    ]
    for _ in range(draw(st.integers(0, 7))):
        parent = draw(st.integers(0, len(calls) - 1))
        around = calls[parent]
        name = draw(st.sampled_from([name for name in NAMES if name != around.callee.service]))
        start, end = sorted(draw(st.tuples(*[st.integers(around.start, around.end)] * 2)))
        callee = service(f"{name}@{draw(versions)}")
        calls.append(Happened(callee=callee, parent=parent, start=start, end=end, ending=draw(endings)))
    return calls


@st.composite
def styles(draw: st.DrawFn, calls: Sequence[Happened]) -> list[Style]:
    """A style for each call."""
    return [draw(st.sampled_from(STYLES if number else ENTRY_STYLES)) for number in range(len(calls))]


def spans_of(
    calls: Sequence[Happened], how: Sequence[Style], skews: Mapping[str, int] | None = None
) -> list[Span]:
    """The spans that are recorded; `skews` says by how many ticks the clocks of services are ahead."""
    found: list[Span] = []
    innermost: list[str] = []
    for number, (call, style) in enumerate(zip(calls, how, strict=True)):
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
