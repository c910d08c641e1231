"""Does a schema allow a value? With the places of the keywords that do not.

The shapes of `schemas.reading` answer, so that every dialect, `$ref` and limit is treated as it is when two schemas
are compared. `format` is an annotation and refuses nothing. Keywords that shapes keep as a whole (`not`, `if`,
`patternProperties` …), and patterns that cannot be run, make an answer undecided.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tidegate.core.contracts.pact.matchers import shown
from tidegate.core.contracts.pact.paths import below
from tidegate.core.contracts.pact.scope import MOST_DEPTH
from tidegate.core.contracts.patterns import matches
from tidegate.core.contracts.schemas.reading import Reader
from tidegate.core.contracts.schemas.shape import NUMBERS, Schema, Shape, Type, type_of, value_texts
from tidegate.core.contracts.specification import Cursor, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Why a schema does not allow what stands at `path`; `undecided` where that cannot be told."""

    path: str
    reason: str
    at: Cursor
    undecided: bool = False


def named(types: frozenset[Type]) -> str:
    """Types as people call them."""
    names = {str(type_) for type_ in types} - ({"integer", "fraction"} if types >= NUMBERS else set())
    return " or ".join(sorted(names | ({"number"} if types >= NUMBERS else set())))


MEASURES: Final[dict[str, tuple[Callable[[Value], object], Type]]] = {
    "minimum": (lambda value: value, Type.INTEGER),
    "maximum": (lambda value: value, Type.INTEGER),
    "minLength": (lambda value: len(str(value)), Type.STRING),
    "maxLength": (lambda value: len(str(value)), Type.STRING),
    "minItems": (lambda value: len(value) if isinstance(value, list) else 0, Type.ARRAY),
    "maxItems": (lambda value: len(value) if isinstance(value, list) else 0, Type.ARRAY),
    "minProperties": (lambda value: len(value) if isinstance(value, dict) else 0, Type.OBJECT),
    "maxProperties": (lambda value: len(value) if isinstance(value, dict) else 0, Type.OBJECT),
}
"""What each limit measures, and of which type."""


def misfits(value: Value, schema: Schema, around: Cursor, reader: Reader, path: str = "$") -> list[Misfit]:
    """Why the value is not allowed; nothing where one alternative of the schema allows it."""
    if path.count(".") + path.count("[") > MOST_DEPTH:
        return [Misfit(path=path, reason="is nested too deeply to be compared", at=around, undecided=True)]
    shapes = reader.read(schema, around)
    tried = [list(shape_misfits(value, shape, reader, path)) for shape in shapes]
    if not tried:
        return [Misfit(path=path, reason="is not allowed at all", at=around)]
    undecided = (found for found in tried if all(misfit.undecided for misfit in found))
    return next(undecided, min(tried, key=len)) if [] not in tried else []


def shape_misfits(value: Value, shape: Shape, reader: Reader, path: str) -> Iterator[Misfit]:
    """Why one alternative of a schema does not allow the value."""
    if type_of(value) not in shape.types:
        reason = f"is {shown(value)}, not of type {named(shape.types)}"
        yield Misfit(path=path, reason=reason, at=shape.place("type"))
        return
    yield from _value(value, shape, path)
    yield from _limits(value, shape, path)
    if isinstance(value, dict):
        yield from _properties(value, shape, reader, path)
    if isinstance(value, list):
        yield from _elements(value, shape, reader, path)
    for word in sorted(shape.constraints):
        yield Misfit(
            path=path, reason=f"is under `{word}`, which is not judged", at=shape.place(word), undecided=True
        )


def _value(value: Value, shape: Shape, path: str) -> Iterator[Misfit]:
    if shape.values is not None and not value_texts([value]).keys() <= shape.values.keys():
        at = shape.place("enum" if "enum" in shape.where else "const")
        yield Misfit(path=path, reason=f"is {shown(value)}, which is not one of the values", at=at)
    for pattern in sorted(shape.words.get("pattern", ())) if isinstance(value, str) else ():
        answer = matches(pattern, str(value), whole=False)
        if not answer:
            reason = f"is {shown(value)}, not of the pattern {pattern}"
            yield Misfit(path=path, reason=reason, at=shape.place("pattern"), undecided=answer is None)


def _limits(value: Value, shape: Shape, path: str) -> Iterator[Misfit]:
    for word, (limit, open_) in shape.bounds.items():
        measure, type_ = MEASURES[word]
        if _measured(value, type_):
            found = Fraction(str(measure(value))) * (-1 if word.startswith("max") else 1)
            if found < limit or (open_ and found == limit):
                yield Misfit(path=path, reason=f"is {shown(value)}, beyond `{word}`", at=shape.place(word))
    for multiple in shape.multiples if _measured(value, Type.INTEGER) else ():
        if Fraction(str(value)) % multiple:
            reason = f"is {shown(value)}, not a multiple of {multiple}"
            yield Misfit(path=path, reason=reason, at=shape.place("multipleOf"))


def _measured(value: Value, type_: Type) -> bool:
    found = type_of(value)
    return found is type_ or (found is Type.FRACTION and type_ is Type.INTEGER)


def _properties(value: dict[str, Value], shape: Shape, reader: Reader, path: str) -> Iterator[Misfit]:
    for name in sorted(shape.required - value.keys()):
        yield Misfit(path=below(path, name), reason="is missing and required", at=shape.place("required"))
    for name, inside in value.items():
        schema = shape.properties.get(name, shape.others or ())
        yield from misfits(inside, schema, shape.at, reader, below(path, name))


def _elements(value: list[Value], shape: Shape, reader: Reader, path: str) -> Iterator[Misfit]:
    for at, inside in enumerate(value):
        schema = shape.prefix[at] if at < len(shape.prefix) else shape.items or ()
        yield from misfits(inside, schema, shape.at, reader, below(path, at))
