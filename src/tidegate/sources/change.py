"""A `Change` file → the change, checked against the catalog and the flags that it names.

    change, catalog = read_change_and_catalog(Path("changes/minor-units.yaml"))

What a file leaves out:

* `provides` and `consumes` of a release change what they name; every other interface stays as the catalog has
  it for the live version, and the word `none` drops one. `evaluates` is the whole list; without it, what the
  catalog says of the live version.
* A strategy of a release stands in place of the spec's; `strategies` has the rest of how it is exposed and judged.

Checks (`change_checks` and those of flags and migrations) and building are apart: checks run on the tree, broken or
not, so that everything is told at once; building trusts, and runs only when nothing was found.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.change import Change, Commands, Lane, OnFailure, Release, Task
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import FlagKey, InterfaceName, ServiceName, Version
from tidegate.core.plan.flag_prerequisites import flag_problems
from tidegate.core.plan.migration_problems import migration_problems
from tidegate.core.traces.measured import Measured, with_traffic
from tidegate.sources import backstage, change_checks, change_flag_checks, change_migration_checks
from tidegate.sources.change_flags import exposures, read_definitions, removals
from tidegate.sources.change_migrations import migrations, read_files
from tidegate.sources.change_source import Source, problems_of
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.quantities import NONE, interface_range, seconds
from tidegate.sources.schedules import schedule_of
from tidegate.sources.strategies import strategy_of
from tidegate.sources.tree import Node
from tidegate.sources.undecidable import undecidable
from tidegate.sources.words import quoted

CHECKED: Final = (change_checks, change_flag_checks, change_migration_checks)
KIND: Final = "Change"
TIMEOUT: Final = "60s"


def catalog_folder(path: Path) -> Path | None:
    """The catalog that a change file names, relative to the file; None if it names none."""
    tree, _ = read_kind(path, KIND)
    return _folder(path, tree, "catalog")


def contracts_folder(path: Path) -> Path | None:
    """The contracts folder that a change file names, relative to the file; None if it names none."""
    tree, _ = read_kind(path, KIND)
    return _folder(path, tree, "contracts")


def read_change(path: Path, catalog: Catalog) -> Change:
    """The change in a file, against a catalog; `Refused` with every problem if there are any."""
    tree, problems = read_kind(path, KIND)
    reading = backstage.Reading(catalog=catalog, problems=problems)
    return _decidable(_checked(reading, tree, path))


def read_change_and_catalog(
    path: Path, folder: Path | None = None, learned: Measured | None = None
) -> tuple[Change, Catalog]:
    """A change and its catalog (or the one in `folder`); `Refused` with the problems of all files at once.

    The catalog has the flags that the change names. What was `learned` of traffic takes the place of what it declares.
    """
    tree, problems = read_kind(path, KIND)
    where = folder or _folder(path, tree, "catalog")
    reading = _catalog(tree, where, named=folder is None)
    services = with_traffic(reading.catalog, learned) if learned else reading.catalog
    reading = replace(reading, catalog=services, problems=(*problems, *reading.problems))
    source = _checked(reading, tree, path)
    return _decidable(source), source.catalog


def _checked(reading: backstage.Reading, tree: Node, path: Path) -> Source:
    """What a change is made of; `Refused` with all that is wrong with it, but for names whose files were lost."""
    definitions, files = read_definitions(path, tree), read_files(path, tree)
    catalog = replace(reading.catalog, flags=definitions.flags)
    source = Source(tree=tree, catalog=catalog, read=files.migrations)
    checks = [check for each in CHECKED for check in each.OWN_CHECKS]
    if reading.complete:
        checks += [check for each in CHECKED for check in each.CATALOG_CHECKS]
    if not definitions.problems:
        checks += change_flag_checks.DEFINITION_CHECKS
    found = (*reading.problems, *definitions.problems, *files.problems)
    _refuse([*found, *problems_of(source, checks)])
    return source


def _catalog(tree: Node, where: Path | None, *, named: bool) -> backstage.Reading:
    """The catalog, or why there is none: said where the change file names it."""
    if where is None:
        return backstage.Reading(complete=False)  # the schema says that it is missing
    if named and not where.exists():
        hint = "write it relative to this file, or give --catalog"
        problem = tree.at("spec", "catalog").problem(f"no catalog at {quoted(str(where))}", hint)
        return backstage.Reading(problems=(problem,), complete=False)
    return backstage.read(where)


def _folder(path: Path, tree: Node, field: str) -> Path | None:
    """What the file names, without detours where these lead nowhere else."""
    written = tree.at("spec", field).text
    if not written:
        return None
    joined = path.parent / written
    straight = Path(os.path.normpath(joined))
    return straight if straight.resolve() == joined.resolve() else joined


def _refuse(problems: Iterable[Problem]) -> None:
    if found := in_order(problems):
        raise Refused(found)


def _decidable(source: Source) -> Change:
    """The change, if its gates can decide and what it moves has what it needs: known once nothing else is wrong."""
    change = _change(source)
    found = (*undecidable(source, change), *flag_problems(source.catalog, change))
    _refuse([*found, *migration_problems(change)])
    return change


# -- building --------------------------------------------------------------------------------------------


def _change(source: Source) -> Change:
    spec = source.spec
    return Change(
        name=source.tree.at("metadata", "name").text,
        summary=spec.at("summary").text,
        releases=tuple(_release(source, release) for release in source.releases),
        exposures=tuple(exposures(source)),
        removals=tuple(removals(source)),
        migrations=tuple(migrations(source)),
        tasks=tuple(map(_task, source.tasks)),
        lanes=tuple(map(_lane, source.lanes)),
        on_failure=OnFailure(spec.at("onFailure").text or OnFailure.AFFECTED),
        schedule=schedule_of(spec.at("schedule")),
    )


def _release(source: Source, release: Node) -> Release:
    name = ServiceName(release.at("service").text)
    live = source.catalog.services[name]
    strategy = strategy_of(source, release)
    return Release(
        service=name,
        version=Version(release.at("version").text),
        artifact=release.at("artifact").text,
        digest=release.at("digest").text,
        provides=tuple(_provides(live, release.at("provides"))),
        consumes=tuple(_consumes(live, release.at("consumes"))),
        evaluates=tuple(_evaluates(live, release.at("evaluates"))),
        strategy=strategy,
        latency_ms=strategy.stages[0].gates[0].boundaries.latency_ms,
        location=release.at("service").location,
    )


def _provides(live: Service, written: Node) -> Iterator[Provision]:
    offered = {offer.interface: offer.versions for offer in live.provides}
    for name, node in written.fields.items():
        versions = tuple(version.text for version in node.elements or (node,))
        offered[InterfaceName(name)] = () if versions == (NONE,) else tuple(dict.fromkeys(versions))
    dropped = {name for name, node in written.fields.items() if node.text == NONE}
    for interface, versions in offered.items():
        if interface not in dropped:
            yield Provision(interface=interface, versions=versions)


def _consumes(live: Service, written: Node) -> Iterator[Requirement]:
    needed = {need.interface: need for need in live.consumes}
    for name, node in written.fields.items():
        interface = InterfaceName(name)
        needed[interface] = Requirement(interface=interface, range=interface_range(node.text) or NONE)
    return (need for need in needed.values() if need.range != NONE)


def _evaluates(live: Service, written: Node) -> Iterable[FlagKey]:
    return dict.fromkeys(FlagKey(key.text) for key in written.elements) if written else live.flags


def _task(node: Node) -> Task:
    return Task(
        name=node.at("name").text,
        commands=Commands(
            apply=_texts(node.at("apply")),
            revert=_texts(node.at("revert")),
            validate=_texts(node.at("validate")),
            verify=_texts(node.at("verify")),
            timeout=seconds(node.at("timeout").text or TIMEOUT) or 0.0,
        ),
        before=_texts(node.at("before")),
        after=_texts(node.at("after")),
        location=node.at("name").location,
    )


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(element.text for element in node.elements)


def _lane(node: Node) -> Lane:
    consumer, provider = (ServiceName(node.at(end).text) for end in ("consumer", "provider"))
    return Lane(consumer=consumer, provider=provider, location=node.location)
