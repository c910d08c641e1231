"""Lists: their elements, those with a schema of their own place, and whether each may stand twice."""

from tidegate.core.contracts.schemas.found import Below, Found, Next
from tidegate.core.contracts.schemas.shape import Schema, Shape, Type
from tidegate.core.contracts.schemas.site import ELEMENT


def compare_arrays(old: Shape, new: Shape) -> Next:
    """Everything about lists, where both sides allow them."""
    if Type.ARRAY not in old.types & new.types:
        return
    yield from _compare_unique(old, new)
    for i in range(max(len(old.prefix), len(new.prefix))):
        yield Below(step=ELEMENT, old=_element(old, i), new=_element(new, i))
    yield Below(step=ELEMENT, old=old.other_items or (), new=new.other_items or ())


def _element(shape: Shape, position: int) -> Schema:
    return shape.prefix[position] if position < len(shape.prefix) else shape.other_items or ()


def _compare_unique(old: Shape, new: Shape) -> Next:
    was, now = ("uniqueItems" in shape.bounds for shape in (old, new))
    if was != now:
        rule = "unique-items-added" if now else "unique-items-removed"
        reason = f"elements must{' ' if now else ' not '}differ from one another{'' if now else ' any more'}"
        yield Found(rule=rule, at=new.place("uniqueItems"), reason=reason)
