"""Does a provider that keeps to a schema always answer as an example with matching rules demands?

Every field that the consumer expects must be described and required, and may not be null; what a matcher demands
must follow from the schema; an exact value must be possible. Where a schema has alternatives, those that the exact
values of the example rule out do not count; of the rest all must do, and if only some do, nobody can tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.contracts.pact.fits import misfits, named, shape_misfits
from tidegate.core.contracts.pact.found import CheckRule, Gap
from tidegate.core.contracts.pact.implied import SORT_TYPES, Demand, gaps
from tidegate.core.contracts.pact.matchers import KNOWN, sort_of
from tidegate.core.contracts.pact.scope import MOST_DEPTH, Scope
from tidegate.core.contracts.pact.values import ANY_NAMES, inner_rules
from tidegate.core.contracts.schemas.reading import Reader
from tidegate.core.contracts.schemas.shape import ANY, Schema, Shape, Type
from tidegate.core.contracts.specification import Cursor, Value

CONTAINERS: Final = (("properties", Type.OBJECT), ("items", Type.ARRAY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the provider promises at one place: a schema, and `around`, where it might have stood."""

    schema: Schema
    around: Cursor
    reader: Reader

    def within(self, schema: Schema, shape: Shape) -> "Promise":
        """What is promised of a field or an element."""
        return replace(self, schema=schema, around=shape.at)


def unkept(expected: Value, promise: Promise, scope: Scope) -> list[Gap]:
    """What the consumer expects and nobody promises."""
    at = promise.around
    if scope.depth > MOST_DEPTH:
        return [_gap(CheckRule.NOT_COMPARED, "is nested too deeply", at, scope)]
    shapes = promise.reader.read(promise.schema, at)
    if not shapes:
        return [_gap(CheckRule.VALUE_NOT_POSSIBLE, "can never come: the schema allows nothing", at, scope)]
    if any(_silent(shape) for shape in shapes):
        return [_gap(CheckRule.NOT_DESCRIBED, "is not described: the schema allows anything", at, scope)]
    return [*_null(expected, shapes, scope), *_alternatives(expected, shapes, promise, scope)]


def _gap(rule: CheckRule, reason: str, at: Cursor, scope: Scope) -> Gap:
    return Gap(rule=rule, path=scope.path, reason=reason, at=at)


def _silent(shape: Shape) -> bool:
    """A schema that says nothing about what comes."""
    inside = (shape.properties, shape.items, shape.prefix, shape.constraints)
    return shape.types >= ANY and not any((shape.values, shape.bounds, shape.words, *inside))


def _null(expected: Value, shapes: tuple[Shape, ...], scope: Scope) -> Iterator[Gap]:
    """An alternative of null, which a consumer must have said that it takes."""
    taken = expected is None or (scope.best and scope.best.any_of and scope.has("null"))
    nullable = next((shape for shape in shapes if Type.NULL in _types(shape)), None)
    if nullable and not taken:
        reason = "may be null, which the consumer does not take"
        yield _gap(CheckRule.FIELD_NULLABLE, reason, nullable.place("type"), scope)


def _types(shape: Shape) -> frozenset[Type]:
    """The types of a shape; one that only speaks of properties, or of items, means objects, or lists."""
    if shape.types >= ANY:
        meant = frozenset(type_ for word, type_ in CONTAINERS if getattr(shape, word))
        return meant or shape.types
    return shape.types


def _alternatives(expected: Value, shapes: tuple[Shape, ...], promise: Promise, scope: Scope) -> list[Gap]:
    some = [left for shape in shapes if (left := _without_null(expected, shape))]
    open_ = [shape for shape in some if not _ruled_out(expected, shape, promise, scope)] or some
    found = [list(_kept_by(expected, shape, promise, scope)) for shape in open_]
    if not any(found):
        return []
    if not isinstance(expected, (dict, list)):
        return _single_of(found, scope)
    if all(found):
        return min(found, key=_severity)
    reason = f"is as expected in {found.count([])} of {len(found)} alternatives: {max(found, key=_severity)[0].reason}"
    return [_gap(CheckRule.ALTERNATIVES, reason, promise.around, scope)]


def _single_of(found: list[list[Gap]], scope: Scope) -> list[Gap]:
    """Of a single value any alternative may come; an exact one must be possible in one of them."""
    exact = not scope.best or scope.has("equality")
    return (min if exact else max)(found, key=_severity)


def _severity(gaps: list[Gap]) -> tuple[bool, int]:
    """What breaks is worse than what nobody can tell."""
    return any(gap.breaks for gap in gaps), len(gaps)


def _without_null(expected: Value, shape: Shape) -> Shape | None:
    types = _types(shape)
    return shape.only(types if expected is None else types - {Type.NULL})


def _ruled_out(expected: Value, shape: Shape, promise: Promise, scope: Scope) -> bool:
    """Whether an exact value of the example, such as that of a discriminator, is impossible in the alternative."""
    if not isinstance(expected, dict):
        return False
    exact = ((n, v) for n, v in expected.items() if n in shape.properties and not scope.below(n).matchers)
    scalars = ((n, v) for n, v in exact if not isinstance(v, (dict, list)))
    return any(misfits(v, shape.properties[n], shape.at, promise.reader) for n, v in scalars)


def _kept_by(expected: Value, shape: Shape, promise: Promise, scope: Scope) -> Iterator[Gap]:
    """What one alternative does not promise."""
    if isinstance(expected, (dict, list)) and not shape.types & SORT_TYPES[sort_of(expected)]:
        reason = f"is {named(_types(shape))}, not {sort_of(expected)}"
        yield _gap(CheckRule.TYPE, reason, shape.place("type"), scope)
    elif scope.has("arrayContains") or not {m.name for m in scope.matchers} <= KNOWN:
        yield from demands(expected, shape, scope)
    elif isinstance(expected, dict):
        yield from (_any_names if scope.has(*ANY_NAMES) else _names)(expected, shape, promise, scope)
    elif isinstance(expected, list):
        yield from _elements(expected, shape, promise, scope)
    else:
        yield from _single(expected, shape, promise, scope)


def _names(expected: dict[str, Value], shape: Shape, promise: Promise, scope: Scope) -> Iterator[Gap]:
    for name, value in expected.items():
        inside, schema = scope.below(name), shape.properties.get(name, shape.others)
        if "patternProperties" in shape.constraints and name not in shape.properties:
            reason = "may be described by `patternProperties`, which are not judged"
            yield _gap(CheckRule.NOT_COMPARED, reason, shape.place("patternProperties"), inside)
        elif not _described(schema):
            yield _gap(CheckRule.FIELD_NOT_PROVIDED, "is not provided", shape.place("properties"), inside)
        else:
            if name not in shape.required:
                reason = "is optional: the provider may leave it out"
                yield _gap(CheckRule.FIELD_OPTIONAL, reason, _at(schema, shape), inside)
            yield from unkept(value, promise.within(schema or (), shape), inside)


def _described(schema: Schema | None) -> bool:
    """Whether a field is spoken of: by more than that others may come along, or may not."""
    return bool(schema) and any(cursor.value not in (True, False, {}) for cursor in schema or ())


def _at(schema: Schema | None, shape: Shape) -> Cursor:
    return next(iter(schema or ()), shape.at)


def _any_names(expected: dict[str, Value], shape: Shape, promise: Promise, scope: Scope) -> Iterator[Gap]:
    """Names may be any: every described field must be as the example's values are."""
    keys = inner_rules(scope, "eachKey")
    if any(matcher.name != "type" for matcher in keys):
        reason = "has names under rules of eachKey, which are not judged"
        yield _gap(CheckRule.MATCHER_NOT_IMPLIED, reason, shape.at, scope)
    schemas = [*shape.properties.values(), *([shape.others] if _described(shape.others) else [])]
    if not schemas:
        yield _gap(CheckRule.NOT_DESCRIBED, "has fields that are not described", shape.at, scope)
    values = inner_rules(scope, "eachValue")
    for name, value in list(expected.items())[:1]:
        for schema in schemas:
            inside = scope.below(name).under(values)
            yield from unkept(value, promise.within(schema or (), shape), inside)


def _elements(expected: list[Value], shape: Shape, promise: Promise, scope: Scope) -> Iterator[Gap]:
    values = inner_rules(scope, "eachValue")
    for at, value in enumerate(expected):
        schema = shape.prefix[at] if at < len(shape.prefix) else shape.items or ()
        yield from unkept(value, promise.within(schema, shape), scope.below(at).under(values))


def _single(expected: Value, shape: Shape, promise: Promise, scope: Scope) -> Iterator[Gap]:
    """A single value: what its matchers demand, or that the exact value is possible."""
    if scope.best and not scope.has("equality"):
        yield from demands(expected, shape, scope)
    else:
        for misfit in shape_misfits(expected, shape, promise.reader, scope.path):
            rule = CheckRule.NOT_COMPARED if misfit.undecided else CheckRule.VALUE_NOT_POSSIBLE
            yield Gap(rule=rule, path=misfit.path, reason=misfit.reason, at=misfit.at)


def demands(expected: Value, shape: Shape, scope: Scope) -> Iterator[Gap]:
    """What the matchers that hold here demand and an alternative does not imply."""
    found = [
        list(gaps(Demand(matcher=m, expected=expected, shape=shape, path=scope.path, textual=scope.textual)))
        for m in scope.matchers
    ]
    if not (scope.best and scope.best.any_of):
        yield from (gap for each in found for gap in each)
    elif all(found):
        reason = f"is not sure to meet any of its matchers: {found[0][0].reason}"
        yield _gap(CheckRule.MATCHER_NOT_IMPLIED, reason, found[0][0].at, scope)
