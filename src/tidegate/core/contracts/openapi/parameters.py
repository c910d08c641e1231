"""The parameters of an operation under the keys by which two versions are compared."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from tidegate.core.contracts.openapi.grammar import Grammar, Source
from tidegate.core.contracts.openapi.view import Key, Parameter, followed
from tidegate.core.contracts.specification import Cursor

LOCATIONS: Final = ("path", "query", "header", "cookie")
PLAIN_OBJECT: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "title", "description", "example", "examples"}
)
"""What may be said of an object without saying anything about several of its properties at once."""


def read_parameters(source: Source, grammar: Grammar) -> dict[Key, Parameter]:
    """Parameters by place and name; those of the path by number, since a name in a template binds nobody."""
    declared = {key: grammar.parameter(source, key, cursor) for key, cursor in _keyed(source, grammar)}
    found = {each.key: each for parameter in declared.values() for each in _spread(parameter)}
    undeclared = (("path", str(i + 1)) for i in range(len(source.template.names)))
    return found | {key: _undeclared(source, key) for key in undeclared if key not in found}


def _keyed(source: Source, grammar: Grammar) -> Iterator[tuple[Key, Cursor]]:
    for cursor in source.parameters:
        location, name = cursor.at("in").text, cursor.at("name").text
        if location in LOCATIONS and name:
            yield (location, _NAMES.get(location, _as_written)(source, name)), cursor
        elif location not in grammar.elsewhere:
            source.doubts.add(
                cursor, "a parameter needs a `name` and an `in`", f"one of {', '.join(LOCATIONS)}"
            )


def _number(source: Source, name: str) -> str:
    names = source.template.names
    if name not in names:
        source.doubts.add(source.cursor, f"the path has no parameter '{name}'")
        return name
    return str(names.index(name) + 1)


def _lower(_source: Source, name: str) -> str:
    return name.lower()


def _as_written(_source: Source, name: str) -> str:
    return name


_NAMES: Final[Mapping[str, Callable[[Source, str], str]]] = {"path": _number, "header": _lower}
"""How names are compared: those of a path by number, those of headers without regard to case (RFC 9110, 5.1)."""


def _spread(parameter: Parameter) -> Iterator[Parameter]:
    """What is sent for a parameter: of an exploded object in `form` style, its properties and not its name."""
    schema = followed(parameter.schema)
    demanded = schema.at("required").value or []
    if not _spreads(parameter, schema) or (demanded and not parameter.required):
        yield parameter
        return
    for name, cursor in schema.at("properties").fields():
        required = isinstance(demanded, list) and name in demanded
        key = (parameter.location, name)
        yield replace(parameter, key=key, name=name, required=required, schema=cursor, cursor=cursor)


def _spreads(parameter: Parameter, schema: Cursor) -> bool:
    plain = schema.mapping.keys() <= PLAIN_OBJECT and not schema.at("additionalProperties").mapping
    written = parameter.style == "form" and parameter.explode
    return written and plain and bool(schema.at("properties").mapping)


def _undeclared(source: Source, key: Key) -> Parameter:
    """A parameter that only the template names: any value will do."""
    nothing = source.cursor.at("parameters", "")
    name = source.template.names[int(key[1]) - 1]
    return Parameter(
        key=key,
        name=name,
        required=True,
        schema=nothing,
        content={},
        style="simple",
        explode=False,
        cursor=nothing,
    )
