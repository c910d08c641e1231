"""An HTTP interface as one shape, whichever version of OpenAPI or Swagger it is written in, and ways to find things.

    Interface ─ operations, webhooks ─┬─ parameters ─┬─ schema
                                      ├─ body ───────┤
                                      └─ responses ──┘

Schemas stay cursors into the document: `core.contracts.schemas` reads them. What could not be read is a doubt of
the operation it belongs to, or of the interface where it belongs to none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar
from urllib.parse import unquote

from tidegate.core.contracts.differences import Part
from tidegate.core.contracts.openapi.templates import HOLE, Template
from tidegate.core.contracts.specification import Cursor, Unresolved
from tidegate.core.errors import Problem

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
ANY_TYPE: Final = "*/*"
DEFAULT: Final = "default"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One content type (in lower case, without `charset`) of a body, its schema and how its parts are encoded."""

    type: str
    schema: Cursor
    encoding: Cursor


Key = tuple[str, str]
Content = Mapping[str, Media]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a request, or a header of a response.

    `key` is ("path", "1"), ("query", "limit"), ("header", "x-request-id") or ("cookie", "session"). A parameter
    has a schema or, as a whole document in a string, `content`. `style` and
    `explode` say how a value is written as text.
    """

    key: Key
    name: str
    required: bool
    schema: Cursor
    content: Content
    style: str
    explode: bool
    cursor: Cursor

    @property
    def location(self) -> str:
        """One of `path`, `query`, `header` and `cookie`."""
        return self.key[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a request carries, in one of several content types."""

    required: bool
    content: Content
    cursor: Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: `status` is a code, a class such as `2XX`, or `default`. `content` is empty where it has no body."""

    status: str
    content: Content
    headers: Mapping[Key, Parameter]
    cursor: Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method of a path, with all that it takes and answers; of webhooks and callbacks it is the provider that asks.

    `part` names it among the parts of an interface. `security` is the list of requirements in force.
    """

    part: Part
    method: str
    template: Template
    parameters: Mapping[Key, Parameter]
    body: Body | None
    responses: Mapping[str, Response]
    callbacks: "Mapping[Part, Operation]"
    security: Cursor
    cursor: Cursor
    doubts: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The operation as people write it."""
        return f"{self.method} {self.template.text}" if self.template.text else " ".join(self.part)


Shape = tuple[str, int, str]
"""A method, how many segments a path has, and the first of them; empty where that has a parameter."""


@dataclass(frozen=True, kw_only=True)
class Interface:
    """One version of an HTTP interface. `bases` are the paths under which its servers offer it."""

    version: str
    operations: Mapping[Part, Operation]
    webhooks: Mapping[Part, Operation]
    schemes: Cursor
    bases: tuple[str, ...]
    doubts: tuple[Problem, ...] = ()

    @cached_property
    def by_shape(self) -> Mapping[Shape, Sequence[Operation]]:
        """The operations that a request may go to, by what is seen of it at once."""
        found: dict[Shape, list[Operation]] = {}
        for operation in self.operations.values():
            segments = operation.template.segments
            opening = segments[1] if len(segments) > 1 and HOLE not in segments[1] else ""
            found.setdefault((operation.method, len(segments), opening), []).append(operation)
        return found


def operation_of(interface: Interface, method: str, path: str) -> Operation | None:
    """The operation that a request goes to: of templates that match, the one whose concrete segments come first.

    A path is tried as it is, then without the base path of a server.
    """
    for base in ("", *interface.bases):
        concrete = path.removeprefix(base)
        offered = _offered(interface, method.upper(), concrete.split("/"))
        fitting = [operation for operation in offered if operation.template.arguments(concrete) is not None]
        if fitting:
            return min(fitting, key=lambda operation: operation.template.rank)
    return None


def _offered(interface: Interface, method: str, segments: list[str]) -> list[Operation]:
    openings = ("", unquote(segments[1])) if len(segments) > 1 else ("",)
    shapes = dict.fromkeys((method, len(segments), opening) for opening in openings)
    return [operation for shape in shapes for operation in interface.by_shape.get(shape, ())]


def response_for(operation: Operation, status: str) -> Response | None:
    """The answer that a status code (or a class such as `2XX`) falls under: its own, that of its class, `default`."""
    return first(operation.responses, statuses_over(status))


def media_for(content: Content, type_: str) -> Media | None:
    """The media that a content type falls under: its own, without its parameters, `application/*`, `*/*`."""
    return first(content, types_over(media_type(type_)))


def statuses_over(status: str) -> tuple[str, ...]:
    """The names under which the answer with a status may be described, the narrowest first."""
    return (status, f"{status[:1]}XX", DEFAULT) if status != DEFAULT else (DEFAULT,)


def types_over(type_: str) -> tuple[str, ...]:
    """The names under which a content type may be described, the narrowest first."""
    plain = type_.partition(";")[0]
    return type_, plain, f"{plain.partition('/')[0]}/*", ANY_TYPE


def media_type(written: str) -> str:
    """A content type in the form in which two are compared: `charset` says nothing about the shape of a document."""
    plain, *parameters = (piece.strip().lower() for piece in written.split(";"))
    return ";".join([plain, *sorted(each for each in parameters if each and not each.startswith("charset="))])


def first(found: Mapping[str, T], names: Iterable[str]) -> T | None:
    """What stands under the first of the names that is there."""
    return next((found[name] for name in names if name in found), None)


def followed(cursor: Cursor) -> Cursor:
    """Where `$ref` leads; this cursor where it leads nowhere."""
    target = cursor.resolved()
    return cursor if isinstance(target, Unresolved) else target
