"""The migrations of a `Change` file: their own files, who needs them, who approves.

What a file leaves out:

* `soak` is an hour, `contract` is now.
* `approvals` are the owners of every writer, reader and consumer of the interfaces.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tidegate.core.catalog import Provision
from tidegate.core.change import Contract, MigrationUse
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import DatabaseName, InterfaceName, OwnerName, ServiceName
from tidegate.core.migrations.operations import Migration
from tidegate.sources.change_source import Source
from tidegate.sources.migrations import read_migration
from tidegate.sources.quantities import seconds
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted

SOAK: Final = "1h"
GROUP: Final = "group:"
"""May stand before the name of an owner that is a Group, as in Backstage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The migrations that a change names, in its order; None where one could not be read, and why."""

    migrations: tuple[Migration | None, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_files(change: Path, tree: Node) -> Reading:
    """The migrations in the files that a change names, relative to its own."""
    read = [_read(change, node.at("file")) for node in tree.at("spec", "migrations").elements]
    return Reading(
        migrations=tuple(each if isinstance(each, Migration) else None for each in read),
        problems=tuple(problem for each in read if isinstance(each, tuple) for problem in each),
    )


def _read(change: Path, name: Node) -> Migration | tuple[Problem, ...]:
    if not name.text:
        return ()  # the schema says that it is missing
    where = Path(os.path.normpath(change.parent / name.text))
    if not where.is_file():
        hint = "write the file's path relative to this file"
        return (name.problem(f"no migration at {quoted(str(where))}", hint),)
    try:
        return read_migration(where)
    except Refused as refused:
        return refused.problems


def migrations(source: Source) -> Iterator[MigrationUse]:
    """The migrations of a change; its source has no problems."""
    for node, migration in zip(source.migrations, source.read, strict=True):
        assert migration is not None, "what could not be read was refused"
        yield MigrationUse(
            migration=migration,
            database=DatabaseName(node.at("database").text),
            writers=_services(node.at("writers")),
            readers=_services(node.at("readers")),
            soak=seconds(node.at("soak").text or SOAK) or 0.0,
            approvals=_approvals(source, node),
            provides=tuple(map(_provides, node.at("interfaces").elements)),
            contract=Contract(node.at("contract").text or Contract.NOW),
            location=node.at("file").location,
        )


def _services(node: Node) -> tuple[ServiceName, ...]:
    return tuple(dict.fromkeys(ServiceName(each.text) for each in node.elements))


def _provides(node: Node) -> Provision:
    return Provision(interface=InterfaceName(node.at("interface").text), versions=(node.at("to").text,))


def owner_of(node: Node) -> OwnerName:
    """An owner as the catalog names it."""
    return OwnerName(node.text.removeprefix(GROUP))


def _approvals(source: Source, node: Node) -> tuple[OwnerName, ...]:
    if node.at("approvals"):
        return tuple(dict.fromkeys(map(owner_of, node.at("approvals").elements)))
    concerned = (*_services(node.at("writers")), *_services(node.at("readers")), *_consumers(source, node))
    owners = (source.catalog.services[name].owner for name in concerned)
    return tuple(dict.fromkeys(owner for owner in owners if owner is not None))


def _consumers(source: Source, node: Node) -> Iterator[ServiceName]:
    """Who sees the data through one of its interfaces, today or by a release of the change."""
    seen = {each.at("interface").text for each in node.at("interfaces").elements}
    releasing = {each.at("service").text: each.at("consumes").fields.keys() for each in source.releases}
    for service in source.catalog.services.values():
        needs = {need.interface for need in service.consumes} | releasing.get(service.name, set())
        if not seen.isdisjoint(needs):
            yield service.name
