"""The spans of one trace become a journey.

spans ──forest──► each once, below its parent ──records──► calls, each with all records of it
      ──telling, attempts, clocks──► who, how it ended, which try, when ──origins──► where failures began
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName
from tidegate.core.traces.attempts import Retry, retries
from tidegate.core.traces.clocks import Moment, moments
from tidegate.core.traces.forest import forest_of, in_order, is_entry
from tidegate.core.traces.journey import Call, Journey
from tidegate.core.traces.loss import Loss, Unusable
from tidegate.core.traces.origins import origins
from tidegate.core.traces.records import Recorded, recorded
from tidegate.core.traces.span import FAILED, UNKNOWN, Span
from tidegate.core.traces.telling import Told, caller_of, told


def journey_of(spans: Iterable[Span]) -> Journey | Unusable:
    """The journey that the spans of one trace record, in whichever order they come, or why there is none."""
    spans = tuple(spans)
    calls = _calls(spans)
    trace = spans[0].trace if spans else ""
    if isinstance(calls, Loss):
        return Unusable(trace=trace, loss=calls)
    found, whole = calls
    return Journey(
        trace=trace,
        calls=found,
        met=_met(found),
        flags=_evaluated(spans),
        failed=found[0].ending in FAILED,
        origins=origins(found) if whole else (),
        whole=whole,
    )


def _calls(spans: Sequence[Span]) -> tuple[tuple[Call, ...], bool] | Loss:
    forest = forest_of(spans)
    if isinstance(forest, Loss):
        return forest
    trees: list[Sequence[Recorded]] = []
    for root in forest.roots:
        entry = recorded(forest, root)
        if isinstance(entry, Loss):
            return entry
        trees.append(_laid_out(entry))
    trees.sort(key=_likely_entry)
    return _told([call for tree in trees for call in tree]), forest.whole


def _laid_out(entry: Recorded) -> Sequence[Recorded]:
    """All calls of a tree, those that were made first before those made within them."""
    found = [entry]
    for call in found:
        if len(call.calls) > 1:
            call.calls.sort(key=lambda within: in_order(within.outer))
        found.extend(call.calls)
    return found


def _likely_entry(tree: Sequence[Recorded]) -> tuple[bool, int, str]:
    """Which of several trees the entry leads: one that began by itself, the largest."""
    root = tree[0].outer
    return not is_entry(root), -len(tree), root.id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was found out about all calls."""

    numbers: Mapping[Recorded, int]
    told: Mapping[Recorded, Told]
    moments: Mapping[Recorded, Moment]
    retries: Mapping[Recorded, Retry]


def _told(calls: Sequence[Recorded]) -> tuple[Call, ...]:
    tales = {call: told(call) for call in calls}
    known = _Known(
        numbers={call: number for number, call in enumerate(calls)},
        told=tales,
        moments=moments(tales),
        retries={
            again: retry
            for call in calls
            if len(call.calls) > 1
            for again, retry in retries(call.calls, tales).items()
        },
    )
    return tuple(_call(call, known) for call in calls)


def _call(call: Recorded, known: _Known) -> Call:
    tale, moment, retry = known.told[call], known.moments[call], known.retries.get(call)
    around = known.told[call.parent].callee if call.parent else None
    return Call(
        edge=CallEdge(caller=caller_of(call, around), callee=tale.callee),
        parent=known.numbers[call.parent] if call.parent else None,
        start=moment.start,
        seconds=call.seconds,
        ending=tale.ending,
        status=tale.status,
        attempt=retry.attempt if retry else 1,
        retry_of=known.numbers[retry.of] if retry else None,
        skewed=moment.guessed,
        asynchronous=tale.asynchronous,
        name=tale.name,
        said=tale.said,
    )


def _evaluated(spans: Iterable[Span]) -> Mapping[ServiceName, VersionedService]:
    """The variant of each flag; one user is served one, so that which evaluation is taken seldom matters."""
    found: dict[ServiceName, VersionedService] = {}
    for span in sorted((span for span in spans if span.flags), key=in_order):
        for flag in span.flags:
            found.setdefault(flag.service, flag)
    return found


def _met(calls: Iterable[Call]) -> Mapping[ServiceName, VersionedService]:
    """The version of each service that was called first, those nearest to the entry before others."""
    met: dict[ServiceName, VersionedService] = {}
    for call in calls:
        if call.edge.callee != UNKNOWN:
            met.setdefault(call.edge.callee.service, call.edge.callee)
    return met
