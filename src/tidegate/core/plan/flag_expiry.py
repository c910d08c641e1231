"""New dependencies on flags that are about to go: refused, since what begins to need them would be stranded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.errors import Location, Problem
from tidegate.core.flags.facts import expiry
from tidegate.core.ids import FlagKey

SOON: Final = timedelta(days=30)
"""A flag that expires within this time is about to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dependency:
    """Something that begins to depend on a flag."""

    who: str
    flag: FlagKey
    location: Location | None


def expiring_dependencies(catalog: Catalog, change: Change, *, today: date) -> Iterator[Problem]:
    """Each dependency that a change begins on a flag that it removes, or that expires before `today` + `SOON`."""
    removed = {removal.flag for removal in change.removals}
    for new in _begun(catalog, change):
        if why := _going(catalog, new.flag, removed, today):
            yield Problem(
                message=f"{new.who} flag {new.flag}, which {why}",
                location=new.location,
                hint=f"do without {new.flag}, or give it a later date if it is to stay",
            )


def _begun(catalog: Catalog, change: Change) -> Iterator[_Dependency]:
    for exposure in change.exposures:
        who = f"flag {exposure.flag} requires"
        for flag in exposure.requires:
            yield _Dependency(who=who, flag=flag, location=exposure.location)
    for release in change.releases:
        who = f"{release.service} {release.version} begins to evaluate"
        for flag in release.evaluates:
            if flag not in catalog.services[release.service].flags:
                yield _Dependency(who=who, flag=flag, location=release.location)


def _going(catalog: Catalog, flag: FlagKey, removed: set[FlagKey], today: date) -> str:
    """Why a flag is about to go; empty if it is not."""
    if flag in removed:
        return "this change removes"
    expires = expiry(catalog.flags, flag)
    if expires is None or expires > today + SOON:
        return ""
    return f"{'expired' if expires <= today else 'expires'} on {expires}"
