"""What a change takes away from consumers: before its date, or while somebody still uses it, it must not.

Two things can go. A version of an interface is retired when nobody offers, after the change, a version that is
compatible with it by semantic versioning: 1.4.0 in place of 1.3.0 takes nothing away. A part of an interface is
retired by a difference that breaks those built against the old specification. Both may be announced: by the
catalog (`Interface.sunsets`), by the old specification (`deprecated`, `x-sunset`). Going earlier than announced,
or under a consumer, is refused; going unannounced is a warning.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

from tidegate.core.catalog import Catalog, Sunset
from tidegate.core.change import Change, Release
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.judgement import EvidenceKind
from tidegate.core.contracts.pair import Pair, Side
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.versions import in_range
from tidegate.core.errors import Problem
from tidegate.core.ids import InterfaceName, ServiceName


@dataclass(frozen=True, slots=True, kw_only=True)
class Specified:
    """What the specifications of an interface say of a release.

    `retirements` are announced in the old one; `users` are the consumers that are known, by their contracts, to
    use what a difference takes away.
    """

    comparison: Comparison
    retirements: tuple[Retirement, ...]
    users: Mapping[Difference, tuple[ServiceName, ...]]


Specifications = Mapping[tuple[ServiceName, InterfaceName], Specified]
"""By the service that is released, and its interface."""

NOTHING_SPECIFIED: Final[Specifications] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is refused, and what its author should know and need not mend."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retired:
    """Something that a release takes away: since when that is known, until when it was to stay, who uses it."""

    release: Release
    what: str
    announced: bool
    sunset: date | None
    users: tuple[ServiceName, ...]

    def __str__(self) -> str:
        return f"{self.release.service} {self.release.version} retires {self.what}"


def early_retirements(
    catalog: Catalog,
    change: Change,
    found: Iterable[Pair] = (),
    *,
    today: date,
    specifications: Specifications = NOTHING_SPECIFIED,
) -> Findings:
    """What a change would take away too early on the day `today`.

    A consumer that is known to work with the new provider (`found`) by more than its range is not in the way.
    """
    served = frozenset(_served(change, found))
    retired = [*_versions(catalog, change, served), *_parts(change, specifications)]
    problems = chain.from_iterable(_problems(each, catalog, today) for each in retired)
    warnings = (f"{each}, which was never announced as deprecated" for each in retired if not each.announced)
    return Findings(problems=tuple(problems), warnings=tuple(warnings))


def _problems(retired: _Retired, catalog: Catalog, today: date) -> Iterator[Problem]:
    sunset, place = retired.sunset, retired.release.location
    if sunset is not None and today < sunset:
        hint = f"go on providing it until then, or release on {sunset} or later"
        yield Problem(message=f"{retired} before its sunset on {sunset}", location=place, hint=hint)
    for user in retired.users:
        owner = catalog.services[user].owner or "nobody, says the catalog"
        message = f"{retired}, which {user} still uses (owner: {owner})"
        until = f", announced until {sunset}" if sunset else ""
        yield Problem(
            message=message, location=place, hint=f"go on providing it until {user} has moved{until}"
        )


# --- versions of interfaces ---------------------------------------------------------------------------------

Releases = Mapping[ServiceName, Release]
Edge = tuple[ServiceName, ServiceName]
"""A consumer and its provider."""


def _served(change: Change, found: Iterable[Pair]) -> Iterator[Edge]:
    """Who works with a new provider once the change is through, whatever its range says."""
    released = {release.service for release in change.releases}
    for pair in found:
        consumer, provider, judgement = pair.consumer, pair.provider, pair.judgement
        last = consumer.side is (Side.NEW if consumer.service in released else Side.OLD)
        known = judgement.safe and judgement.kind is not EvidenceKind.VERSION_RANGE
        if last and known and provider.side is Side.NEW:
            yield consumer.service, provider.service


def _versions(catalog: Catalog, change: Change, served: Collection[Edge]) -> Iterator[_Retired]:
    releases = {release.service: release for release in change.releases}
    gone = [
        (release, offer.interface, version)
        for release in change.releases
        for offer in catalog.services[release.service].provides
        for version in offer.versions
        if not any(in_range(other, f"^{version}") for other in _offered(catalog, releases, offer.interface))
    ]
    needs = _needs(catalog, releases, {interface for _, interface, _ in gone})
    for release, interface, version in gone:
        offered = _offered(catalog, releases, interface)
        sunsets = [s for s in _sunsets(catalog, interface) if in_range(version, s.range)]
        yield _Retired(
            release=release,
            what=f"{interface} {version}",
            announced=bool(sunsets),
            sunset=max((s.on for s in sunsets if s.on), default=None),
            users=tuple(
                user
                for user, wanted in needs.get(interface, ())
                if in_range(version, wanted)
                and not any(in_range(other, wanted) for other in offered)
                and (user, release.service) not in served
            ),
        )


def _offered(catalog: Catalog, releases: Releases, interface: InterfaceName) -> tuple[str, ...]:
    """The versions of an interface that anybody offers once the change is through."""
    names = dict.fromkeys((*catalog.providers.get(interface, ()), *releases))
    offers = chain.from_iterable((releases.get(name) or catalog.services[name]).provides for name in names)
    return tuple(chain.from_iterable(offer.versions for offer in offers if offer.interface == interface))


def _needs(
    catalog: Catalog, releases: Releases, interfaces: Collection[InterfaceName]
) -> Mapping[InterfaceName, Sequence[tuple[ServiceName, str]]]:
    """Who needs which versions of some interfaces once the change is through, where that was said."""
    found: dict[InterfaceName, list[tuple[ServiceName, str]]] = {}
    for name, service in catalog.services.items() if interfaces else ():
        for need in (releases.get(name) or service).consumes:
            if need.interface in interfaces and need.range:
                found.setdefault(need.interface, []).append((name, need.range))
    return found


def _sunsets(catalog: Catalog, interface: InterfaceName) -> tuple[Sunset, ...]:
    return catalog.interfaces[interface].sunsets if interface in catalog.interfaces else ()


# --- parts of specifications --------------------------------------------------------------------------------


def _parts(change: Change, specifications: Specifications) -> Iterator[_Retired]:
    releases = {release.service: release for release in change.releases}
    for (service, interface), specified in specifications.items():
        for difference in specified.comparison.differences:
            if _takes_away(difference):
                yield _part(releases[service], interface, difference, specified)


def _takes_away(difference: Difference) -> bool:
    """Does it break those who were there before, other than by asking them for more?"""
    return difference.old_consumer_new_provider is Compatibility.BREAKING and difference.spared_by is None


def _part(
    release: Release, interface: InterfaceName, difference: Difference, specified: Specified
) -> _Retired:
    announced = [r for r in specified.retirements if difference.part[: len(r.part)] == r.part]
    return _Retired(
        release=release,
        what=f"{difference.place} of {interface}",
        announced=bool(announced),
        sunset=max((r.sunset for r in announced if r.sunset), default=None),
        users=specified.users.get(difference, ()),
    )
