"""How Swagger 2 writes what OpenAPI 3 calls parameters, bodies, responses and servers.

Parameters and headers hold the words of a schema themselves; a body is a parameter, or many (`formData`); content
types stand beside it, in `consumes` and `produces`, and are any where nobody says.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tidegate.core.contracts.openapi.grammar import Grammar, Source
from tidegate.core.contracts.openapi.view import (
    ANY_TYPE,
    Body,
    Content,
    Media,
    Parameter,
    Response,
    media_type,
)
from tidegate.core.contracts.specification import Cursor, Value

NOT_OF_SCHEMA: Final = frozenset({"name", "in", "required", "collectionFormat", "allowEmptyValue", "schema"})
FORMATS: Final = {
    "csv": (None, False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": (None, True),
}
"""Style (None: the usual one of the place) and `explode` of each `collectionFormat`."""
STYLES: Final = {"path": "simple", "query": "form", "header": "simple"}
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
FILE: Final[Value] = {"type": "string", "format": "binary"}


def parameter(source: Source, key: tuple[str, str], cursor: Cursor) -> Parameter:
    """A parameter, or a header of a response, which is written alike."""
    written = cursor.at("collectionFormat").text or "csv"
    if written not in FORMATS:
        source.doubts.add(cursor, f"`{written}` is no collectionFormat", f"one of {', '.join(FORMATS)}")
    style, explode = FORMATS.get(written, FORMATS["csv"])
    return Parameter(
        key=key,
        name=cursor.at("name").text or key[1],
        required=source.doubts.flag(cursor.at("required")) or key[0] == "path",
        schema=_schema(cursor),
        content={},
        style=style or STYLES.get(key[0], "form"),
        explode=explode,
        cursor=cursor,
    )


def _schema(cursor: Cursor) -> Cursor:
    """The schema that is mixed into a parameter."""
    if cursor.at("type").text == "file":
        return replace(cursor, value=FILE)
    return replace(
        cursor, value={word: value for word, value in cursor.mapping.items() if word not in NOT_OF_SCHEMA}
    )


def body(source: Source) -> Body | None:
    """The body parameter, or the form that all `formData` parameters make together."""
    for cursor in source.parameters:
        if cursor.at("in").text == "body":
            required = source.doubts.flag(cursor.at("required"))
            types = _types(source, "consumes", (ANY_TYPE,))
            return Body(required=required, content=_content(types, cursor.at("schema")), cursor=cursor)
    fields = {each.at("name").text: each for each in source.parameters if each.at("in").text == "formData"}
    return _form(source, fields) if fields else None


def _form(source: Source, fields: dict[str, Cursor]) -> Body:
    required: list[Value] = [name for name, each in fields.items() if source.doubts.flag(each.at("required"))]
    properties: dict[str, Value] = {name: _schema(each).value for name, each in fields.items()}
    schema: Value = {"type": "object", "properties": properties, "required": required}
    cursor = source.cursor.at("parameters")
    with_file = any(each.at("type").text == "file" for each in fields.values())
    types = _types(source, "consumes", (FORM_TYPES[with_file],))
    return Body(
        required=bool(required), content=_content(types, replace(cursor, value=schema)), cursor=cursor
    )


def response(source: Source, status: str, cursor: Cursor) -> Response:
    """An answer with its headers; it has a body where it has a schema."""
    declared = source.doubts.fields(cursor.at("headers"), "`headers`")
    keyed = ((("header", name.lower()), source.doubts.entry(header, "a header")) for name, header in declared)
    headers = {key: parameter(source, key, header) for key, header in keyed if key[1] != "content-type"}
    schema = cursor.at("schema")
    content = _content(_types(source, "produces", (ANY_TYPE,)), schema) if schema else {}
    return Response(status=status, content=content, headers=headers, cursor=cursor)


def _types(source: Source, word: str, default: tuple[str, ...]) -> Iterator[str]:
    declared = [each.text for each in source.doubts.elements(source.inherited(word), f"`{word}`")]
    return map(media_type, declared or default)


def _content(types: Iterator[str], schema: Cursor) -> Content:
    nothing = replace(schema, value=None)
    return {type_: Media(type=type_, schema=schema, encoding=nothing) for type_ in types}


def bases(root: Cursor) -> tuple[str, ...]:
    """The one path under which everything stands."""
    return tuple(filter(None, (root.at("basePath").text.rstrip("/"),)))


GRAMMAR: Final = Grammar(
    version="2.0",
    schemes=("securityDefinitions",),
    elsewhere=frozenset({"body", "formData"}),
    must_answer=True,
    bases=bases,
    parameter=parameter,
    body=body,
    response=response,
)
