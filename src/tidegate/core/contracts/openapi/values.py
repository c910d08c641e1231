"""Two versions of parameters or headers, which travel as text: who must send them, how they are written, what fits.

Whatever the style, one value is written like a list of one; so a parameter may become a list without harm to
those who send one value.
"""

from collections.abc import Callable, Mapping
from typing import Final

from tidegate.core.contracts.openapi.findings import Findings, Spot
from tidegate.core.contracts.openapi.roles import Carried
from tidegate.core.contracts.openapi.rules import Change
from tidegate.core.contracts.openapi.view import Key, Parameter, followed
from tidegate.core.contracts.specification import Cursor, Value

SCALARS: Final = frozenset({"string", "number", "integer", "boolean", "null"})
LISTS: Final = frozenset(
    {"type", "items", "maxItems", "uniqueItems", "title", "description", "example", "examples"}
)
"""What may be said of a list without refusing a list of one."""
FLAGS: Final = {
    ("deprecated", True): Change.DEPRECATED,
    ("deprecated", False): Change.REINSTATED,
    ("allowEmptyValue", True): Change.EMPTY_ALLOWED,
    ("allowEmptyValue", False): Change.EMPTY_REFUSED,
}
"""What it means that a flag is set, or no longer is."""


def compare_values(
    old: Mapping[Key, Parameter],
    new: Mapping[Key, Parameter],
    spot_of: Callable[[Key], Spot],
    carried: Carried,
) -> Findings:
    """What differs between the parameters, or the headers, of two versions."""
    for key in {**old, **new}:
        before, after, spot = old.get(key), new.get(key), spot_of(key)
        yield from spot.presence(before, after, carried.noun, carried.flow, carried.positions[key[0]])
        if before and after:
            yield from _flags(before, after, spot, carried)
            yield from _form(before, after, spot, carried)


def _flags(old: Parameter, new: Parameter, spot: Spot, carried: Carried) -> Findings:
    for word in ("deprecated", "allowEmptyValue"):
        was, is_ = old.cursor.at(word).value is True, new.cursor.at(word).value is True
        if was != is_:
            yield spot.difference(carried.noun, FLAGS[word, is_], carried.positions[new.location], new.cursor)


def _form(old: Parameter, new: Parameter, spot: Spot, carried: Carried) -> Findings:
    position = carried.positions[new.location]
    if old.content.keys() != new.content.keys():
        yield spot.difference(carried.noun, Change.FORM_CHANGED, position, new.cursor)
        return
    for type_ in new.content:
        before, after = old.content[type_].schema, new.content[type_].schema
        yield from spot.schemas(before, after, carried.flow, position, encoded=True)
    if not new.content:
        yield from _text(old, new, spot, carried)


def _text(old: Parameter, new: Parameter, spot: Spot, carried: Carried) -> Findings:
    position = carried.positions[new.location]
    if _written(old, new) != _written(new, old):
        yield spot.difference(carried.noun, Change.ENCODING_CHANGED, position, new.cursor)
    before, after = followed(old.schema), followed(new.schema)
    if _scalar(before) and _list_of_one(after):
        yield spot.difference(carried.noun, Change.LISTED, position, new.schema)
        yield from spot.schemas(old.schema, after.at("items"), carried.flow, position)
    elif _list_of_one(before) and _scalar(after):
        yield spot.difference(carried.noun, Change.UNLISTED, position, new.schema)
        yield from spot.schemas(before.at("items"), new.schema, carried.flow, position)
    else:
        yield from spot.schemas(old.schema, new.schema, carried.flow, position)


def _written(parameter: Parameter, other: Parameter) -> tuple[Value, ...]:
    """How a value is written; `explode` concerns what has parts, in both versions."""
    whole = _scalar(followed(parameter.schema)) or _scalar(followed(other.schema))
    return parameter.style, whole or parameter.explode, parameter.cursor.at("allowReserved").value is True


def _types(schema: Cursor) -> frozenset[str]:
    written = schema.at("type").value
    return frozenset(map(str, written if isinstance(written, list) else [written] if written else ()))


def _scalar(schema: Cursor) -> bool:
    types = _types(schema)
    return bool(types) and types <= SCALARS


def _list_of_one(schema: Cursor) -> bool:
    """Is it a list whose own words refuse no list of one value?"""
    listed = _types(schema) - {"null"} == {"array"} and schema.mapping.keys() <= LISTS
    return listed and schema.at("maxItems").value != 0
