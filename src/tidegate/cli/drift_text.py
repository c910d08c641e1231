"""Drift as problems of a catalog: what differs, where it is declared or should be, and what next."""

from collections.abc import Callable, Mapping
from typing import Final

from tidegate.core.catalog import Catalog
from tidegate.core.errors import Location, Problem
from tidegate.core.traces.learned import Drift, DriftKind


def drift_problem(drift: Drift, catalog: Catalog) -> Problem:
    """One difference, at the consumer's place in the catalog where it has one."""
    message, hint = _WORDS[drift.kind](drift, catalog)
    return Problem(message=message, location=_place(drift, catalog), hint=hint)


def _place(drift: Drift, catalog: Catalog) -> Location | None:
    names = (drift.consumer, drift.provider)
    known = (catalog.services[name].location for name in names if name and name in catalog.services)
    return next(known, None)


def _undeclared(drift: Drift, catalog: Catalog) -> tuple[str, str]:
    offers = [offer.interface for offer in catalog.services[drift.provider].provides]
    interfaces = f"consumesApis: {' or '.join(offers)}; or " if offers else ""
    message = f"{drift.consumer} calls {drift.provider}, which it does not declare ({drift.calls:,} calls)"
    return message, f"declare {interfaces}dependsOn: component:{drift.provider}"


def _unused(drift: Drift, _: Catalog) -> tuple[str, str]:
    what = (
        f"{drift.interface} of {drift.provider}"
        if drift.interface
        else f"that it depends on {drift.provider}"
    )
    message = f"{drift.consumer} declares {what}, and {drift.calls:,} calls to it led to none there"
    return message, "drop it, or count for longer with --seconds"


def _not_in_catalog(drift: Drift, catalog: Catalog) -> tuple[str, str]:
    names = [name for name in (drift.consumer, drift.provider) if name and name not in catalog.services]
    unknown = " and ".join(dict.fromkeys(names))
    message = f"{drift.consumer} calls {drift.provider} ({drift.calls:,} calls): the catalog has no {unknown}"
    return message, "declare a Component of that name, or mend the name under which it is seen"


def _unexpected_version(drift: Drift, _: Catalog) -> tuple[str, str]:
    message = f"{drift.provider} {drift.version} is called ({drift.calls:,} calls), which nothing deployed"
    return message, "stop it, or mend tidegate.dev/version in the catalog"


_WORDS: Final[Mapping[DriftKind, Callable[[Drift, Catalog], tuple[str, str]]]] = {
    DriftKind.UNDECLARED: _undeclared,
    DriftKind.UNUSED: _unused,
    DriftKind.NOT_IN_CATALOG: _not_in_catalog,
    DriftKind.UNEXPECTED_VERSION: _unexpected_version,
}
