"""Backstage `catalog-info.yaml` files → the catalog (see `annotations` for what is ours in them).

All problems are found at once. Whether a name is known is asked only when every document could be read: names
that a broken file declares would otherwise be reported as unknown all over the catalog.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tidegate.core.catalog import Catalog, Interface, Owner, Provision, Requirement, Service, Sunset
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import InterfaceName, OwnerName, ServiceName, Version
from tidegate.sources.annotations import (
    CONSUMES,
    FLAGS,
    PROVIDES,
    SUNSET,
    TIER,
    TRAFFIC,
    VERSION,
    annotation_problems,
    consumed,
    flags,
    provided,
    sunsets,
)
from tidegate.sources.documents import in_order
from tidegate.sources.entities import (
    ALLOWED_KINDS,
    DEFAULT_KINDS,
    Entities,
    Entity,
    Ref,
    read_entities,
)
from tidegate.sources.quantities import TIERS, interface_range, interface_version, rate, service_version
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

MOST_GUESSES: Final = 200
"""How many unknown names a reading guesses at: each guess looks through all names that are known."""

OWNED: Final = ("Component", "API", "System", "Resource")

RELATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Component": ("owner", "system", "providesApis", "consumesApis", "dependsOn", "dependencyOf"),
    "API": ("owner", "system"),
    "Resource": ("owner", "system", "dependsOn", "dependencyOf"),
    "System": ("owner",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a folder says, as far as it can be understood; `complete` where no document was lost."""

    catalog: Catalog = field(default_factory=Catalog)
    problems: tuple[Problem, ...] = ()
    complete: bool = True


def read_catalog(folder: Path) -> Catalog:
    """The catalog of a folder (or of one file); `Refused` with every problem if there are any."""
    reading = read(folder)
    if reading.problems:
        raise Refused(reading.problems)
    return reading.catalog


def read(folder: Path) -> Reading:
    """The catalog of a folder as far as it can be read, and every problem in it."""
    entities = read_entities(folder)
    found = [problem for entity in entities.by_key.values() for problem in _entity_problems(entity)]
    if entities.complete:
        found += [*_unknown_names(entities), *_consumed_in_vain(entities)]
    problems = in_order([*entities.problems, *found])
    return Reading(catalog=_catalog(entities), problems=problems, complete=entities.complete)


# -- problems ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mention:
    """One reference where it is written."""

    entity: Entity
    relation: str
    target: Node

    @property
    def ref(self) -> Ref | None:
        return self.entity.ref_to(self.relation, self.target.text)


def _mentions(entity: Entity) -> Iterator[_Mention]:
    for relation in RELATIONS.get(entity.ref.kind, ()):
        for target in entity.targets(relation):
            yield _Mention(entity=entity, relation=relation, target=target)


def _entity_problems(entity: Entity) -> Iterator[Problem]:
    """What can be said of one entity without knowing the others."""
    yield from annotation_problems(entity)
    if entity.ref.kind in OWNED and not entity.spec.at("owner"):
        yield entity.name.problem(
            f"{entity.ref} has no owner", "add spec.owner: the Group that answers for it"
        )
    for mention in _mentions(entity):
        yield from _malformed(mention)


def _malformed(mention: _Mention) -> Iterator[Problem]:
    relation, target, ref = mention.relation, mention.target, mention.ref
    if ref is None:
        form = "[kind:][namespace/]name" if DEFAULT_KINDS[relation] else "kind:[namespace/]name"
        yield target.problem(f"{quoted(target.text)} in {relation} is not a reference", f"write {form}")
    elif ref.kind not in (allowed := ALLOWED_KINDS[relation]):
        message = f"{quoted(target.text)} in {relation} of {mention.entity.ref} is of the wrong kind"
        yield target.problem(message, did_you_mean(ref.kind, allowed) or f"allowed: {listed(allowed)}")


def _unknown_names(entities: Entities) -> Iterator[Problem]:
    guesses = MOST_GUESSES
    for entity in entities.by_key.values():
        for mention in _mentions(entity):
            ref = mention.ref
            if ref and ref.kind in ALLOWED_KINDS[mention.relation] and not entities.find(ref):
                guesses -= 1
                known = (other.ref.short for other in entities.of_kind(ref.kind)) if guesses >= 0 else ()
                hint = did_you_mean(ref.short, known) or f"declare the {ref.kind}, or mend the name"
                message = (
                    f"unknown {ref.kind} {quoted(mention.target.text)} in {mention.relation} of {entity.ref}"
                )
                yield mention.target.problem(message, hint)


def _consumed_in_vain(entities: Entities) -> Iterator[Problem]:
    components = tuple(entities.of_kind("Component"))
    provided = {api.ref.key for it in components for api in entities.related(it, "providesApis")}
    consumers: dict[tuple[str, str, str], list[str]] = {}
    for component in components:
        for api in entities.related(component, "consumesApis"):
            consumers.setdefault(api.ref.key, []).append(component.ref.short)
    for key, names in consumers.items():
        if key not in provided:
            api = entities.by_key[key]
            who = listed(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            message = f"{api.ref} is consumed by {who}, but no Component provides it"
            yield api.name.problem(message, "add it to the providesApis of its provider")


# -- building --------------------------------------------------------------------------------------------


def _catalog(entities: Entities) -> Catalog:
    """The values; where something is wrong with them it has been reported, and is left out here."""
    owners = [_owner(entity) for kind in ("Group", "User") for entity in entities.of_kind(kind)]
    interfaces = [_interface(entities, entity) for entity in entities.of_kind("API")]
    needed = _needed_by(entities)
    services = [_service(entities, entity, needed) for entity in entities.of_kind("Component")]
    return Catalog(
        owners={owner.name: owner for owner in owners},
        interfaces={interface.name: interface for interface in interfaces},
        services={service.name: service for service in services},
    )


def _owner_name(entity: Entity) -> OwnerName:
    prefix = "" if entity.ref.kind == "Group" else f"{entity.ref.kind.casefold()}:"
    return OwnerName(prefix + entity.ref.short)


def _owner(entity: Entity) -> Owner:
    title = entity.spec.at("profile", "displayName").text or entity.node.at("metadata", "title").text
    return Owner(name=_owner_name(entity), title=title, location=entity.name.location)


def _owner_of(entities: Entities, entity: Entity) -> OwnerName | None:
    return next((_owner_name(owner) for owner in entities.related(entity, "owner")), None)


def _api_version(entity: Entity) -> str:
    written = entity.annotation(VERSION).text
    return written if interface_version(written) else ""


def _interface(entities: Entities, entity: Entity) -> Interface:
    return Interface(
        name=InterfaceName(entity.ref.short),
        version=_api_version(entity),
        type=entity.spec.at("type").text,
        owner=_owner_of(entities, entity),
        sunsets=tuple(s for s in sunsets(entity.annotation(SUNSET).text) if isinstance(s, Sunset)),
        location=entity.name.location,
    )


def _service(
    entities: Entities, entity: Entity, needed: Mapping[tuple[str, str, str], list[Entity]]
) -> Service:
    version, tier = entity.annotation(VERSION).text, entity.annotation(TIER).text
    behind = [*entities.related(entity, "dependsOn"), *needed.get(entity.ref.key, ())]
    systems = entities.related(entity, "system")
    return Service(
        name=ServiceName(entity.ref.short),
        owner=_owner_of(entities, entity),
        system=next((system.ref.short for system in systems), ""),
        lifecycle=entity.spec.at("lifecycle").text,
        tier=int(tier) if tier in TIERS else None,
        version=Version(version) if service_version(version) else None,
        traffic=rate(entity.annotation(TRAFFIC).text),
        provides=tuple(_provisions(entities, entity)),
        consumes=tuple(_requirements(entities, entity)),
        depends_on=tuple(dict.fromkeys(ServiceName(name) for name in _names(behind, "Component"))),
        resources=tuple(dict.fromkeys(_names(behind, "Resource"))),
        flags=flags(entity.annotation(FLAGS).text),
        location=entity.name.location,
    )


def _names(entities: Iterable[Entity], kind: str) -> list[str]:
    return [entity.ref.short for entity in entities if entity.ref.kind == kind]


def _needed_by(entities: Entities) -> Mapping[tuple[str, str, str], list[Entity]]:
    """`dependencyOf`, turned round: what each entity depends on because the other side says so."""
    needed: dict[tuple[str, str, str], list[Entity]] = {}
    for kind in ("Component", "Resource"):
        for entity in entities.of_kind(kind):
            for dependent in entities.related(entity, "dependencyOf"):
                needed.setdefault(dependent.ref.key, []).append(entity)
    return needed


def _provisions(entities: Entities, entity: Entity) -> Iterator[Provision]:
    written = provided(entity.annotation(PROVIDES).text)
    for api in entities.related(entity, "providesApis"):
        versions = [entry.rest for entry in written if entry.names(entity, "providesApis", api.ref)]
        good = tuple(dict.fromkeys(filter(interface_version, versions or [_api_version(api)])))
        yield Provision(interface=InterfaceName(api.ref.short), versions=good)


def _requirements(entities: Entities, entity: Entity) -> Iterator[Requirement]:
    written = consumed(entity.annotation(CONSUMES).text)
    for api in entities.related(entity, "consumesApis"):
        name = InterfaceName(api.ref.short)
        declared = [
            interface_range(entry.rest) for entry in written if entry.names(entity, "consumesApis", api.ref)
        ]
        version = _api_version(api)
        if declared:
            yield Requirement(interface=name, range=declared[0] or "")
        else:
            yield Requirement(interface=name, range=f"^{version}" if version else "", declared=False)
