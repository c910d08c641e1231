"""How OpenAPI 3.0 and 3.1 write parameters, bodies, responses and servers."""

import re
from collections.abc import Mapping
from typing import Final

from tidegate.core.contracts.openapi.grammar import Grammar, Source
from tidegate.core.contracts.openapi.view import Body, Content, Media, Parameter, Response, media_type
from tidegate.core.contracts.specification import Cursor

STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
"""How a value is written where nothing else is said."""

ORIGIN: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*")
VARIABLE: Final = re.compile(r"\{([^{}]*)\}")


def parameter(source: Source, key: tuple[str, str], cursor: Cursor) -> Parameter:
    """A parameter, or a header of a response, which is written alike."""
    style = cursor.at("style").text or STYLES[key[0]]
    return Parameter(
        key=key,
        name=cursor.at("name").text or key[1],
        required=source.doubts.flag(cursor.at("required")) or key[0] == "path",
        schema=cursor.at("schema"),
        content=content(source, cursor),
        style=style,
        explode=source.doubts.flag(cursor.at("explode"), default=style == "form"),
        cursor=cursor,
    )


def body(source: Source) -> Body | None:
    """The body of a request, where it has one."""
    declared = source.cursor.at("requestBody")
    if not declared:
        return None
    cursor = source.doubts.entry(declared, "`requestBody`")
    required = source.doubts.flag(cursor.at("required"))
    return Body(required=required, content=content(source, cursor), cursor=cursor)


def response(source: Source, status: str, cursor: Cursor) -> Response:
    """An answer with its headers; `Content-Type` is said by `content`."""
    declared = source.doubts.fields(cursor.at("headers"), "`headers`")
    keyed = ((("header", name.lower()), source.doubts.entry(header, "a header")) for name, header in declared)
    headers = {key: parameter(source, key, header) for key, header in keyed if key[1] != "content-type"}
    return Response(status=status, content=content(source, cursor), headers=headers, cursor=cursor)


def content(source: Source, cursor: Cursor) -> Content:
    """Media by content type."""
    found: dict[str, Media] = {}
    for written, declared in source.doubts.fields(cursor.at("content"), "`content`"):
        media, type_ = source.doubts.entry(declared, "a content type"), media_type(written)
        found[type_] = Media(type=type_, schema=media.at("schema"), encoding=media.at("encoding"))
    return found


def bases(root: Cursor) -> tuple[str, ...]:
    """The paths of the servers, variables at their defaults."""
    return tuple(filter(None, (_base(server) for server in root.at("servers").elements())))


def _base(server: Cursor) -> str:
    defaults: Mapping[str, Cursor] = dict(server.at("variables").fields())
    url = VARIABLE.sub(
        lambda found: defaults[found[1]].at("default").text if found[1] in defaults else "",
        server.at("url").text,
    )
    return ORIGIN.sub("", url, count=1).rstrip("/")


def _grammar(version: str, must_answer: bool) -> Grammar:
    return Grammar(
        version=version,
        schemes=("components", "securitySchemes"),
        elsewhere=frozenset(),
        must_answer=must_answer,
        bases=bases,
        parameter=parameter,
        body=body,
        response=response,
    )


GRAMMAR_30: Final = _grammar("3.0", must_answer=True)
GRAMMAR_31: Final = _grammar("3.1", must_answer=False)
