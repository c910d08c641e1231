"""What OpenAPI 3 and Swagger 2 write differently, as a table of functions, and what these are given."""

from collections.abc import Callable
from dataclasses import dataclass

from tidegate.core.contracts.openapi.doubts import Doubts
from tidegate.core.contracts.openapi.templates import Template
from tidegate.core.contracts.openapi.view import Body, Parameter, Response
from tidegate.core.contracts.specification import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An operation as it is written, and where doubts about it go.

    `parameters` holds those of the path and then its own, `$ref` followed; the later of two of a name counts.
    """

    root: Cursor
    cursor: Cursor
    template: Template
    parameters: tuple[Cursor, ...]
    doubts: Doubts

    def inherited(self, word: str) -> Cursor:
        """What the operation says, or the document where the operation is silent."""
        return (self.cursor if word in self.cursor.mapping else self.root).at(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """How one family of versions writes an interface.

    `elsewhere` are places of parameters (`in`) that belong to the body; `schemes` is where security schemes stand.
    """

    version: str
    schemes: tuple[str, ...]
    elsewhere: frozenset[str]
    must_answer: bool
    bases: Callable[[Cursor], tuple[str, ...]]
    parameter: Callable[[Source, tuple[str, str], Cursor], Parameter]
    body: Callable[[Source], Body | None]
    response: Callable[[Source, str, Cursor], Response]
