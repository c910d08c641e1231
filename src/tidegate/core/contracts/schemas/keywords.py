"""One schema's own keywords, as one side of a site sees them: the shape before anything is merged into it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from tidegate.core.contracts.schemas.shape import ANY, NUMBERS, Bound, Schema, Shape, Type, value_texts
from tidegate.core.contracts.schemas.site import Dialect, Flow, Site
from tidegate.core.contracts.specification import Cursor, Value

TYPES: Final[Mapping[str, frozenset[Type]]] = {
    **{word: frozenset({word}) for word in Type if word is not Type.FRACTION},
    "number": NUMBERS,
}
WORDS: Final = ("pattern", "format", "contentEncoding", "contentMediaType")
NOTES: Final = ("default", "deprecated", "discriminator", "x-extensible-enum")
UNFOLLOWED: Final = frozenset({"$dynamicRef", "$recursiveRef"})
EVERY_TEXT: Final = frozenset({"", ".*", "^", "$", "^.*", ".*$"})
"""Patterns that find something in every text."""

SHAPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "type": (str, list),
    "enum": list,
    "required": list,
    "properties": dict,
    "allOf": list,
    "anyOf": list,
    "oneOf": list,
    "patternProperties": dict,
    "items": (dict, list, bool),
    "additionalProperties": (dict, bool),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), (int, float)
    ),
}
"""What a keyword's value must be; what is something else was not meant as it stands."""

LOWER: Final[Mapping[str, str]] = {
    "minimum": "exclusiveMinimum",
    "minLength": "",
    "minItems": "",
    "minProperties": "",
}
UPPER: Final[Mapping[str, str]] = {
    "maximum": "exclusiveMaximum",
    "maxLength": "",
    "maxItems": "",
    "maxProperties": "",
}
"""Limits, and the keyword that excludes the limit itself: a flag in older drafts, a limit of its own in newer."""

COUNTS: Final = frozenset({"minLength", "minItems", "minProperties"})
"""Lower limits that say nothing while they are zero."""

CONSTRAINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "not": ("not",),
    "if": ("if", "then", "else"),
    "dependentSchemas": ("dependentSchemas",),
    "dependentRequired": ("dependentRequired",),
    "dependencies": ("dependencies",),
    "contains": ("contains", "minContains", "maxContains"),
    "propertyNames": ("propertyNames",),
    "patternProperties": ("patternProperties",),
    "contentSchema": ("contentSchema",),
}
"""Keywords that are compared as a whole, with those that mean nothing without them."""

HIDDEN: Final = {Flow.TO_PROVIDER: "readOnly", Flow.TO_CONSUMER: "writeOnly"}
"""Properties that are never written in this direction."""


def own_shape(cursor: Cursor, site: Site) -> Shape | None:
    """What a schema's own keywords allow; nothing if there is no such value."""
    fields = cursor.mapping
    properties = dict(_properties(cursor, HIDDEN[site.flow]))
    hidden = cursor.at("properties").mapping.keys() - properties.keys()
    shape = Shape(
        at=cursor,
        types=_types(fields),
        values=_values(fields),
        bounds=_bounds(fields),
        words={word: frozenset({text}) for word in WORDS if (text := _text(fields, word))},
        multiples=frozenset(map(_exact, filter(_positive, [fields.get("multipleOf")]))),
        properties=properties,
        required=frozenset(_texts(fields, "required")) - hidden,
        rest=_schema(cursor, "additionalProperties"),
        unevaluated=_schema(cursor, "unevaluatedProperties"),
        prefix=_prefix(cursor),
        items=_items(cursor),
        unevaluated_items=_schema(cursor, "unevaluatedItems"),
        constraints=_constraints(cursor),
        notes={word: fields[word] for word in NOTES if word in fields},
        where=dict.fromkeys(fields, cursor),
    )
    shape = _nullable(shape, fields) if site.dialect is Dialect.OPENAPI_30 else shape
    return shape.only(shape.types)


def weight(cursor: Cursor) -> int:
    """How much work it is to read a schema's own keywords, in the unit of `known.WORK`.

    Everything inside is given a pointer, so that long ones count.
    """
    inside = sum(len(value) for value in cursor.mapping.values() if isinstance(value, (list, dict)))
    return 1 + inside * (100 + len(cursor.pointer)) // 2000


def misspelt(cursor: Cursor) -> Iterator[tuple[Cursor, str]]:
    """Keywords that cannot be read, each with what is wrong."""
    for word, sort in SHAPES.items():
        if word in cursor.mapping and not isinstance(cursor.mapping[word], sort):
            yield cursor.at(word), f"'{word}' is not what it must be"
    for word in UNFOLLOWED & cursor.mapping.keys():
        yield cursor.at(word), f"'{word}' is not followed"
    for type_ in _type_words(cursor.mapping):
        if not isinstance(type_, str) or type_ not in TYPES:
            yield cursor.at("type"), f"{type_!a:.80} is no type"
    if cursor.mapping.keys() >= {"contains", "unevaluatedItems"}:
        yield cursor, "'unevaluatedItems' beside 'contains' is not understood"


def _type_words(fields: Mapping[str, Value]) -> list[Value]:
    stated = fields.get("type")
    return stated if isinstance(stated, list) else [] if stated is None else [stated]


def _types(fields: Mapping[str, Value]) -> frozenset[Type]:
    """The types that are stated; any where none is, or none that is known."""
    known = (TYPES.get(word, ANY) if isinstance(word, str) else ANY for word in _type_words(fields))
    return frozenset().union(*known) or ANY


def _nullable(shape: Shape, fields: Mapping[str, Value]) -> Shape:
    """`nullable` of OpenAPI 3.0, also beside an `enum` without null: that is what its authors mean."""
    if not any(fields.get(word) is True for word in ("nullable", "x-nullable")):
        return shape
    values = None if shape.values is None else {**shape.values, "null": Type.NULL}
    return replace(shape, types=shape.types | {Type.NULL}, values=values)


def _schema(cursor: Cursor, word: str) -> Schema | None:
    return (cursor.at(word),) if cursor.mapping.get(word) is not None else None


def _values(fields: Mapping[str, Value]) -> Mapping[str, Type] | None:
    enum = fields.get("enum")
    values = value_texts(enum) if isinstance(enum, list) else None
    if "const" not in fields:
        return values
    const = value_texts([fields["const"]])
    return const if values is None else {text: of for text, of in const.items() if text in values}


def _text(fields: Mapping[str, Value], word: str) -> str:
    """A text under a keyword, unless it says nothing."""
    text = fields.get(word)
    return text if isinstance(text, str) and not (word == "pattern" and text in EVERY_TEXT) else ""


def _texts(fields: Mapping[str, Value], word: str) -> Iterable[str]:
    listed = fields.get(word)
    return (it for it in listed if isinstance(it, str)) if isinstance(listed, list) else ()


def _number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _positive(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _exact(value: Value) -> Fraction:
    return Fraction(str(value))


def _bounds(fields: Mapping[str, Value]) -> Mapping[str, Bound]:
    bounds = {
        word: _bound(fields, word, twin, 1)
        for word, twin in LOWER.items()
        if word in fields or twin in fields
    }
    bounds |= {
        word: _bound(fields, word, twin, -1)
        for word, twin in UPPER.items()
        if word in fields or twin in fields
    }
    if fields.get("uniqueItems") is True:
        bounds["uniqueItems"] = (Fraction(1), False)
    return {word: bound for word, bound in bounds.items() if bound and (word not in COUNTS or bound[0] > 0)}


def _bound(fields: Mapping[str, Value], word: str, twin: str, sign: int) -> Bound | None:
    limit, other = fields.get(word), fields.get(twin)
    given = [(limit, other is True), (other, True)]
    return max(((sign * _exact(value), open_) for value, open_ in given if _number(value)), default=None)


def _properties(cursor: Cursor, hidden: str) -> Iterable[tuple[str, Schema]]:
    """The properties that are ever written in this direction."""
    if "properties" in cursor.mapping:
        yield from ((name, (at,)) for name, at in cursor.at("properties").fields() if not says(at, hidden))


def says(cursor: Cursor, word: str) -> bool:
    """Is a flag set here, or where the `$ref` here leads?"""
    if cursor.mapping.get(word) is True or "$ref" not in cursor.mapping:
        return cursor.mapping.get(word) is True
    target = cursor.resolved()
    return isinstance(target, Cursor) and target.mapping.get(word) is True


def _prefix(cursor: Cursor) -> tuple[Schema, ...]:
    """`prefixItems`, or `items` where older drafts list one schema for each element."""
    words = [word for word in ("prefixItems", "items") if isinstance(cursor.mapping.get(word), list)]
    return tuple((at,) for word in words for at in cursor.at(word).elements())


def _items(cursor: Cursor) -> Schema | None:
    tuples = isinstance(cursor.mapping.get("items"), list)
    return _schema(cursor, "additionalItems" if tuples else "items")


def _constraints(cursor: Cursor) -> Mapping[str, Schema]:
    fields = cursor.mapping
    return {
        word: (replace(cursor.at(word), value={it: fields[it] for it in words if it in fields}),)
        for word, words in CONSTRAINTS.items()
        if word in fields
    }
