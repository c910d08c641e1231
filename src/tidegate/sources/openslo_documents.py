"""OpenSLO v1 documents: found in a folder, told apart by kind and name, each checked against its schema.

A file holds any number of documents, or a list of them, as OpenSLO's own tools take it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from tidegate.core.errors import Problem
from tidegate.sources import tree
from tidegate.sources.documents import Schema, check, load_schema
from tidegate.sources.folders import find_files
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

API_VERSION: Final = "openslo/v1"
KINDS: Final = ("DataSource", "SLI", "SLO", "Service")
LEFT_ALONE: Final = ("AlertPolicy", "AlertCondition", "AlertNotificationTarget")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a kind that is read."""

    kind: str
    node: Node

    @property
    def name(self) -> Node:
        return self.node.at("metadata", "name")

    @property
    def spec(self) -> Node:
        return self.node.at("spec")

    def __str__(self) -> str:
        return f"{self.kind} {quoted(self.name.text)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Everything that the files of a folder declare; `complete` where no document was lost."""

    by_name: Mapping[tuple[str, str], Document] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    complete: bool = True

    def of_kind(self, kind: str) -> Iterator[Document]:
        """The documents of one kind, in the order of their files."""
        return (document for document in self.by_name.values() if document.kind == kind)

    def find(self, kind: str, name: str) -> Document | None:
        """The document of that kind and name."""
        return self.by_name.get((kind, name))


def read_documents(folder: Path) -> Documents:
    """Every document under a folder, or in one file."""
    files, unseen = find_files(folder, _yaml, what=".yaml file", where="the SLOs")
    parsed = [tree.read(file) for file in files]
    problems = [*unseen, *(problem for each in parsed for problem in each.problems)]
    written = [node for each in parsed for root in each.documents for node in root.elements or (root,)]
    by_name: dict[tuple[str, str], Document] = {}
    for document in _known(written, problems):
        first = by_name.setdefault((document.kind, document.name.text), document)
        if first is not document:
            problems.append(_twice(document, first))
    complete = not unseen and all(each.complete for each in parsed)
    return Documents(by_name=by_name, problems=tuple(problems), complete=complete)


def _yaml(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _known(nodes: Iterable[Node], problems: list[Problem]) -> Iterator[Document]:
    for node in nodes:
        kind = node.at("kind").text
        if not node or (node.at("apiVersion").text == API_VERSION and kind in LEFT_ALONE):
            continue
        if wrong := _foreign(node):
            problems.append(wrong)
            continue
        problems += check(node, schema(kind))
        document = Document(kind=kind, node=node)
        if document.name.text:
            yield document


def _foreign(node: Node) -> Problem | None:
    """Why a document is none that is read here."""
    version, kind = node.at("apiVersion"), node.at("kind")
    if version.text != API_VERSION:
        message = (
            f"apiVersion is {quoted(version.written)}" if version else "no 'apiVersion' in this document"
        )
        place = version or node
        return place.problem(
            message, f"write apiVersion: {API_VERSION}, or move what is not OpenSLO elsewhere"
        )
    if kind.text not in KINDS:
        known = (*KINDS, *LEFT_ALONE)
        hint = did_you_mean(kind.written, known) or f"known kinds: {listed(known)}"
        message = f"unknown kind {quoted(kind.written)}" if kind else "no 'kind' in this document"
        return (kind or node).problem(message, hint)
    return None


@cache
def schema(kind: str) -> Schema:
    """The schema of a kind."""
    whole = load_schema("openslo/v1.json")
    return {"$defs": whole["$defs"], **whole["$defs"][kind]}


def _twice(document: Document, first: Document) -> Problem:
    message = f"{document} is declared twice (first at {first.name.location})"
    return document.name.problem(message, "remove or rename one of them")
