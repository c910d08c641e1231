"""Does an operation answer as a consumer expects?

The status must be declared, the content type provided, every expected field promised (see `promises`). A header
that is not declared, or not required, may come or not: unknown; Swagger 2 cannot say that one is required, so
there a declared one counts. Headers that HTTP itself adds are let pass.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tidegate.core.contracts.openapi.view import Media, Operation, Parameter, media_for, response_for
from tidegate.core.contracts.openapi.view import Response as Declared
from tidegate.core.contracts.pact.bodies import EMPTY, Format, format_of, text_of
from tidegate.core.contracts.pact.found import CheckRule, Gap
from tidegate.core.contracts.pact.model import Body, Response
from tidegate.core.contracts.pact.promises import Promise, demands, unkept
from tidegate.core.contracts.pact.readers import MEDIA, Readers, typed
from tidegate.core.contracts.pact.scope import Scope, scope_of
from tidegate.core.contracts.specification import Cursor

HTTP_OWN: Final = frozenset(
    {"connection", "content-length", "content-type", "date", "server", "transfer-encoding"}
)
WITHOUT_REQUIRED: Final = "2.0"
"""The version in which no header can be said to be required."""


def unanswered(expected: Response, operation: Operation, version: str, readers: Readers) -> Iterator[Gap]:
    """What the consumer expects and the operation, of a document of `version`, does not promise."""
    declared = response_for(operation, str(expected.status)) if expected.status else None
    if declared:
        yield from _headers(expected, declared, version, readers)
        yield from _body(expected, declared, readers)
    elif expected.status:
        reason = f"{expected.status} is not declared"
        yield _gap(CheckRule.STATUS_NOT_DECLARED, "status", reason, operation.cursor.at("responses"))
    elif expected.headers or expected.body or expected.rules:
        reason = "is not said by the contract, so nobody can tell which answer it expects"
        yield _gap(CheckRule.NOT_COMPARED, "status", reason, operation.cursor)


def _gap(rule: CheckRule, path: str, reason: str, at: Cursor) -> Gap:
    return Gap(rule=rule, path=f"response {path}", reason=reason, at=at)


def _headers(expected: Response, declared: Declared, version: str, readers: Readers) -> Iterator[Gap]:
    scope = scope_of("header", expected.rules.get("header", ()), textual=True)
    for name, values in expected.headers.items():
        header = declared.headers.get(("header", name))
        if header:
            if not header.required and version != WITHOUT_REQUIRED:
                reason = "is declared and not required: the provider may leave it out"
                yield _gap(CheckRule.HEADER_OPTIONAL, f"header {name}", reason, header.cursor)
            yield from _header(values, header, scope.below(name), readers)
        elif name not in HTTP_OWN:
            yield _gap(CheckRule.HEADER_NOT_DECLARED, f"header {name}", "is not declared", declared.cursor)


def _header(values: tuple[str, ...], header: Parameter, scope: Scope, readers: Readers) -> Iterator[Gap]:
    schema = (header.schema,) if header.schema else ()
    if not scope.matchers:
        for misfit in typed(values, schema, header.cursor, readers.text).misfits:
            rule = CheckRule.NOT_COMPARED if misfit.undecided else CheckRule.VALUE_NOT_POSSIBLE
            yield _gap(rule, f"header {header.name}", misfit.reason, misfit.at)
        return
    for shape in readers.text.read(schema, header.cursor):
        found = demands(", ".join(values), shape, scope)
        yield from (replace(gap, path=f"response header {header.name}") for gap in found)


def _body(expected: Response, declared: Declared, readers: Readers) -> Iterator[Gap]:
    body, content = expected.body, declared.content
    if body is None:
        return
    if body.content in EMPTY:
        if content:
            yield _gap(
                CheckRule.RESPONSE_BODY_NOT_EXPECTED, "body", "is not expected, and comes", declared.cursor
            )
        return
    type_ = body.media or MEDIA[format_of(body)]
    media = media_for(content, type_)
    if media:
        yield from _content(body, media, expected, readers)
    elif content:
        reason = f"is expected as {type_}, and comes as {' or '.join(content)}"
        yield _gap(CheckRule.RESPONSE_MEDIA_NOT_PROVIDED, "body", reason, declared.cursor)
    else:
        yield _gap(CheckRule.RESPONSE_BODY_NOT_PROVIDED, "body", "is not provided", declared.cursor)


def _content(body: Body, media: Media, expected: Response, readers: Readers) -> Iterator[Gap]:
    scope = scope_of("body", expected.rules.get("body", ()))
    promise = Promise(schema=(media.schema,), around=media.schema, reader=readers.body)
    if not media.schema:
        yield _gap(CheckRule.NOT_DESCRIBED, "body $", "has no schema", media.schema)
    elif format_of(body) not in COMPARED or isinstance(body.content, bytes):
        yield _gap(
            CheckRule.NOT_COMPARED,
            "body $",
            f"is {media.type}, which is not compared with a schema",
            media.schema,
        )
    else:
        content = body.content if format_of(body) is Format.JSON else text_of(body.content)
        yield from (replace(gap, path=f"response body {gap.path}") for gap in unkept(content, promise, scope))


COMPARED: Final = (Format.JSON, Format.TEXT)
