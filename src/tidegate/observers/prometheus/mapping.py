"""Series → counters and levels of versions and edges, by what their labels say. Pure.

What a series cannot be used for is never guessed: it is left out and becomes a fault.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Final, Literal

from tidegate.core.gates.evidence import CallEdge, Gap, Levels, Signal, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.telemetry import Labels, Latency, LevelSource, Metric, RatioSource, Requests
from tidegate.observers.prometheus.counters import Track, buckets, plain
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.questions import Part
from tidegate.observers.prometheus.series import Answer, Series
from tidegate.observers.prometheus.targets import Target, target_of

Kind = Literal["good", "bad", "rejected"]
UNITS: Final = {"seconds": 1000.0, "milliseconds": 1.0}
"""How many milliseconds there are in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The account of one kind of answers on one edge."""

    edge: CallEdge
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The account of how long answers took on one edge, in buckets that end at `bounds` (milliseconds)."""

    edge: CallEdge
    bounds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The account of one side of a ratio."""

    signal: Signal
    side: Literal["total", "bad", "good"]


Account = Answers | Times | Share


def owner(account: Account) -> CallEdge | Signal:
    """What a reading tells of by this account, among others."""
    return account.signal if isinstance(account, Share) else account.edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A counter to be walked, and the account that it adds to; see `counters.grown` for `resets`."""

    key: str
    account: Account
    target: Target
    track: Track
    resets: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A series of one part, and the version that it is of."""

    version: VersionedService
    series: Series

    @property
    def target(self) -> Target:
        return target_of(self.series.labels)


def placed(part: Part, answer: Answer, faults: Faults) -> list[Placed] | None:
    """The series of an answer by version, those that do not say which being faults; none of another kind."""
    wanted = "matrix" if part.sort == "counter" and isinstance(part.source, Metric) else "vector"
    if answer.kind != wanted:
        remedy = f"{part.path} must give one series for each version"
        what = f"{part.source} gives a {answer.kind}"
        faults.add(Fault(gap=Gap.MALFORMED, part=part.name, what=what, remedy=remedy))
        return None
    found = ((each, version_of(part.labels, each.labels)) for each in answer.series)
    known = [(each, version) for each, version in found if version or _unplaced(part, each, faults)]
    return [Placed(version=version, series=each) for each, version in known if version]


def _unplaced(part: Part, series: Series, faults: Faults) -> bool:
    names = [name for name in (part.labels.service, part.labels.version) if not series.labels.get(name)]
    fault = Fault(
        gap=Gap.MALFORMED,
        part=part.name,
        what=f"{part.source} has series without {' and '.join(names)}",
        remedy=f"add the label to the metric, or narrow {part.path} with matchers",
        service=_service(part.labels, series.labels),
    )
    faults.add(fault, series.labels)
    return False


def _service(labels: Labels, found: Mapping[str, str]) -> ServiceName | None:
    return ServiceName(found[labels.service]) if found.get(labels.service) else None


def version_of(labels: Labels, found: Mapping[str, str]) -> VersionedService | None:
    """The version that a series is of, if it says so."""
    return _party(found.get(labels.service, ""), found.get(labels.version, ""))


def _party(service: str, version: str) -> VersionedService | None:
    if not (service and version):
        return None
    return VersionedService(service=ServiceName(service), version=Version(version))


def _edge(labels: Labels, found: Placed) -> CallEdge:
    said = found.series.labels
    caller = _party(said.get(labels.caller, ""), said.get(labels.caller_version, ""))
    return CallEdge(caller=caller, callee=found.version)


def _finite(part: Part, found: Placed, faults: Faults) -> bool:
    """Whether all samples are numbers; it is a fault if one is not."""
    if all(isfinite(value) for _, value in found.series.samples):
        return True
    fault = Fault(
        gap=Gap.NOT_A_NUMBER,
        part=part.name,
        what=f"{part.source} is not a number for {found.version}",
        remedy="mend what exports it",
        service=found.version.service,
    )
    faults.add(fault, found.series.labels)
    return False


def _key(part: Part, labels: Mapping[str, str]) -> str:
    """The same for the same labels, and small: there may be very many."""
    return f"{part.name} {sorted(labels.items())}"


def _counter(part: Part, found: Placed, account: Account, *, resets: bool = True) -> Counter:
    key = _key(part, found.series.labels)
    return Counter(key=key, account=account, target=found.target, track=plain(found.series), resets=resets)


# -- requests ------------------------------------------------------------------------------------------------


def kind_of(requests: Requests, status: str) -> Kind:
    """How an answer with this status went."""
    if re.fullmatch(requests.bad, status):
        return "bad"
    return "rejected" if re.fullmatch(requests.rejected, status) else "good"


def requests_of(requests: Requests, part: Part, found: Iterable[Placed], faults: Faults) -> Iterator[Counter]:
    """Counters of answers; a series that does not say how they went is a fault."""
    for each in found:
        _finite(part, each, faults)
        if status := each.series.labels.get(part.labels.status):
            account = Answers(edge=_edge(part.labels, each), kind=kind_of(requests, status))
            yield _counter(part, each, account)
        else:
            fault = Fault(
                gap=Gap.MALFORMED,
                part=part.name,
                what=f"{part.source} has series without {part.labels.status}",
                remedy="add the label to the metric, or correct spec.requests.labels.status",
                service=each.version.service,
            )
            faults.add(fault, each.series.labels)


# -- latency -------------------------------------------------------------------------------------------------


def times_of(
    requests: Requests, latency: Latency, part: Part, found: Iterable[Placed], faults: Faults
) -> Iterator[Counter]:
    """Histograms of good answers, as far as their labels tell which were good."""
    together: dict[str, list[Placed]] = {}
    for each in found:
        status = each.series.labels.get(part.labels.status, "")
        _finite(part, each, faults)
        if kind_of(requests, status) == "good":
            together.setdefault(_key(part, _without_le(each.series.labels)), []).append(each)
    for key, parts in together.items():
        first, made = parts[0], buckets(_bounded(latency, parts))
        if made is None:
            what, remedy = f'{part.source} has no buckets up to le="+Inf"', "is it a classic histogram?"
            faults.add(_odd_buckets(part, first, what, remedy), _without_le(first.series.labels))
            continue
        if latency.threshold_ms is not None and latency.threshold_ms not in made.bounds:
            what = f"{part.source} has no bucket that ends at {latency.threshold_ms:g} ms"
            remedy = f"add one, or move the threshold to one of {_listed(made.bounds)}"
            faults.add(_odd_buckets(part, first, what, remedy), _without_le(first.series.labels))
        account = Times(edge=_edge(part.labels, first), bounds=made.bounds)
        yield Counter(key=key, account=account, target=first.target, track=made.track)


def _without_le(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in labels.items() if name != "le"}


def _bounded(latency: Latency, parts: Iterable[Placed]) -> Iterator[tuple[float, Series]]:
    """Series by their upper bound in milliseconds; a bound that is no number is none."""
    for each in parts:
        try:
            bound = float(each.series.labels.get("le", ""))
        except ValueError:
            continue
        yield (inf if bound == inf else round(bound * UNITS[latency.unit], 6)), each.series


def _odd_buckets(part: Part, found: Placed, what: str, remedy: str) -> Fault:
    service = found.version.service
    return Fault(gap=Gap.MALFORMED, part=part.name, what=what, remedy=remedy, service=service)


def _listed(bounds: Iterable[float]) -> str:
    return ", ".join(f"{bound:g} ms" for bound in bounds)


# -- ratios and levels ---------------------------------------------------------------------------------------


def share_of(
    ratio: RatioSource,
    side: Literal["total", "bad", "good"],
    part: Part,
    found: Iterable[Placed],
    faults: Faults,
) -> Iterator[Counter]:
    """Counters of one side of a ratio. Of an expression it is not known why it fell: a fall counts nothing."""
    raw = isinstance(part.source, Metric)
    found = list(found)
    for each in found if raw else _single(part, found, lambda each: str(each.version), faults):
        _finite(part, each, faults)
        account = Share(signal=Signal(name=ratio.name, version=each.version), side=side)
        yield _counter(part, each, account, resets=raw)


def levels_of(
    level: LevelSource, part: Part, found: Iterable[Placed], faults: Faults
) -> Mapping[Signal, Levels]:
    """The newest value of every instance, by version; as old as the oldest of them."""
    alone = _single(part, list(found), lambda each: f"{_instance(part, each)} of {each.version}", faults)
    good = [each for each in alone if _finite(part, each, faults)]
    values: dict[VersionedService, dict[str, float]] = {}
    times: dict[VersionedService, float] = {}
    for each in good:
        (at, value) = each.series.samples[-1]
        values.setdefault(each.version, {})[_instance(part, each)] = value
        times[each.version] = min(at, times.get(each.version, inf))
    return {
        Signal(name=level.name, version=version): Levels(at=times[version], values=of)
        for version, of in values.items()
    }


def _instance(part: Part, found: Placed) -> str:
    return found.series.labels.get(part.labels.instance, "")


def _single(
    part: Part, found: list[Placed], named: Callable[[Placed], str], faults: Faults
) -> Iterator[Placed]:
    """Those that are the only series of their name: where there are several, none of them can be chosen."""
    together: dict[str, list[Placed]] = {}
    for each in found:
        together.setdefault(named(each), []).append(each)
    for name, several in together.items():
        if len(several) == 1:
            yield several[0]
            continue
        for each in several:
            fault = Fault(
                gap=Gap.MALFORMED,
                part=part.name,
                what=f"{part.source} gives several series for {name}",
                remedy="aggregate, or narrow it with matchers",
                service=each.version.service,
            )
            faults.add(fault, each.series.labels)
