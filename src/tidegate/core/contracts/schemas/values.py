"""Values of any type, numbers and texts: each keyword of two shapes side by side.

A keyword counts only for the types that it speaks of and that both shapes allow: what a type itself makes of a
difference is told by the types.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from tidegate.core.contracts.schemas.found import Found, Next
from tidegate.core.contracts.schemas.known import canonical
from tidegate.core.contracts.schemas.shape import ANY, NUMBERS, Bound, Shape, Type, value_texts
from tidegate.core.contracts.schemas.words import listed, shown

NULL: Final = frozenset({Type.NULL})

# -- types ---------------------------------------------------------------------------------------------------


def compare_types(old: Shape, new: Shape) -> Next:
    """The types that values may have; null apart where there are others, since that is a question of its own."""
    before, after = old.types, new.types
    if ANY not in (before, after) and before - NULL and after - NULL:
        yield from _compare_null(old, new)
        before, after = before - NULL, after - NULL
    if before != after:
        rule = "type-narrowed" if after < before else "type-widened" if before < after else "type-changed"
        reason = f"the type was {_named(before)} and is {_named(after)}"
        yield Found(rule=rule, at=new.place("type"), reason=reason)


def _compare_null(old: Shape, new: Shape) -> Next:
    if Type.NULL in old.types - new.types:
        yield Found(rule="null-removed", at=new.place("type"), reason="null is not allowed any more")
    if Type.NULL in new.types - old.types:
        yield Found(rule="null-added", at=new.place("type"), reason="null is allowed now")


def _named(types: frozenset[Type]) -> str:
    if types >= ANY - NULL:
        return "anything"
    words = ["number" if of is Type.FRACTION else of.value for of in sorted(types)]
    return " or ".join(word for word in words if not (word == "integer" and Type.FRACTION in types))


# -- enumerated values ---------------------------------------------------------------------------------------


def compare_values(old: Shape, new: Shape) -> Next:
    """`enum` and `const`, of the types that both sides allow."""
    shared = old.types & new.types
    before, after = _allowed(old, shared), _allowed(new, shared)
    word = "const" if "const" in new.where else "enum"
    at = new.place(word)
    if before is None and after is not None:
        yield Found(rule="enum-added", at=at, reason=f"only {listed(list(after))} allowed now")
    elif before is not None and after is None:
        yield Found(
            rule="enum-removed", at=at, reason=f"was one of {listed(list(before))}, and may be more now"
        )
    elif before is not None and after is not None:
        yield from _compare_lists(old, new, before, after)


def _allowed(shape: Shape, shared: frozenset[Type]) -> Mapping[str, Type] | None:
    if shape.values is None:
        return None
    return {text: of for text, of in shape.values.items() if of in shared and of is not Type.NULL}


def _compare_lists(old: Shape, new: Shape, before: Mapping[str, Type], after: Mapping[str, Type]) -> Next:
    gone = [text for text in before if text not in after]
    come = [text for text in after if text not in before]
    if gone and come and "const" in old.where and "const" in new.where:
        reason = f"was always {listed(gone)} and is always {listed(come)}"
        yield Found(rule="const-changed", at=new.place("const"), reason=reason)
        return
    at = new.place("enum")
    if gone:
        yield Found(rule="enum-value-removed", at=at, reason=f"{listed(gone)} not allowed any more")
    if come:
        yield Found(rule="enum-value-added", at=at, reason=f"{listed(come)} allowed now")


EXTENSIBLE: Final = "x-extensible-enum"
"""Values known today, of which there may be more: so readers expect those that they do not know (Zalando's API
guidelines)."""


def compare_extensible(old: Shape, new: Shape) -> Next:
    """Values that a provider takes; what it writes may be anything already."""
    before, after = (shape.notes.get(EXTENSIBLE) for shape in (old, new))
    if isinstance(before, list) and isinstance(after, list):
        was, now = value_texts(before), value_texts(after)
        at = new.place(EXTENSIBLE)
        if gone := [text for text in was if text not in now]:
            yield Found(rule="extensible-value-removed", at=at, reason=f"{listed(gone)} not known any more")
        if come := [text for text in now if text not in was]:
            yield Found(rule="extensible-value-added", at=at, reason=f"{listed(come)} known now")


# -- limits --------------------------------------------------------------------------------------------------

LENGTHS: Final[Mapping[str, tuple[str, frozenset[Type]]]] = {
    "minimum": ("minimum", NUMBERS),
    "maximum": ("maximum", NUMBERS),
    "minLength": ("min-length", frozenset({Type.STRING})),
    "maxLength": ("max-length", frozenset({Type.STRING})),
    "minItems": ("min-items", frozenset({Type.ARRAY})),
    "maxItems": ("max-items", frozenset({Type.ARRAY})),
    "minProperties": ("min-properties", frozenset({Type.OBJECT})),
    "maxProperties": ("max-properties", frozenset({Type.OBJECT})),
}


def compare_bounds(old: Shape, new: Shape) -> Next:
    """Limits of numbers, lengths and counts."""
    for word, (name, types) in LENGTHS.items():
        before, after = old.bounds.get(word), new.bounds.get(word)
        if before == after or not old.types & new.types & types:
            continue
        tighter = before is None or (after is not None and after > before)
        upwards = tighter == word.startswith("min")
        sign = 1 if word.startswith("min") else -1
        reason = f"{word} was {_bound(before, sign)} and is {_bound(after, sign)}"
        yield Found(rule=f"{name}-{'raised' if upwards else 'lowered'}", at=new.place(word), reason=reason)


def _bound(bound: Bound | None, sign: int) -> str:
    if bound is None:
        return "not stated"
    limit, excluded = bound
    return f"{_shown(limit * sign)}{' (excluded)' if excluded else ''}"


def _shown(number: Fraction) -> str:
    return shown(str(number) if number.denominator == 1 else str(float(number)))


def compare_multiples(old: Shape, new: Shape) -> Next:
    """`multipleOf`, by whether every multiple of the one is a multiple of the other."""
    if not old.types & new.types & NUMBERS or old.multiples == new.multiples:
        return
    narrows, widens = _covers(new.multiples, old.multiples), _covers(old.multiples, new.multiples)
    if narrows and widens:
        return
    rule = "narrowed" if narrows else "widened" if widens else "changed"
    before, after = (
        listed(list(map(_shown, sorted(it)))) or "not stated" for it in (old.multiples, new.multiples)
    )
    reason = f"multipleOf was {before} and is {after}"
    yield Found(rule=f"multiple-of-{rule}", at=new.place("multipleOf"), reason=reason)


def _covers(some: frozenset[Fraction], others: frozenset[Fraction]) -> bool:
    """Is every number that is a multiple of all of `some` one of each of `others`?"""
    return all(any((one / other).denominator == 1 for one in some) for other in others)


# -- texts ---------------------------------------------------------------------------------------------------

TEXTS: Final[Mapping[str, str]] = {
    "pattern": "pattern",
    "format": "format",
    "contentEncoding": "content-encoding",
    "contentMediaType": "content-media-type",
}
WITHIN: Final = frozenset({("int32", "int64"), ("float", "double")})
"""Formats every value of which is one of the other as well."""


def compare_words(old: Shape, new: Shape) -> Next:
    """`pattern`, `format` and what a text holds: equal, there on one side only, or different."""
    for word, name in TEXTS.items():
        before, after = (shape.words.get(word, frozenset()) for shape in (old, new))
        if before == after or not old.types & new.types & (NUMBERS | {Type.STRING}):
            continue
        was, now = (listed(sorted(it)) or "not stated" for it in (before, after))
        rule = f"{name}-{_relation(before, after)}"
        yield Found(rule=rule, at=new.place(word), reason=f"{word} was {was} and is {now}")


def _relation(before: frozenset[str], after: frozenset[str]) -> str:
    if before < after:
        return "added"
    if after < before:
        return "removed"
    if len(before) == len(after) == 1:
        (was,), (now,) = before, after
        return "widened" if (was, now) in WITHIN else "narrowed" if (now, was) in WITHIN else "changed"
    return "changed"


# -- annotations ---------------------------------------------------------------------------------------------


def compare_default(old: Shape, new: Shape) -> Next:
    """What a value that was left out stands for."""
    was, now = ("default" in shape.notes for shape in (old, new))
    before, after = (canonical(shape.notes.get("default")) for shape in (old, new))
    if (was, before) == (now, after):
        return
    rule = "default-changed" if was and now else "default-added" if now else "default-removed"
    said = [shown(text) if there else "not stated" for there, text in ((was, before), (now, after))]
    reason = f"the default was {said[0]} and is {said[1]}"
    yield Found(rule=rule, at=new.place("default"), reason=reason)


def compare_deprecated(old: Shape, new: Shape) -> Next:
    """Whether it is announced that this will go."""
    was, now = (shape.notes.get("deprecated") is True for shape in (old, new))
    if was != now:
        rule, reason = DEPRECATION[now]
        yield Found(rule=rule, at=new.place("deprecated"), reason=reason)


DEPRECATION: Final = {
    True: ("deprecated", "is deprecated now"),
    False: ("deprecation-withdrawn", "is not deprecated any more"),
}
