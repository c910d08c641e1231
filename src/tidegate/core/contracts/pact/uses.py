"""The parts of an interface that an interaction uses: what it sends, and what it reads of the answer.

Status, content type and operation are named as the specification names them, so that they can be compared with the
parts of differences. Of an answer, only the expected fields are used; of a request, all that is sent.
"""

from collections.abc import Iterator

from tidegate.core.contracts.differences import Part
from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.view import (
    Content,
    Interface,
    Operation,
    media_for,
    operation_of,
    response_for,
)
from tidegate.core.contracts.pact.bodies import Format, form_of, format_of
from tidegate.core.contracts.pact.model import Body, Interaction, Request, Response
from tidegate.core.contracts.pact.model import Content as Carried
from tidegate.core.contracts.pact.readers import MEDIA
from tidegate.core.contracts.pact.scope import MOST_DEPTH
from tidegate.core.contracts.schemas.site import ELEMENT
from tidegate.core.contracts.specification import Kind, Specification

SECURITY = "security"


def uses(interaction: Interaction, specification: Specification) -> frozenset[Part]:
    """The parts that an interaction uses, as far as the specification is one of an HTTP interface and has them."""
    if specification.kind is not Kind.OPENAPI:
        return frozenset()
    return uses_of(interaction, read(specification))


def uses_of(interaction: Interaction, interface: Interface) -> frozenset[Part]:
    """The parts of a view that was read already."""
    request, response = interaction.request, interaction.response
    operation = operation_of(interface, request.method, request.path) if request else None
    if not operation or not request or not response:
        return frozenset()
    sent = _sent(request, operation)
    return frozenset([operation.part, (*operation.part, SECURITY), *sent, *_read(response, operation)])


def _sent(request: Request, operation: Operation) -> Iterator[Part]:
    names = [("query", name) for name in request.query] + [("header", name) for name in request.headers]
    yield from ((*operation.part, *key) for key in names)
    yield from ((*operation.part, *key) for key in operation.parameters if key[0] == "path")
    if operation.body and request.body:
        yield from _fields((*operation.part, "request"), request.body, operation.body.content)


def _read(response: Response, operation: Operation) -> Iterator[Part]:
    declared = response_for(operation, str(response.status)) if response.status else None
    if declared:
        answer = (*operation.part, "response", declared.status)
        yield answer
        yield from ((*operation.part, "response-header", declared.status, name) for name in response.headers)
        if response.body:
            yield from _fields(answer, response.body, declared.content)


def _fields(part: Part, body: Body, content: Content) -> Iterator[Part]:
    media = media_for(content, body.media or MEDIA[format_of(body)])
    if media:
        carried = form_of(body.content) if format_of(body) is Format.FORM else body.content
        yield from _below((*part, media.type), carried, 0)


def _below(part: Part, value: Carried | dict[str, tuple[str, ...]], depth: int) -> Iterator[Part]:
    """What is inside a value; a list stands for any of its elements."""
    yield part
    if depth > MOST_DEPTH:
        return
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from _below((*part, name), inside if not isinstance(inside, tuple) else None, depth + 1)
    if isinstance(value, list):
        for inside in value:
            yield from _below((*part, ELEMENT), inside, depth + 1)
