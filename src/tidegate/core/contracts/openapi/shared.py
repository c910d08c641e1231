"""Schemas that many operations share are compared once, and what was found is told wherever they stand.

A comparison of schemas knows only who writes and in which position; part and path are put before what it found.
What leads to the same answers is told as one difference of the whole schema, once very many have been told. Once
the work allowed for two versions is done, the doubt about it has been told and nothing more is compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from tidegate.core.contracts.differences import Difference, Part
from tidegate.core.contracts.schemas import Findings, Known, Site, compare_schemas
from tidegate.core.contracts.specification import Cursor, Unresolved
from tidegate.core.errors import Problem

HERE: Final = "\0"
"""Stands for the path of a site until it is known."""

MOST: Final = 10_000
"""Differences that are told one by one."""

TOGETHER: Final = "schema-changed"
REASON: Final = f"differences like those of the first {MOST}, here told as one"

Key = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Shared:
    """What comparing schemas of two versions has shown so far."""

    told: int = 0
    known: Known = field(default_factory=Known)
    found: dict[Key, Findings] = field(default_factory=dict)

    def compare(self, old: Cursor, new: Cursor, site: Site) -> Iterator[Difference | Problem]:
        """What differs between two schemas at a site, and what could not be read."""
        old, new = _target(old), _target(new)
        key = (old.file, old.pointer, new.file, new.pointer, site.flow, site.position, str(site.encoded))
        if key not in self.found:
            self.found[key] = self._compare(old, new, site)
        found = self.found[key]
        differences = found.differences if self.told < MOST else _together(found.differences)
        self.told += len(differences)
        yield from (_moved(difference, site.part, site.path) for difference in differences)
        yield from (replace(doubt, message=doubt.message.replace(HERE, site.path)) for doubt in found.doubts)

    def _compare(self, old: Cursor, new: Cursor, site: Site) -> Findings:
        if self.known.left < 0:
            return Findings()
        return compare_schemas(old, new, replace(site, part=(), path=HERE), self.known)


def _target(schema: Cursor) -> Cursor:
    """Where a schema leads that is nothing but a reference."""
    if schema.mapping.keys() != {"$ref"}:
        return schema
    target = schema.resolved()
    return schema if isinstance(target, Unresolved) else target


def _together(differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """One difference of the whole for each pair of answers."""
    by_answers = {
        (each.old_consumer_new_provider, each.new_consumer_old_provider): each for each in differences
    }
    return tuple(
        replace(
            each, rule=TOGETHER, part=(), spared_by=None, place=replace(each.place, path=HERE), reason=REASON
        )
        for each in by_answers.values()
    )


def _moved(difference: Difference, part: Part, path: str) -> Difference:
    spared = difference.spared_by
    return replace(
        difference,
        part=part + difference.part,
        spared_by=spared if spared is None else part + spared,
        place=replace(difference.place, path=difference.place.path.replace(HERE, path)),
        reason=difference.reason.replace(HERE, path),
    )
