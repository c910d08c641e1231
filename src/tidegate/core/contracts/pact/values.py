"""JSON bodies: an actual value against an example under matching rules.

Objects must have every expected name, and in requests no other; lists must be of equal length. A matcher of type
lets a list be of any length and compares each element with the example's (its first, where there are more);
`values`, `eachKey` and `eachValue` let the names of an object be any.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from tidegate.core.contracts.pact.matchers import (
    Miss,
    Question,
    ask,
    ask_all,
    equals,
    one_of,
    shown,
    sort_of,
)
from tidegate.core.contracts.pact.model import Content, Matcher
from tidegate.core.contracts.pact.rules import matcher_of, nested_rules
from tidegate.core.contracts.pact.scope import MOST_DEPTH, Mismatch, Scope
from tidegate.core.contracts.specification import Value

ANY_LENGTH: Final = ("type", "values", "eachValue", "notEmpty")
ANY_NAMES: Final = ("values", "eachKey", "eachValue")
INWARD: Final = frozenset(
    {"equality", "regex", "include", "integer", "decimal", "number", "boolean", "null", "semver"}
)
"""Matchers of single values: of a list or an object they mean what is inside."""
ANY_VALUES: Final = ("values", "eachValue")
MOST_TRIED: Final = 10_000


def compare_values(expected: Content, actual: Content, scope: Scope) -> Iterator[Mismatch]:
    """How the actual value is not as expected."""
    if scope.depth > MOST_DEPTH:
        yield scope.mismatch(f"is nested more than {MOST_DEPTH} deep and is not compared", undecided=True)
        return
    misses = list(judged(expected, actual, scope))
    yield from (scope.mismatch(miss.reason, undecided=miss.undecided) for miss in misses)
    if not misses:
        yield from _inside(expected, actual, scope)


def judged(expected: Content, actual: Content, scope: Scope) -> Iterable[Miss]:
    """What the rule that holds here has against the value, without looking inside it."""
    containers = isinstance(expected, (dict, list)) and sort_of(expected) == sort_of(actual)
    question = Question(
        matcher=Matcher(name="equality"),
        expected=expected,
        actual=actual,
        textual=scope.textual,
        cascaded=scope.cascaded,
    )
    asked = [m for m in scope.matchers if not (containers and m.name in INWARD)]
    if scope.best and scope.best.any_of:
        return one_of([ask(replace(question, matcher=matcher)) for matcher in asked] or [None])
    if scope.best or containers:
        return ask_all(asked, question)
    return filter(None, [equals(question)])


def _inside(expected: Content, actual: Content, scope: Scope) -> Iterator[Mismatch]:
    if isinstance(actual, list) and scope.has("arrayContains"):
        yield from _variants(expected, actual, scope)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        yield from (_any_names if scope.has(*ANY_NAMES) else _names)(expected, actual, scope)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _elements(expected, actual, scope)


def _names(expected: dict[str, Value], actual: dict[str, Value], scope: Scope) -> Iterator[Mismatch]:
    for name, value in expected.items():
        if name in actual:
            yield from compare_values(value, actual[name], scope.below(name))
        else:
            yield scope.below(name).mismatch("is missing")
    if scope.strict:
        yield from (scope.below(name).mismatch("is not expected") for name in actual if name not in expected)


def _any_names(expected: dict[str, Value], actual: dict[str, Value], scope: Scope) -> Iterator[Mismatch]:
    example = next(iter(expected.values()), None)
    keys, values = inner_rules(scope, "eachKey"), inner_rules(scope, "eachValue")
    for name, value in actual.items():
        inside = scope.below(name)
        if keys:
            yield from compare_values(name, name, inside.under(keys))
        if expected and (name in expected or scope.has(*ANY_VALUES)):
            yield from compare_values(expected.get(name, example), value, inside.under(values))


def inner_rules(scope: Scope, name: str) -> tuple[Matcher, ...]:
    """The matchers that `eachKey` or `eachValue` carries for every key or value."""
    found = (matcher.arguments.get("rules") for matcher in scope.matchers if matcher.name == name)
    return tuple(
        matcher_of(rule) for rules in found for rule in (rules if isinstance(rules, list) else [None])
    )


def _elements(expected: list[Value], actual: list[Value], scope: Scope) -> Iterator[Mismatch]:
    loose = scope.has(*ANY_LENGTH)
    if not loose and len(expected) != len(actual):
        yield scope.mismatch(f"has {len(actual)} elements, not {len(expected)}")
    values = inner_rules(scope, "eachValue")
    for at, value in enumerate(actual if expected else []):
        if at < len(expected) or loose:
            example = expected[at] if at < len(expected) else expected[0]
            yield from compare_values(example, value, scope.below(at).under(values))


def _variants(expected: Content, actual: list[Value], scope: Scope) -> Iterator[Mismatch]:
    """Each variant of `arrayContains` is an example with rules, which some element must match."""
    found = [
        matcher.arguments.get("variants") for matcher in scope.matchers if matcher.name == "arrayContains"
    ]
    variants = [variant for many in found for variant in (many if isinstance(many, list) else [None])]
    if len(variants) * len(actual) > MOST_TRIED:
        yield scope.mismatch("has too many elements and variants to compare", undecided=True)
        return
    for variant in variants:
        yield from _variant(variant, expected, actual, scope)


def _variant(variant: Value, expected: Content, actual: list[Value], scope: Scope) -> Iterator[Mismatch]:
    entry = variant if isinstance(variant, dict) else {}
    examples, index = expected if isinstance(expected, list) else [], entry.get("index")
    rules = nested_rules(entry.get("rules"))
    if not isinstance(index, int) or not 0 <= index < len(examples) or rules is None:
        yield scope.mismatch("is under a variant of arrayContains that cannot be read", undecided=True)
        return
    tried = [list(compare_values(examples[index], v, scope.anew(rules))) for v in actual]
    if [] not in tried:
        undecided = any(all(mismatch.undecided for mismatch in found) for found in tried)
        yield scope.mismatch(f"contains nothing like {shown(examples[index])}", undecided=undecided)
