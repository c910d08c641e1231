"""From a place in a specification to the shapes of the schema there: `$ref`, `allOf`, `anyOf` and `oneOf` resolved.

`oneOf` is read as `anyOf`: alternatives are meant to exclude one another, and what keeps them apart is rarely
written down. Keywords beside a `$ref` count, except in OpenAPI 3.0 and Swagger 2. A schema that contains itself
by `allOf` adds nothing to itself, by `anyOf` no alternative. Everything that grows is limited; what is beyond a
limit, or no schema at all, is a doubt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, cast

from tidegate.core.contracts.schemas.known import Key, Known, key
from tidegate.core.contracts.schemas.shape import (
    ANY,
    NUMBERS,
    SCALARS,
    Bound,
    Schema,
    Shape,
    Type,
    value_texts,
)
from tidegate.core.contracts.schemas.site import Dialect, Flow, Site
from tidegate.core.contracts.specification import Cursor, Unresolved, Value
from tidegate.core.errors import Problem

MOST_ALTERNATIVES: Final = 256
MOST_NESTED: Final = 48
"""How often `$ref`, `allOf`, `anyOf` and `oneOf` may lead from one to the next within one schema."""

Shapes = tuple[Shape, ...]


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads schemas as one side of a site sees them; `doubts` gathers what it could not read."""

    site: Site
    known: Known
    doubts: list[Problem] = field(default_factory=list)

    def read(self, schema: Schema, around: Cursor) -> Shapes:
        """The alternatives of a schema; none where it allows nothing. `around` is where it might have stood."""
        shapes: Shapes = ()
        for n, cursor in enumerate(schema or (replace(around, value=True),)):
            read = self._read(cursor, ())
            shapes = self._product(shapes, read, cursor) if n else read
        return tuple(map(self._settled, shapes))

    def _read(self, cursor: Cursor, above: tuple[Key, ...]) -> Shapes:
        """The alternatives at one place. `above` are the places that led here."""
        if len(above) > MOST_NESTED:
            return self._doubt(cursor, f"schemas lead from one to the next more than {MOST_NESTED} times")
        if isinstance(cursor.value, bool) or not cursor:
            return (Shape(at=cursor),) if cursor.value is not False else ()
        if not isinstance(cursor.value, dict):
            return self._doubt(cursor, "a schema must be a mapping")
        return self._composed(cursor, (*above, key(cursor)))

    def _composed(self, cursor: Cursor, above: tuple[Key, ...]) -> Shapes:
        alone = self.site.dialect is Dialect.OPENAPI_30 and "$ref" in cursor.mapping
        shapes: Shapes = (Shape(at=cursor),) if alone else self._own(cursor)
        for part in self._conjuncts(cursor, alone=alone):
            if key(part) not in above:
                shapes = self._product(shapes, self._read(part, above), part)
        for word in () if alone else ("anyOf", "oneOf"):
            if word in cursor.mapping:
                shapes = self._product(shapes, self._alternatives(cursor.at(word), above), cursor)
        return shapes

    def _conjuncts(self, cursor: Cursor, *, alone: bool) -> Iterable[Cursor]:
        """What must hold besides a schema's own keywords."""
        target, end = cursor.hop(), cursor.resolved()
        if isinstance(end, Unresolved):
            self._doubt(cursor, f"'$ref: {end.ref}' {end.reason}")
        elif isinstance(target, Cursor) and target is not cursor:
            yield target
        if "allOf" in cursor.mapping and not alone:
            yield from cursor.at("allOf").elements()

    def _alternatives(self, group: Cursor, above: tuple[Key, ...]) -> Shapes:
        found: list[Shape] = []
        for member in group.elements():
            target = member.hop()
            if isinstance(target, Cursor) and key(target) in above:
                continue
            label = name_of(member)
            found += (replace(shape, label=(*label, *shape.label)) for shape in self._read(member, above))
        return self._limited(tuple(found), group)

    def _product(self, some: Shapes, others: Shapes, cursor: Cursor) -> Shapes:
        self.known.spend(len(some) * len(others) + sum(map(_weight, (*some, *others))))
        met = (one.meet(other) for one in some for other in others)
        return self._limited(tuple(shape for shape in met if shape), cursor)

    def _limited(self, shapes: Shapes, cursor: Cursor) -> Shapes:
        if len(shapes) > MOST_ALTERNATIVES:
            return self._doubt(cursor, f"more than {MOST_ALTERNATIVES} alternatives")
        return shapes

    def _doubt(self, cursor: Cursor, reason: str) -> Shapes:
        """Note what could not be read, and go on as if anything were allowed there."""
        self.doubts.append(doubt(cursor, reason, self.site.path))
        return (Shape(at=cursor),)

    def _settled(self, shape: Shape) -> Shape:
        """Where everything travels as text, a reader of any text reads every scalar."""
        free = not (shape.words or shape.values or {"minLength", "maxLength"} & shape.bounds.keys())
        if self.site.textual and free and Type.STRING in shape.types:
            return replace(shape, types=shape.types | SCALARS)
        return shape

    # -- one schema's own keywords ----------------------------------------------------------------------------

    def _own(self, cursor: Cursor) -> Shapes:
        """Large specifications lead to the same places over and over: each is read once."""
        place = (id(cursor.specification), *key(cursor), self.site.flow, self.site.dialect)
        if place not in self.known.read:
            mine, self.doubts = self.doubts, []
            self.known.read[place] = self._keywords(cursor), self.doubts
            self.doubts = mine
        shapes, doubts = self.known.read[place]
        self.doubts += doubts
        return cast(Shapes, shapes)

    def _keywords(self, cursor: Cursor) -> Shapes:
        fields = cursor.mapping
        self._check(cursor)
        self.known.spend(1 + sum(map(_size, fields.values())))
        properties = dict(_properties(cursor, HIDDEN[self.site.flow]))
        hidden = cursor.at("properties").mapping.keys() - properties.keys()
        shape = Shape(
            at=cursor,
            types=self._types(cursor),
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
        shape = self._nullable(shape, fields)
        settled = shape.only(shape.types)
        return (settled,) if settled else ()

    def _check(self, cursor: Cursor) -> None:
        for word, sort in SHAPES.items():
            if word in cursor.mapping and not isinstance(cursor.mapping[word], sort):
                self._doubt(cursor.at(word), f"'{word}' is not what it must be")
        for word in UNFOLLOWED & cursor.mapping.keys():
            self._doubt(cursor.at(word), f"'{word}' is not followed")
        if cursor.mapping.keys() >= {"contains", "unevaluatedItems"}:
            self._doubt(cursor, "'unevaluatedItems' beside 'contains' is not understood")

    def _types(self, cursor: Cursor) -> frozenset[Type]:
        stated = cursor.mapping.get("type")
        words = stated if isinstance(stated, list) else [] if stated is None else [stated]
        types: frozenset[Type] = frozenset()
        for word in words:
            known = TYPES.get(word) if isinstance(word, str) else None
            if known is None:
                self._doubt(cursor.at("type"), f"{word!a:.80} is no type")
            types |= known or ANY
        return types or ANY

    def _nullable(self, shape: Shape, fields: Mapping[str, Value]) -> Shape:
        """`nullable` of OpenAPI 3.0, also beside an `enum` without null: that is what its authors mean."""
        words = ("nullable", "x-nullable")
        if self.site.dialect is not Dialect.OPENAPI_30 or not any(fields.get(word) is True for word in words):
            return shape
        values = None if shape.values is None else {**shape.values, "null": Type.NULL}
        return replace(shape, types=shape.types | {Type.NULL}, values=values)


def doubt(cursor: Cursor, reason: str, path: str) -> Problem:
    """A problem of a specification that keeps its schemas from being compared."""
    at = f"{cursor.file}#{cursor.pointer}"
    return Problem(
        message=f"{path or 'schema'}: {reason} (at {at})", hint="until it is mended the answer is unknown"
    )


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


def name_of(member: Cursor) -> tuple[str, ...]:
    """What an alternative is called: by the last word of its `$ref`, or by its title."""
    ref = member.mapping.get("$ref")
    if isinstance(ref, str):
        return (ref.rstrip("/").rpartition("/")[2].partition("#")[0] or ref,)
    title = member.at("title").text
    return (title,) if title else ()


def _weight(shape: Shape) -> int:
    """How much work it is to merge a shape, in the unit of `known.WORK`."""
    return (len(shape.properties) + len(shape.required) + len(shape.values or ())) // 20


def _size(value: Value) -> int:
    return len(value) // 10 if isinstance(value, (list, dict)) else 0


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
