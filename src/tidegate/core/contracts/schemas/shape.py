"""What one schema allows, keyword by keyword, once everything that must hold together is put together.

`Schema` is a list of places whose schemas must all hold; that is how `allOf`, a `$ref` with keywords beside it,
and a property named by several of them are merged without writing a new schema. A `Shape` is one alternative
of it; `anyOf` and `oneOf` make several, and a schema that nothing fulfils has none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from itertools import zip_longest
from typing import Final, TypeVar

from tidegate.core.contracts.schemas.known import Key, canonical, key
from tidegate.core.contracts.specification import Cursor, Value

T = TypeVar("T")

Schema = tuple[Cursor, ...]
"""Places whose schemas must all hold; none at all allows everything."""

Bound = tuple[Fraction, bool]
"""A limit, and whether it is itself excluded: the greater the tighter, so upper limits are negated."""


class Type(StrEnum):
    """The types of JSON values; numbers are split so that `integer` lies inside `number`."""

    NULL = "null"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FRACTION = "fraction"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"
    FILE = "file"
    """Of Swagger 2 only."""


ANY: Final = frozenset(Type) - {Type.FILE}
NUMBERS: Final = frozenset({Type.INTEGER, Type.FRACTION})
SCALARS: Final = NUMBERS | {Type.BOOLEAN}


def type_of(value: Value) -> Type:
    """The type of a JSON value."""
    if isinstance(value, float):
        return Type.INTEGER if value.is_integer() else Type.FRACTION
    return _TYPES[type(value)]


_TYPES: Final[Mapping[type, Type]] = {
    type(None): Type.NULL,
    bool: Type.BOOLEAN,
    int: Type.INTEGER,
    str: Type.STRING,
    list: Type.ARRAY,
    dict: Type.OBJECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One alternative of a schema.

    `where` says which schema a keyword stands in, `label` by what names alternatives were chosen. `rest` holds for
    properties, and `items` for elements, that have no schema of their own; nothing means that they are not
    spoken of. `constraints` are keywords that are compared as a whole.
    """

    at: Cursor
    label: tuple[str, ...] = ()
    types: frozenset[Type] = ANY
    values: Mapping[str, Type] | None = None
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    multiples: frozenset[Fraction] = frozenset()
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    rest: Schema | None = None
    unevaluated: Schema | None = None
    prefix: tuple[Schema, ...] = ()
    items: Schema | None = None
    unevaluated_items: Schema | None = None
    constraints: Mapping[str, Schema] = field(default_factory=dict)
    notes: Mapping[str, Value] = field(default_factory=dict)
    where: Mapping[str, Cursor] = field(default_factory=dict)

    @property
    def others(self) -> Schema | None:
        """What holds for properties that are not listed."""
        return self.rest if self.rest is not None else self.unevaluated

    @property
    def other_items(self) -> Schema | None:
        """What holds for elements that have no schema of their own place."""
        return self.items if self.items is not None else self.unevaluated_items

    def place(self, keyword: str) -> Cursor:
        """Where a keyword stands, or the schema that might have it."""
        at = self.where.get(keyword)
        return at.at(keyword) if at else self.at

    def only(self, types: frozenset[Type]) -> "Shape | None":
        """This shape without values of other types; nothing if that leaves none."""
        left = self.types & types
        if self.values is None:
            return replace(self, types=left) if left else None
        values = {text: of for text, of in self.values.items() if of in left}
        return replace(self, types=left & frozenset(values.values()), values=values) if values else None

    def meet(self, other: "Shape") -> "Shape | None":
        """What both allow; nothing if there is no such value."""
        met = replace(
            self,
            label=self.label + other.label,
            types=self.types & other.types,
            values=_both_values(self.values, other.values),
            bounds=_merged(self.bounds, other.bounds, max),
            words=_merged(self.words, other.words, frozenset.union),
            multiples=self.multiples | other.multiples,
            properties=_both_properties(self, other),
            required=self.required | other.required,
            rest=_all_of(self.rest, other.rest),
            unevaluated=_all_of(self.unevaluated, other.unevaluated),
            prefix=_both_prefixes(self, other),
            items=_all_of(self.items, other.items),
            unevaluated_items=_all_of(self.unevaluated_items, other.unevaluated_items),
            constraints=_merged(self.constraints, other.constraints, both),
            notes={**other.notes, **self.notes},
            where={**other.where, **self.where},
        )
        return met.only(ANY | {Type.FILE})


def both(one: Schema, other: Schema) -> Schema:
    """All places of two schemas, each once."""
    places: dict[Key, Cursor] = {key(cursor): cursor for cursor in (*one, *other)}
    return tuple(places.values())


def _all_of(one: Schema | None, other: Schema | None) -> Schema | None:
    if one is None or other is None:
        return other if one is None else one
    return both(one, other)


def _merged(one: Mapping[str, T], other: Mapping[str, T], merge: Callable[[T, T], T]) -> Mapping[str, T]:
    """Both mappings, merging what they share."""
    shared = {name: merge(one[name], other[name]) for name in one if name in other}
    return {**one, **other, **shared}


def _both_values(
    one: Mapping[str, Type] | None, other: Mapping[str, Type] | None
) -> Mapping[str, Type] | None:
    if one is None or other is None:
        return other if one is None else one
    return {text: of for text, of in one.items() if text in other}


def _both_properties(one: Shape, other: Shape) -> Mapping[str, Schema]:
    """A property that only one of them lists is one of the `rest` to the other."""
    names = dict.fromkeys((*one.properties, *other.properties))
    return {
        name: both(one.properties.get(name, one.rest or ()), other.properties.get(name, other.rest or ()))
        for name in names
    }


def _both_prefixes(one: Shape, other: Shape) -> tuple[Schema, ...]:
    pairs: Iterable[tuple[Schema | None, Schema | None]] = zip_longest(one.prefix, other.prefix)
    return tuple(
        both(
            first if first is not None else one.items or (),
            second if second is not None else other.items or (),
        )
        for first, second in pairs
    )


def value_texts(values: Iterable[Value]) -> Mapping[str, Type]:
    """Values by their canonical text, in the order written."""
    return {canonical(_whole(value)): type_of(value) for value in values}


def _whole(value: Value) -> Value:
    """JSON knows one sort of number: 1.0 is 1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
