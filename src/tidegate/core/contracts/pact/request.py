"""Does an operation take the request that a consumer sends?

Compared are parameters of path, query, header and cookie, and the body: what is required must be there, and what is
there must be allowed by its schema. Matching rules of requests are not looked at: the example is what is sent. A
header that nobody declared is let pass; security is not seen.
"""

from collections.abc import Iterator
from typing import Final

from tidegate.core.contracts.openapi.view import Key, Media, Operation, Parameter, media_for
from tidegate.core.contracts.pact.bodies import EMPTY, Format, form_of, format_of, text_of
from tidegate.core.contracts.pact.fits import Misfit, misfits
from tidegate.core.contracts.pact.found import CheckRule, Gap
from tidegate.core.contracts.pact.model import Body, Request
from tidegate.core.contracts.pact.readers import MEDIA, SEPARATORS, Readers, split, typed
from tidegate.core.contracts.schemas.reading import Reader
from tidegate.core.contracts.schemas.shape import Schema
from tidegate.core.contracts.specification import Cursor, Value

HTTP_OWN: Final = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI does not let be parameters."""
JUDGED_STYLES: Final = frozenset({"simple", "form", *SEPARATORS})
"""Ways to write a parameter that are read here; matrix, label and deepObject are not."""


def untaken(
    request: Request, operation: Operation, bases: tuple[str, ...], readers: Readers
) -> Iterator[Gap]:
    """Why the operation, offered under one of `bases`, does not take the request."""
    sent = _sent(request, operation, bases)
    for key, parameter in operation.parameters.items():
        yield from _parameter(parameter, sent.get(key, ()), readers.text)
    for location, name in sent:
        if location == "query" and (location, name) not in operation.parameters:
            reason = "is not declared: the specification does not say what becomes of it"
            yield _gap(CheckRule.PARAMETER_NOT_DECLARED, f"query {name}", reason, operation.cursor)
    yield from _body(request.body, operation, readers)


def _gap(rule: CheckRule, path: str, reason: str, at: Cursor) -> Gap:
    return Gap(rule=rule, path=f"request {path}", reason=reason, at=at)


def _sent(request: Request, operation: Operation, bases: tuple[str, ...]) -> dict[Key, tuple[str, ...]]:
    """What is sent, by the keys of parameters."""
    tried = (operation.template.arguments(request.path.removeprefix(base)) for base in ("", *bases))
    arguments = next((found for found in tried if found is not None), ())
    cookies = (
        pair.partition("=") for value in request.headers.get("cookie", ()) for pair in value.split(";")
    )
    return {
        **{("path", str(at)): (value,) for at, value in enumerate(arguments, start=1)},
        **{("query", name): values for name, values in request.query.items()},
        **{("header", name): values for name, values in request.headers.items() if name != "cookie"},
        **{("cookie", name.strip()): (value,) for name, _, value in cookies},
    }


def _parameter(parameter: Parameter, values: tuple[str, ...], reader: Reader) -> Iterator[Gap]:
    path = f"{parameter.location} {parameter.name}"
    if parameter.content or parameter.style not in JUDGED_STYLES:
        reason = "is written in a style that is not read here" if values or parameter.required else ""
        yield from [_gap(CheckRule.NOT_COMPARED, path, reason, parameter.cursor)] if reason else []
    elif values:
        schema = (parameter.schema,) if parameter.schema else ()
        found = typed(split(values, parameter), schema, parameter.cursor, reader)
        yield from (_invalid(CheckRule.PARAMETER_INVALID, path, misfit) for misfit in found.misfits)
    elif parameter.required and parameter.key[1] not in HTTP_OWN:
        yield _gap(CheckRule.PARAMETER_MISSING, path, "is required and not sent", parameter.cursor)


def _invalid(rule: CheckRule, path: str, misfit: Misfit) -> Gap:
    where = f"{path}{misfit.path.removeprefix('$')}"
    return _gap(CheckRule.NOT_COMPARED if misfit.undecided else rule, where, misfit.reason, misfit.at)


def _body(body: Body | None, operation: Operation, readers: Readers) -> Iterator[Gap]:
    declared = operation.body
    if body is None or body.content in EMPTY:
        if declared and declared.required:
            yield _gap(CheckRule.REQUEST_BODY_MISSING, "body", "is required and not sent", declared.cursor)
    elif declared is None:
        reason = "is sent, and the specification does not say what becomes of it"
        yield _gap(CheckRule.REQUEST_BODY_NOT_DECLARED, "body", reason, operation.cursor)
    else:
        type_ = body.media or MEDIA[format_of(body)]
        media = media_for(declared.content, type_)
        if media is None:
            reason = f"is {type_}, where {' or '.join(declared.content) or 'nothing'} is taken"
            yield _gap(CheckRule.REQUEST_MEDIA_NOT_ACCEPTED, "body", reason, declared.cursor)
        else:
            yield from _content(body, media, readers)


def _content(body: Body, media: Media, readers: Readers) -> Iterator[Gap]:
    schema = (media.schema,) if media.schema else ()
    found: list[Misfit] = []
    match format_of(body):
        case Format.JSON if not isinstance(body.content, bytes):
            found = misfits(body.content, schema, media.schema, readers.body)
        case Format.FORM:
            found = misfits(_fields(body, schema, media, readers), schema, media.schema, readers.body)
        case Format.TEXT:
            found = misfits(text_of(body.content), schema, media.schema, readers.body)
        case _:
            reason = f"is {body.media}, which is not compared with a schema"
            unread = Misfit(path="$", reason=reason, at=media.schema, undecided=True)
            found = [unread] if schema else []
    yield from (_invalid(CheckRule.REQUEST_BODY_INVALID, "body $", misfit) for misfit in found)


def _fields(body: Body, schema: Schema, media: Media, readers: Readers) -> dict[str, Value]:
    """The fields of a form as the values that the schema means by them."""
    shapes = readers.body.read(schema, media.schema)
    known = {name: inside for shape in shapes for name, inside in shape.properties.items()}
    return {
        name: typed(values, known.get(name, ()), media.schema, readers.body).value
        for name, values in form_of(body.content).items()
    }
