"""What can only be compared for being there and being equal, and the discriminator of alternatives.

Whether one `not`, `if`, `contains` or pattern of names allows all that another does is not computed: equal ones
are equal, one that is there on one side only narrows that side, and of different ones nothing is known.
"""

from collections.abc import Mapping
from typing import Final

from tidegate.core.contracts.schemas.found import Found, Next
from tidegate.core.contracts.schemas.known import Known
from tidegate.core.contracts.schemas.shape import Schema, Shape, Type
from tidegate.core.contracts.schemas.words import listed
from tidegate.core.contracts.specification import Value

_OBJECT, _ARRAY, _STRING = (frozenset({of}) for of in (Type.OBJECT, Type.ARRAY, Type.STRING))

TYPES: Final[Mapping[str, frozenset[Type]]] = {
    "dependentSchemas": _OBJECT,
    "dependentRequired": _OBJECT,
    "dependencies": _OBJECT,
    "propertyNames": _OBJECT,
    "patternProperties": _OBJECT,
    "contains": _ARRAY,
    "contentSchema": _STRING,
}
"""The types that a constraint speaks of; of all where it is not listed."""

RULES: Final = {
    (True, True): ("constraint-added", "is new"),
    (True, False): ("constraint-removed", "is gone"),
    (False, True): ("constraint-changed", "is different"),
    (False, False): ("constraint-changed", "is gone, and what it allowed is subject to additionalProperties"),
}
"""By whether it is on one side only, and on the new one. Names that a pattern finds on the one side may be subject
to `additionalProperties` on the other."""


def compare_constraints(old: Shape, new: Shape, known: Known) -> Next:
    """Keywords as a whole."""
    for word in sorted(old.constraints.keys() | new.constraints.keys()):
        before, after = old.constraints.get(word, ()), new.constraints.get(word, ())
        if not old.types & new.types & TYPES.get(word, old.types) or _same(before, after, known):
            continue
        without = new if before else old
        decided = not (before and after) and not (word == "patternProperties" and without.others)
        rule, said = RULES[decided, bool(after)]
        yield Found(rule=rule, at=new.place(word), reason=f"'{word}' {said}")


def _same(before: Schema, after: Schema, known: Known) -> bool:
    return len(before) == len(after) and all(map(known.same, before, after))


# -- the discriminator ---------------------------------------------------------------------------------------


def compare_discriminator(old: Shape, new: Shape) -> Next:
    """The property that says which alternative a value is, and the names it has for them."""
    before, after = (shape.notes.get("discriminator") for shape in (old, new))
    at = new.place("discriminator")
    if isinstance(before, dict) and isinstance(after, dict):
        was, now = before.get("propertyName"), after.get("propertyName")
        if was != now:
            reason = f"the discriminator was {was!a:.60} and is {now!a:.60}"
            yield Found(rule="discriminator-changed", at=at, reason=reason)
        yield from _compare_mapping(_mapping(before), _mapping(after), new)
    elif before != after:
        added = before is None
        rule = "discriminator-added" if added else "discriminator-removed"
        yield Found(rule=rule, at=at, reason=f"the discriminator is {'new' if added else 'gone'}")


def _mapping(discriminator: Mapping[str, Value]) -> Mapping[str, str]:
    """Names and what they stand for, without those that stand for the schema of their own name."""
    mapping = discriminator.get("mapping")
    entries = mapping.items() if isinstance(mapping, dict) else ()
    return {name: str(to) for name, to in entries if str(to).rpartition("/")[2] != name}


def _compare_mapping(before: Mapping[str, str], after: Mapping[str, str], new: Shape) -> Next:
    at = new.place("discriminator")
    changed = [name for name in before if before[name] != after.get(name, before[name])]
    for rule, names, said in (
        ("removed", [name for name in before if name not in after], "stands for no alternative any more"),
        ("added", [name for name in after if name not in before], "stands for an alternative now"),
        ("changed", changed, "stands for another alternative now"),
    ):
        if names:
            yield Found(rule=f"discriminator-mapping-{rule}", at=at, reason=f"{listed(names)} {said}")
