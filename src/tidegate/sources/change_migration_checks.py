"""What a schema cannot say of the migrations in a `Change` file: within itself, and against the catalog."""

from collections.abc import Iterator
from typing import Final

from tidegate.core.change import Contract
from tidegate.core.errors import Problem
from tidegate.core.ids import InterfaceName
from tidegate.sources.change_migrations import owner_of
from tidegate.sources.change_source import Check, Source
from tidegate.sources.quantities import interface_version
from tidegate.sources.words import did_you_mean, quoted


def _check_services(source: Source) -> Iterator[Problem]:
    for migration in source.migrations:
        for field in ("writers", "readers"):
            for name in migration.at(field).elements:
                if name.text and name.text not in source.released:
                    message = f"{quoted(name.text)} in {field} is not released by this change"
                    hint = did_you_mean(name.text, source.released)
                    yield name.problem(message, hint or "only new versions read or write a new shape")


def _check_versions(source: Source) -> Iterator[Problem]:
    for migration in source.migrations:
        for version in (each.at("to") for each in migration.at("interfaces").elements):
            if version.text and not interface_version(version.text):
                yield version.problem(f"{quoted(version.text)} is not a semantic version", "such as 2.0.0")


def _check_soak(source: Source) -> Iterator[Problem]:
    for migration in source.migrations:
        soak = migration.at("soak")
        if soak and migration.at("contract").text == Contract.ONLY:
            message = f"a soak of {quoted(soak.text)} where the new shape was switched to by another change"
            yield soak.problem(message, "leave it out")


def _check_interfaces(source: Source) -> Iterator[Problem]:
    known = source.catalog.interfaces
    for migration in source.migrations:
        for name in (each.at("interface") for each in migration.at("interfaces").elements):
            if name.text and InterfaceName(name.text) not in known:
                hint = did_you_mean(name.text, known) or "the catalog has no API of that name"
                yield name.problem(f"unknown interface {quoted(name.text)} of a migration", hint)


def _check_approvals(source: Source) -> Iterator[Problem]:
    known = source.catalog.owners
    for migration in source.migrations:
        for owner in migration.at("approvals").elements:
            if owner.text and owner_of(owner) not in known:
                hint = did_you_mean(owner.text, known) or "the catalog has no Group of that name"
                yield owner.problem(f"unknown owner {quoted(owner.text)} in approvals", hint)


OWN_CHECKS: Final[tuple[Check, ...]] = (_check_services, _check_versions, _check_soak)
"""Of the file alone."""

CATALOG_CHECKS: Final[tuple[Check, ...]] = (_check_interfaces, _check_approvals)
"""Against the catalog."""
