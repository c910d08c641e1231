"""What a comparison finds, and the spot at which it stands while it looks."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from tidegate.core.contracts.differences import Difference, Part, Position
from tidegate.core.contracts.openapi.pairs import DEMANDS, Sent, presence
from tidegate.core.contracts.openapi.rules import RULES, Change, Noun
from tidegate.core.contracts.openapi.shared import Shared
from tidegate.core.contracts.openapi.view import Interface
from tidegate.core.contracts.schemas import Dialect, Flow, Site
from tidegate.core.contracts.specification import Cursor
from tidegate.core.errors import Problem

Finding = Difference | Problem
Findings = Iterator[Finding]


DIALECTS: Final = {"2.0": Dialect.OPENAPI_30, "3.0": Dialect.OPENAPI_30, "3.1": Dialect.JSON_SCHEMA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Two versions of one interface, and what comparing their schemas has shown so far."""

    old: Interface
    new: Interface
    shared: Shared = field(default_factory=Shared)

    @property
    def dialect(self) -> Dialect:
        """The words that schemas of the new version are written in."""
        return DIALECTS[self.new.version]

    @property
    def old_dialect(self) -> Dialect | None:
        """Those of the old version, where they are others."""
        old = DIALECTS[self.old.version]
        return None if old is self.dialect else old


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A part of both versions of an interface, under the name that people read.

    `operation` is the operation that the part belongs to.
    """

    part: Part
    path: str
    operation: Part
    versions: Versions

    def below(self, *pieces: str) -> "Spot":
        """A part of this part."""
        return replace(self, part=(*self.part, *pieces), path=" ".join((self.path, *pieces)))

    def difference(self, noun: Noun, change: Change, position: Position, cursor: Cursor) -> Difference:
        """A difference of this part."""
        rule = RULES[noun][change]
        return Difference(
            rule=f"{noun}-{change}",
            position=position,
            place=cursor.place(self.path),
            reason=rule.why,
            old_consumer_new_provider=rule.old_consumer_new_provider,
            new_consumer_old_provider=rule.new_consumer_old_provider,
            part=self.part,
        )

    def presence(
        self, old: Sent | None, new: Sent | None, noun: Noun, flow: Flow, position: Position
    ) -> Iterator[Difference]:
        """Differences of what may, must or cannot be sent; a demand on consumers spares those who send it."""
        for change, either in presence(old, new):
            found = self.difference(noun, change, position, either.cursor)
            spares = flow is Flow.TO_PROVIDER and change in DEMANDS
            yield replace(found, part=self.operation, spared_by=self.part) if spares else found

    def schemas(
        self, old: Cursor, new: Cursor, flow: Flow, position: Position, *, encoded: bool = False
    ) -> Findings:
        """What differs between two schemas (`encoded`: see `Site`); where there is none, everything is valid."""
        site = Site(
            flow=flow,
            position=position,
            path=self.path,
            part=self.part,
            dialect=self.versions.dialect,
            old_dialect=self.versions.old_dialect,
            encoded=encoded,
        )
        return self.versions.shared.compare(old, new, site)
