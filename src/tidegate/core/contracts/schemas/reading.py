"""From a place in a specification to the shapes of the schema there: `$ref`, `allOf`, `anyOf` and `oneOf` resolved.

`oneOf` is read as `anyOf`: alternatives are meant to exclude one another, and what keeps them apart is rarely
written down. Keywords beside a `$ref` count, except in OpenAPI 3.0 and Swagger 2. A schema that contains itself
by `allOf` adds nothing to itself, by `anyOf` no alternative. Everything that grows is limited; what is beyond a
limit, or no schema at all, is a doubt.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, cast

from tidegate.core.contracts.schemas.keywords import misspelt, own_shape, weight
from tidegate.core.contracts.schemas.known import Key, Known, key
from tidegate.core.contracts.schemas.shape import SCALARS, Schema, Shape, Type
from tidegate.core.contracts.schemas.site import Dialect, Site
from tidegate.core.contracts.schemas.words import quoted, shown
from tidegate.core.contracts.specification import Cursor, Unresolved
from tidegate.core.errors import Problem

MOST_ALTERNATIVES: Final = 256
MOST_NESTED: Final = 48
"""How often `$ref`, `allOf`, `anyOf` and `oneOf` may lead from one to the next within one schema."""

Shapes = tuple[Shape, ...]


class _Beyond(Exception):  # noqa: N818 - never leaves this file
    """A schema is larger than is read."""

    def __init__(self, at: Cursor, reason: str) -> None:
        self.at = at
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads schemas as one side of a site sees them; `doubts` gathers what it could not read.

    `skipped` counts the places that were left out because they contain themselves.
    """

    site: Site
    known: Known
    doubts: list[Problem] = field(default_factory=list)
    skipped: int = 0

    def read(self, schema: Schema, around: Cursor) -> Shapes:
        """The alternatives of a schema; none where it allows nothing. `around` is where it might have stood."""
        try:
            shapes = self._all(schema or (replace(around, value=True),))
        except _Beyond as beyond:
            shapes = self._unread(beyond.at, beyond.reason)
        return tuple(map(self._settled, shapes))

    def _all(self, schema: Schema) -> Shapes:
        shapes = self._read(schema[0], ())
        for cursor in schema[1:]:
            shapes = self._product(shapes, self._read(cursor, ()), cursor)
        return shapes

    def _read(self, cursor: Cursor, above: tuple[Key, ...]) -> Shapes:
        """The alternatives at one place. `above` are the places that led here."""
        if len(above) > MOST_NESTED:
            raise _Beyond(cursor, f"schemas lead from one to the next more than {MOST_NESTED} times")
        if isinstance(cursor.value, bool) or not cursor:
            return (Shape(at=cursor),) if cursor.value is not False else ()
        if not isinstance(cursor.value, dict):
            return self._unread(cursor, "a schema must be a mapping")
        return self._remembered(cursor, above)

    def _remembered(self, cursor: Cursor, above: tuple[Key, ...]) -> Shapes:
        """Large specifications lead to the same places over and over: what does not depend on the way is kept."""
        place = (id(cursor.specification), *key(cursor), self.site.flow, self.site.dialect)
        if place in self.known.read:
            kept, doubts = self.known.read[place]
            self.doubts += doubts
            return cast(Shapes, kept)
        skipped, told = self.skipped, len(self.doubts)
        shapes = self._composed(cursor, (*above, key(cursor)))
        if self.skipped == skipped:
            self.known.read[place] = shapes, self.doubts[told:]
        return shapes

    def _composed(self, cursor: Cursor, above: tuple[Key, ...]) -> Shapes:
        alone = self.site.dialect is Dialect.OPENAPI_30 and "$ref" in cursor.mapping
        shapes: Shapes = (Shape(at=cursor),) if alone else self._own(cursor)
        for part in self._conjuncts(cursor, alone=alone):
            if key(part) in above:
                self.skipped += 1
            else:
                shapes = self._product(shapes, self._read(part, above), part)
        for word in () if alone else ("anyOf", "oneOf"):
            if word in cursor.mapping:
                shapes = self._product(shapes, self._alternatives(cursor.at(word), above), cursor)
        return shapes

    def _conjuncts(self, cursor: Cursor, *, alone: bool) -> Iterable[Cursor]:
        """What must hold besides a schema's own keywords."""
        target, end = cursor.hop(), cursor.resolved()
        if isinstance(end, Unresolved):
            self._unread(cursor, f"{quoted(f'$ref: {end.ref}')} {end.reason}")
        elif isinstance(target, Cursor) and target is not cursor:
            yield target
        if "allOf" in cursor.mapping and not alone:
            yield from cursor.at("allOf").elements()

    def _alternatives(self, group: Cursor, above: tuple[Key, ...]) -> Shapes:
        found: list[Shape] = []
        for member in group.elements():
            target = member.hop()
            if isinstance(target, Cursor) and key(target) in above:
                self.skipped += 1
                continue
            label = name_of(member)
            found += (replace(shape, label=(*label, *shape.label)) for shape in self._read(member, above))
        return _limited(tuple(found), group)

    def _product(self, some: Shapes, others: Shapes, cursor: Cursor) -> Shapes:
        self.known.spend(len(some) * len(others) + sum(map(_merging, (*some, *others))))
        met = (one.meet(other) for one in some for other in others)
        return _limited(tuple(shape for shape in met if shape), cursor)

    def _doubt(self, cursor: Cursor, reason: str) -> Shapes:
        """Note what could not be read, and go on as if anything were allowed there."""
        self.doubts.append(doubt(cursor, reason, self.site.path))
        return (Shape(at=cursor),)

    def _unread(self, cursor: Cursor, reason: str) -> Shapes:
        """The same of a whole schema: nothing is known of it."""
        shapes = self._doubt(cursor, reason)
        self.known.unread.add(self.doubts[-1])
        return shapes

    def _settled(self, shape: Shape) -> Shape:
        """Where everything travels as text, a reader of any text reads every scalar."""
        free = not (shape.words or shape.values or {"minLength", "maxLength"} & shape.bounds.keys())
        if self.site.textual and free and Type.STRING in shape.types:
            return replace(shape, types=shape.types | SCALARS)
        return shape

    def _own(self, cursor: Cursor) -> Shapes:
        for at, reason in misspelt(cursor):
            self._doubt(at, reason)
        self.known.spend(weight(cursor))
        shape = own_shape(cursor, self.site)
        return (shape,) if shape else ()


def _limited(shapes: Shapes, cursor: Cursor) -> Shapes:
    if len(shapes) > MOST_ALTERNATIVES:
        raise _Beyond(cursor, f"more than {MOST_ALTERNATIVES} alternatives")
    return shapes


def doubt(cursor: Cursor, reason: str, path: str) -> Problem:
    """A problem of a specification that keeps its schemas from being compared."""
    at = shown(f"{cursor.file}#{cursor.pointer}", 200)
    return Problem(
        message=f"{path or 'schema'}: {reason} (at {at})", hint="until it is mended the answer is unknown"
    )


def name_of(member: Cursor) -> tuple[str, ...]:
    """What an alternative is called: by the last word of its `$ref`, or by its title."""
    ref = member.mapping.get("$ref")
    if isinstance(ref, str):
        return (ref.rstrip("/").rpartition("/")[2].partition("#")[0] or ref,)
    title = member.at("title").text
    return (title,) if title else ()


def _merging(shape: Shape) -> int:
    """How much work it is to merge a shape, in the unit of `known.WORK`."""
    return (len(shape.properties) + len(shape.required) + len(shape.values or ())) // 20
