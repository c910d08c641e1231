"""Whether what the flags of a change need will be there, as far as catalog, definitions and change can tell.

What is served at this moment, switched off by hand or exposed by another rollout, is for the actuator to see.
"""

from collections.abc import Iterator, Mapping

from tidegate.core import graph
from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, FlagExposure, FlagRemoval
from tidegate.core.contracts.versions import at_least
from tidegate.core.errors import Problem
from tidegate.core.flags.facts import is_fully_on, required_flags
from tidegate.core.ids import FlagKey


def flag_problems(catalog: Catalog, change: Change) -> Iterator[Problem]:
    """What is missing for flags to be exposed, and what is in the way of their removal."""
    for exposure in change.exposures:
        yield from _not_implemented(exposure, catalog, change)
        yield from _not_on(exposure, catalog, change)
    yield from _circles(catalog, change)
    for removal in change.removals:
        yield from _still_needed(removal, catalog, change)


# --- exposures ----------------------------------------------------------------------------------------------


def _not_implemented(exposure: FlagExposure, catalog: Catalog, change: Change) -> Iterator[Problem]:
    released = {release.service: release.version for release in change.releases}
    for each in exposure.implemented_by:
        live, coming = catalog.services[each.service].version, released.get(each.service)
        if not at_least(coming or live or "", each.version):
            yield Problem(
                message=(
                    f"flag {exposure.flag} needs {each.service} {each.version}: {live or 'no version'} is live, "
                    f"and {coming or 'none'} is released"
                ),
                location=exposure.location,
                hint=f"release {each.service} {each.version} in this change, or before it",
            )


def _not_on(exposure: FlagExposure, catalog: Catalog, change: Change) -> Iterator[Problem]:
    for required in exposure.requires:
        if not _will_be_on(required, catalog, change):
            yield Problem(
                message=f"flag {exposure.flag} requires flag {required}, which is not on for everyone",
                location=exposure.location,
                hint=f"expose {required} in this change, or before it",
            )


def _will_be_on(flag: FlagKey, catalog: Catalog, change: Change) -> bool:
    """Exposed to everyone by this change, or on by its definition; of other flag systems nothing is known here."""
    defined = catalog.flags.flags.get(flag)
    return flag in [exposure.flag for exposure in change.exposures] or defined is None or is_fully_on(defined)


def _circles(catalog: Catalog, change: Change) -> Iterator[Problem]:
    """Flags that require each other, of which this change exposes at least one."""
    exposures = {exposure.flag: exposure for exposure in change.exposures}
    requires = _requirements(catalog, change)
    for group in graph.cyclic_components(requires):
        circle = graph.shortest_cycle(requires, group)
        if touched := [exposures[flag] for flag in circle if flag in exposures]:
            yield Problem(
                message=f"flags require each other in a circle: {' → '.join((*circle, circle[0]))}",
                location=touched[0].location,
                hint="drop one of these requirements",
            )


def _requirements(catalog: Catalog, change: Change) -> Mapping[FlagKey, list[FlagKey]]:
    """The flags that each flag requires, by definition or in this change."""
    found = {flag: dict.fromkeys(required_flags(defined)) for flag, defined in catalog.flags.flags.items()}
    for exposure in change.exposures:
        found.setdefault(exposure.flag, {}).update(dict.fromkeys(exposure.requires))
    return {flag: [other for other in required if other in found] for flag, required in found.items()}


# --- removals -----------------------------------------------------------------------------------------------


def _still_needed(removal: FlagRemoval, catalog: Catalog, change: Change) -> Iterator[Problem]:
    flag, place = removal.flag, removal.location
    if not _will_be_on(flag, catalog, change):
        hint = f"expose {flag} to everyone in this change, or before it"
        yield Problem(message=f"flag {flag} is removed and not on for everyone", location=place, hint=hint)
    for user, remedy in (*_evaluating(flag, catalog, change), *_requiring(flag, catalog, change)):
        yield Problem(message=f"flag {flag} is removed, and {user}", location=place, hint=remedy)


def _evaluating(flag: FlagKey, catalog: Catalog, change: Change) -> Iterator[tuple[str, str]]:
    """The versions that will be live and evaluate a flag, and what to do about each."""
    released = {release.service: release for release in change.releases}
    for name, service in catalog.services.items():
        release = released.get(name)
        if flag in (release.evaluates if release else service.flags):
            version = release.version if release else service.version or "as it is live"
            yield f"{name} {version} evaluates it", f"release a version of {name} that does not"


def _requiring(flag: FlagKey, catalog: Catalog, change: Change) -> Iterator[tuple[str, str]]:
    """The flags that stay and require one that goes, and what to do about each."""
    going = {removal.flag for removal in change.removals}
    for other, required in _requirements(catalog, change).items():
        if flag in required and other not in going:
            yield f"flag {other} requires it", f"drop the requirement, or remove {other} as well"
