"""Series → counters and levels of versions and edges, by what their labels say. Pure.

What a series cannot be used for is never guessed: it is left out and becomes a fault.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal

from tidegate.core.gates.evidence import CallEdge, Gap, Levels, Signal, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.telemetry import Labels, LevelSource, Metric, RatioSource
from tidegate.observers.prometheus.counters import Track, plain
from tidegate.observers.prometheus.missing import Fault, Faults
from tidegate.observers.prometheus.questions import Part
from tidegate.observers.prometheus.series import Answer, Series
from tidegate.observers.prometheus.targets import Target, target_of

Kind = Literal["good", "bad", "rejected", "failed"]
"""How answers went. `failed` ones are among the good ones of another counter."""


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


def edge_of(labels: Labels, found: Placed) -> CallEdge:
    """The edge that a series is of; a caller without a version is somebody outside."""
    said = found.series.labels
    caller = _party(said.get(labels.caller, ""), said.get(labels.caller_version, ""))
    return CallEdge(caller=caller, callee=found.version)


def finite(part: Part, found: Placed, faults: Faults) -> bool:
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


def key_of(part: Part, labels: Mapping[str, str]) -> str:
    """The same for the same labels, and small: there may be very many."""
    return f"{part.name} {sorted(labels.items())}"


def counter_of(part: Part, found: Placed, account: Account, *, resets: bool = True) -> Counter:
    """The counter that a series is."""
    key = key_of(part, found.series.labels)
    return Counter(key=key, account=account, target=found.target, track=plain(found.series), resets=resets)


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
        finite(part, each, faults)
        account = Share(signal=Signal(name=ratio.name, version=each.version), side=side)
        yield counter_of(part, each, account, resets=raw)


def levels_of(
    level: LevelSource, part: Part, found: Iterable[Placed], faults: Faults
) -> Mapping[Signal, Levels]:
    """The newest value of every instance, by version; as old as the oldest of them."""
    alone = _single(part, list(found), lambda each: f"{_instance(part, each)} of {each.version}", faults)
    good = [each for each in alone if finite(part, each, faults)]
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
