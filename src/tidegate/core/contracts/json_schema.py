"""JSON Schema files: what a provider publishes, in events or files, and consumers read.

Compares the schemas of the same path in the two versions keyword by keyword, as `schemas` describes: the
provider writes, its consumers read. A schema that is gone breaks the consumers of the old version. A single file
stands for itself, whatever its name; what it refers to is compared where it is referred to.
"""

from collections.abc import Iterator
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Position
from tidegate.core.contracts.schemas import Dialect, Findings, Flow, Known, Site, compare_schemas
from tidegate.core.contracts.specification import Cursor, Kind, Specification
from tidegate.core.errors import Problem

UNSEEN: Final = (
    "Data that consumers write; whether regular expressions, or different `not`, `if`, `contains` and patterns of"
    " names, allow the same; whether alternatives of a oneOf overlap."
)


def compare(old: Specification, new: Specification) -> Comparison:
    """What differs between two versions of JSON Schema files, and whom it breaks."""
    known = Known()
    found = [_compare_file(name, before, after, known) for name, before, after in _files(old, new)]
    return Comparison(
        kind=Kind.JSON_SCHEMA,
        differences=tuple(difference for findings in found for difference in findings.differences),
        doubts=(*_mixed(old, new), *(problem for findings in found for problem in findings.doubts)),
        unseen=UNSEEN,
    )


def _files(old: Specification, new: Specification) -> Iterator[tuple[str, Cursor, Cursor]]:
    """Name and root of each schema in both versions."""
    if old.root and new.root:
        yield "", old.cursor, new.cursor
        return
    for name in dict.fromkeys((*old.documents, *new.documents)):
        yield name, _root(old, name), _root(new, name)


def _root(specification: Specification, name: str) -> Cursor:
    return Cursor(specification=specification, file=name, value=specification.documents.get(name))


def _mixed(old: Specification, new: Specification) -> Iterator[Problem]:
    if bool(old.root) != bool(new.root):
        message = f"{old.name} and {new.name} are a file and a folder"
        yield Problem(message=message, hint="compare two files, or two folders")


def _compare_file(name: str, before: Cursor, after: Cursor, known: Known) -> Findings:
    part = (name,) if name else ()
    if not before or not after:
        return Findings(differences=(_one_sided(name, before, after),))
    site = Site(
        flow=Flow.TO_CONSUMER, position=Position.EVENT, path=name, part=part, dialect=Dialect.JSON_SCHEMA
    )
    return compare_schemas(before, after, site, known)


def _one_sided(name: str, before: Cursor, after: Cursor) -> Difference:
    """A schema of one version only: of no use to consumers who rely on it, of no harm to others."""
    gone = bool(before)
    breaks, keeps = Compatibility.BREAKING, Compatibility.COMPATIBLE
    return Difference(
        rule="schema-removed" if gone else "schema-added",
        position=Position.EVENT,
        place=(before if gone else after).place(name),
        reason=f"the schema '{name}' is {'gone' if gone else 'new'}",
        old_consumer_new_provider=breaks if gone else keeps,
        new_consumer_old_provider=keeps if gone else breaks,
        part=(name,),
    )
