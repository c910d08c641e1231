"""Migration files of our own: `kind: Migration`."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tidegate.core.errors import Location, Problem, Refused
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Invariant, Migration, Pace, Verification
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.unfolding import NAME_BYTES
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.migrations import checks
from tidegate.sources.migrations.operations import operation, sound
from tidegate.sources.quantities import seconds, share
from tidegate.sources.tree import Node
from tidegate.sources.twice import named_twice
from tidegate.sources.words import quoted

SCHEMA: Final = "migration.json"


def read_own(path: Path) -> Migration:
    """A Migration file; raises `Refused` with everything that is wrong with it."""
    root, found = read_kind(path, "Migration")
    spec = root.at("spec")
    operations = tuple(map(operation, sound(spec.at("operations").elements, SCHEMA)))
    problems = [*found, *_amiss(spec), *checks.problems(operations)]
    if problems:
        raise Refused(in_order(problems))
    return Migration(
        name=MigrationName(root.at("metadata", "name").text),
        operations=operations,
        schema=spec.at("schema").text or "public",
        version_schema=spec.at("versionSchema").text,
        invariants=tuple(map(_invariant, spec.at("invariants").elements)),
        pace=Pace(**_said(spec.at("pace"), PACE)),
        verification=Verification(**_said(spec.at("verification"), VERIFICATION)),
        restore_point="none" if spec.at("restorePoint").text == "none" else "dump",
        location=Location(file=str(path), line=1),
    )


def _invariant(node: Node) -> Invariant:
    return Invariant(
        name=node.at("name").text,
        query=node.at("query").text,
        shape="old" if node.at("shape").text == "old" else "new",
        location=node.location,
    )


# -- quantities --------------------------------------------------------------------------------------------

Quantity = tuple[str, Callable[[Node], Any]]
"""The field of the value, and how it is read."""


def _seconds(node: Node) -> float:
    return seconds(node.text) or 0.0


def _share(node: Node) -> float:
    return share(node.text) or 0.0


def _count(node: Node) -> Any:
    return node.value


PACE: Final[Mapping[str, Quantity]] = {
    "lockTimeout": ("lock_timeout", _seconds),
    "holdTimeout": ("hold_timeout", _seconds),
    "patience": ("patience", _seconds),
    "batchRows": ("batch_rows", _count),
    "batchDuration": ("batch_seconds", _seconds),
    "duty": ("duty", _share),
    "maxLag": ("max_lag", _seconds),
    "maxActive": ("max_active", _count),
}
VERIFICATION: Final[Mapping[str, Quantity]] = {
    "sample": ("sample", _count),
    "rangeRows": ("range_rows", _count),
    "every": ("every", _seconds),
}


def _said(node: Node, quantities: Mapping[str, Quantity]) -> dict[str, Any]:
    """What is written; the rest has the defaults of the value."""
    named = ((quantities[name], part) for name, part in node.fields.items())
    return {field: read(part) for (field, read), part in named}


# -- checks ------------------------------------------------------------------------------------------------


def _amiss(spec: Node) -> Iterator[Problem]:
    """What a schema cannot say of anything but operations."""
    for name in ("schema", "versionSchema"):
        yield from _name(spec.at(name))
    for section, quantities in (("pace", PACE), ("verification", VERIFICATION)):
        for name, part in spec.at(section).fields.items():
            if name in quantities and _nothing(part):
                yield part.problem(f"spec.{section}.{name} is {quoted(part.text)}", "give more than nothing")
    names = (each.at("name") for each in spec.at("invariants").elements)
    yield from named_twice(names, "an invariant")


def _name(node: Node) -> Iterator[Problem]:
    if node.text.isprintable() and too_long(node.text):
        yield node.problem(f"{quoted(node.text)} is longer than {NAME_BYTES} bytes", "shorten it")
    if node.text.casefold().startswith(checks.RESERVED):
        yield node.problem(f"names that begin with {checks.RESERVED} are tidegate's", "choose another")


def _nothing(node: Node) -> bool:
    return seconds(node.text) == 0.0 or share(node.text) == 0.0
