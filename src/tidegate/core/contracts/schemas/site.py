"""Where two schemas stand that are compared, and what is found there."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.differences import Difference, Part, Position
from tidegate.core.contracts.schemas.words import shown
from tidegate.core.errors import Problem

ELEMENT: Final = "[]"
"""The step of a part to any element of a list."""
ENTRY: Final = "{}"
"""The step of a part to any property without a name of its own."""

TEXTUAL: Final = frozenset(
    {
        *(Position.PATH, Position.QUERY, Position.HEADER, Position.COOKIE, Position.RESPONSE_HEADER),
    }
)
"""Positions where every value travels as text, so that whoever takes any text takes a number as well."""


class Flow(StrEnum):
    """Who writes: the consumer (request, parameters) or the provider (response, event)."""

    TO_PROVIDER = "to-provider"
    TO_CONSUMER = "to-consumer"


class Dialect(StrEnum):
    """Whose keywords a schema is written in.

    OPENAPI_30 is also Swagger 2: `nullable`, and nothing beside a `$ref` counts. JSON_SCHEMA is every draft,
    OpenAPI 3.1 and AsyncAPI: what they write differently can be told apart.
    """

    OPENAPI_30 = "openapi-3.0"
    JSON_SCHEMA = "json-schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a schema stands: who writes there, how people call the place, and the part of the interface.

    `encoded` says that a parameter or header travels in a media type of its own, and not as plain text.
    `old_dialect` is given where the old version is written in another dialect than the new one.
    """

    flow: Flow
    position: Position
    path: str
    part: Part
    dialect: Dialect
    old_dialect: Dialect | None = None
    encoded: bool = False

    @property
    def textual(self) -> bool:
        """Whether every value travels as plain text here."""
        return self.position in TEXTUAL and not self.encoded

    def below(self, step: str) -> "Site":
        """The site of a property, of `ELEMENT` or of `ENTRY`."""
        joint = "" if step in (ELEMENT, ENTRY) or not self.path else "."
        return replace(self, path=f"{self.path}{joint}{shown(step)}", part=(*self.part, step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What differs, and what could not be read or would have taken too long (`doubts`)."""

    differences: tuple[Difference, ...] = ()
    doubts: tuple[Problem, ...] = ()
