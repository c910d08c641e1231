"""Backstage entities: found in a folder, named, and looked up by reference.

A reference is `[kind:][namespace/]name`. What is left out follows from where it stands: the kind from the
field it is written in, the namespace from the entity that writes it; letter case does not matter. All of this
is Backstage's rule, so that a catalog means here what it means there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from tidegate.core.errors import Problem
from tidegate.sources import folders, tree
from tidegate.sources.documents import check, load_schema
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

FILES: Final = ("catalog-info.yaml", "catalog-info.yml")
KINDS: Final = {
    kind.casefold(): kind
    for kind in ("Component", "API", "System", "Resource", "Group", "User", "Domain", "Location", "Template")
}
NAME: Final = re.compile(r"(?=.{1,63}$)([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
DEFAULT_NAMESPACE: Final = "default"

DEFAULT_KINDS: Final[Mapping[str, str]] = {
    "owner": "Group",
    "system": "System",
    "providesApis": "API",
    "consumesApis": "API",
    "dependsOn": "",
    "dependencyOf": "",
}
"""The kind a reference means that names none, by the field it is written in; Backstage has none for two."""

ALLOWED_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "owner": ("Group", "User"),
    "system": ("System",),
    "providesApis": ("API",),
    "consumesApis": ("API",),
    "dependsOn": tuple(KINDS.values()),
    "dependencyOf": tuple(KINDS.values()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """An entity's full name."""

    kind: str
    namespace: str
    name: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What two references to the same entity have in common."""
        return self.kind.casefold(), self.namespace.casefold(), self.name.casefold()

    @property
    def short(self) -> str:
        """The name, with its namespace where that is not the default one."""
        return (
            self.name if self.namespace.casefold() == DEFAULT_NAMESPACE else f"{self.namespace}/{self.name}"
        )

    def __str__(self) -> str:
        return f"{self.kind} {quoted(self.short)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One document of a catalog file."""

    ref: Ref
    node: Node

    @property
    def spec(self) -> Node:
        return self.node.at("spec")

    @property
    def name(self) -> Node:
        return self.node.at("metadata", "name")

    def annotation(self, name: str) -> Node:
        return self.node.at("metadata", "annotations", name)

    def targets(self, relation: str) -> "tuple[Node, ...]":
        """What the entity writes under a relation: one reference, or a list of them."""
        node = self.spec.at(relation)
        return tuple(target for target in (node.elements or (node,)) if target.text)

    def ref_to(self, relation: str, text: str) -> Ref | None:
        """The full name of what the entity means by `text` under a relation."""
        return parse_ref(text, kind=DEFAULT_KINDS[relation], namespace=self.ref.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """Everything that the files of a catalog declare; `complete` where no document was lost."""

    by_key: Mapping[tuple[str, str, str], Entity] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    complete: bool = True

    def of_kind(self, kind: str) -> Iterator[Entity]:
        """The entities of one kind, in the order of their files."""
        return (entity for entity in self.by_key.values() if entity.ref.kind == kind)

    def find(self, ref: Ref | None) -> Entity | None:
        """The entity of that name."""
        return self.by_key.get(ref.key) if ref else None

    def related(self, entity: Entity, relation: str) -> Iterable[Entity]:
        """The entities that a relation leads to, each once; what it names in vain is reported elsewhere."""
        refs = (entity.ref_to(relation, target.text) for target in entity.targets(relation))
        found = (other for ref in refs if (other := self.find(ref)))
        return {other.ref.key: other for other in found if other.ref.kind in ALLOWED_KINDS[relation]}.values()


@lru_cache(maxsize=100_000)
def parse_ref(text: str, *, kind: str = "", namespace: str = DEFAULT_NAMESPACE) -> Ref | None:
    """A reference with what it leaves out filled in; None where that cannot be done."""
    found = re.fullmatch(r"(?:([^:/\s]+):)?(?:([^:/\s]+)/)?([^:/\s]+)", text)
    if not found or not (found[1] or kind):
        return None
    written = found[1] or kind
    return Ref(kind=KINDS.get(written.casefold(), written), namespace=found[2] or namespace, name=found[3])


def read_entities(folder: Path) -> Entities:
    """Every entity under a folder, or in one file."""
    files, unseen = find_files(folder)
    parsed = [tree.read(file) for file in files]
    problems = [*unseen, *(problem for each in parsed for problem in each.problems)]
    documents = [node for each in parsed for node in each.documents]
    by_key: dict[tuple[str, str, str], Entity] = {}
    for entity in _entities(documents, problems):
        first = by_key.setdefault(entity.ref.key, entity)
        if first is not entity:
            problems.append(_twice(entity, first))
    complete = not unseen and all(each.complete for each in parsed)
    return Entities(by_key=by_key, problems=tuple(problems), complete=complete)


def find_files(folder: Path) -> tuple[list[Path], list[Problem]]:
    """The catalog files under a folder, at any depth, in a stable order; hidden folders are not entered."""
    return folders.find_files(folder, FILES.__contains__, what="catalog-info.yaml", where="the catalog")


def _entities(documents: Iterable[Node], problems: list[Problem]) -> Iterator[Entity]:
    for node in documents:
        if not node or _foreign(node):
            continue
        if wrong := _unknown_kind(node):
            problems.append(wrong)
            continue
        problems += check(node, load_schema("backstage/entity.json"))
        entity = Entity(ref=_own_ref(node), node=node)
        if NAME.fullmatch(entity.ref.name):
            yield entity


def _foreign(node: Node) -> bool:
    """An entity of another tool's: Backstage catalogs may hold kinds of their own."""
    version = node.at("apiVersion").text
    return bool(version) and not version.startswith("backstage.io/") and node.at("kind").text != "Template"


def _unknown_kind(node: Node) -> Problem | None:
    kind = node.at("kind")
    if kind.text.casefold() in KINDS:
        return None
    if not kind:
        return node.problem("no 'kind' in this document", f"known kinds: {listed(KINDS.values())}")
    hint = did_you_mean(kind.written, KINDS.values()) or f"known kinds: {listed(KINDS.values())}"
    return kind.problem(f"unknown kind {quoted(kind.written)}", hint)


def _own_ref(node: Node) -> Ref:
    return Ref(
        kind=KINDS[node.at("kind").text.casefold()],
        namespace=node.at("metadata", "namespace").text or DEFAULT_NAMESPACE,
        name=node.at("metadata", "name").text,
    )


def _twice(entity: Entity, first: Entity) -> Problem:
    message = f"{entity.ref} is declared twice (first at {first.name.location})"
    return entity.name.problem(message, "remove or rename one of them")
