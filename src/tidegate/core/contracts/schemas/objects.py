"""Objects: which properties there are, who must write them, and what happens to those that are not listed.

Two questions are asked of a property that one side does not list. Does a reader miss it? And is a reader closed
to it, or has it a schema for properties that it does not list? See `rules` for what open content means.
"""

from typing import Final

from tidegate.core.contracts.schemas.found import Below, Found, Next
from tidegate.core.contracts.schemas.shape import Schema, Shape, Type
from tidegate.core.contracts.schemas.site import ENTRY
from tidegate.core.contracts.schemas.words import quoted
from tidegate.core.contracts.specification import Cursor

PATTERNS: Final = "patternProperties"
"""Whether a pattern finds a name is not computed: expressions can take for ever."""


def compare_objects(old: Shape, new: Shape) -> Next:
    """Everything about objects, where both sides allow them."""
    if Type.OBJECT not in old.types & new.types:
        return
    for name in dict.fromkeys((*old.properties, *new.properties)):
        if name in old.properties and name in new.properties:
            yield from _kept(old, new, name)
        elif name in new.properties:
            yield from _added(old, new, name)
        else:
            yield from _removed(old, new, name)
    yield from _required_unlisted(old, new)
    yield from _compare_others(old, new)


# -- one property --------------------------------------------------------------------------------------------


def _kept(old: Shape, new: Shape, name: str) -> Next:
    yield from _compare_required(old, new, name)
    always = name in old.required and name in new.required
    yield Below(step=name, old=old.properties[name], new=new.properties[name], always=always)


def _compare_required(old: Shape, new: Shape, name: str) -> Next:
    if name in new.required - old.required:
        reason = f"{quoted(name)} is required now"
        yield Found(rule="required-added", at=new.place("required"), reason=reason, spares=name)
    if name in old.required - new.required:
        reason = f"{quoted(name)} is not required any more"
        yield Found(rule="required-removed", at=_stands(new, name), reason=reason, about=name)


def _added(old: Shape, new: Shape, name: str) -> Next:
    at = _stands(new, name)
    if name in old.required or name not in new.required:
        yield Found(rule="property-added", at=at, reason=f"{quoted(name)} is new", about=name)
        yield from _compare_required(old, new, name)
    else:
        reason = f"{quoted(name)} is new and required"
        yield Found(rule="required-property-added", at=at, reason=reason, spares=name)
    if PATTERNS in old.constraints:
        reason = f"{quoted(name)} is new, and may have been one of patternProperties"
        yield Found(rule="property-beside-patterns", at=at, reason=reason, about=name)
    else:
        yield from _added_beside(_others(old), new.properties[name], name)


def _added_beside(others: Schema | None, schema: Schema, name: str) -> Next:
    """What is listed now was one of the `others` before."""
    if others is None or (_free(others) and _free(schema)):
        return
    if closed(others):
        reason = f"{quoted(name)} is new, and objects were closed to properties that are not listed"
        yield Found(rule="property-added-to-closed", at=schema[0], reason=reason, about=name)
    elif _free(others):
        reason = f"{quoted(name)} has a schema now, where anything was allowed"
        yield Found(rule="free-property-listed", at=schema[0], reason=reason, about=name)
    else:
        yield Below(step=name, old=others, new=schema, always=False)


def _removed(old: Shape, new: Shape, name: str) -> Next:
    at = new.place("properties")
    if name in new.required or name not in old.required:
        yield Found(rule="property-removed", at=at, reason=f"{quoted(name)} is gone", about=name)
        yield from _compare_required(old, new, name)
    else:
        reason = f"{quoted(name)} is gone, which was required"
        yield Found(rule="required-property-removed", at=at, reason=reason, about=name)
    if PATTERNS in new.constraints:
        reason = f"{quoted(name)} is gone, and may be one of patternProperties"
        yield Found(rule="property-beside-patterns", at=at, reason=reason, about=name)
    else:
        yield from _removed_beside(_others(new), old.properties[name], name, at)


def _removed_beside(others: Schema | None, schema: Schema, name: str, at: Cursor) -> Next:
    """What was listed is one of the `others` now."""
    if others is None or (_free(others) and _free(schema)):
        return
    if closed(others):
        reason = f"{quoted(name)} is gone, and objects are closed to properties that are not listed"
        yield Found(rule="property-removed-from-closed", at=at, reason=reason, about=name)
    elif _free(others):
        reason = f"{quoted(name)} has no schema any more, and anything is allowed"
        yield Found(rule="free-property-unlisted", at=at, reason=reason, about=name)
    else:
        yield Below(step=name, old=schema, new=others, always=False)


def _required_unlisted(old: Shape, new: Shape) -> Next:
    """Names that are required and have no schema on either side."""
    listed = old.properties.keys() | new.properties.keys()
    for name in sorted((old.required ^ new.required) - listed):
        yield from _compare_required(old, new, name)


def _stands(shape: Shape, name: str) -> Cursor:
    schema = shape.properties.get(name)
    return schema[0] if schema else shape.place("properties")


# -- the properties that are not listed ----------------------------------------------------------------------


def closed(schema: Schema) -> bool:
    """Is nothing allowed?"""
    return any(cursor.value is False for cursor in schema)


def _compare_others(old: Shape, new: Shape) -> Next:
    before, after = _others(old), _others(new)
    at = new.place(
        "unevaluatedProperties" if "additionalProperties" not in new.where else "additionalProperties"
    )
    if before is not None and after is not None:
        yield from _compare_stated(before, after, at)
    elif before is None and after is not None:
        yield _stated(after, at)
    elif before is not None and after is None and not _free(before):
        yield _unstated(before, at)


def _stated(after: Schema, at: Cursor) -> Found:
    if closed(after):
        reason = "properties that are not listed are refused now, which nobody had to write"
        return Found(rule="unlisted-properties-refused", at=at, reason=reason, about=ENTRY)
    reason = "properties that are not listed have a schema now"
    return Found(rule="additional-properties-stated", at=at, reason=reason, about=ENTRY)


def _unstated(before: Schema, at: Cursor) -> Found:
    if closed(before):
        reason = "properties that are not listed are ignored now"
        return Found(rule="unlisted-properties-ignored", at=at, reason=reason, about=ENTRY)
    reason = "properties that are not listed have no schema any more"
    return Found(rule="additional-properties-unstated", at=at, reason=reason, about=ENTRY)


def _compare_stated(before: Schema, after: Schema, at: Cursor) -> Next:
    was_closed, is_closed = closed(before), closed(after)
    if not was_closed and not is_closed:
        yield Below(step=ENTRY, old=before, new=after)
    elif is_closed and not was_closed:
        reason = "properties that are not listed are not allowed any more"
        yield Found(rule="additional-properties-closed", at=at, reason=reason, about=ENTRY)
    elif was_closed and not is_closed:
        reason = "properties that are not listed are allowed now"
        yield Found(rule="additional-properties-opened", at=at, reason=reason, about=ENTRY)


def _others(shape: Shape) -> Schema | None:
    """What writers may write besides what is listed: an object that lists nothing is a free one."""
    if shape.others is None and not shape.properties:
        return ()
    return shape.others


def _free(schema: Schema) -> bool:
    return all(cursor.value is True or cursor.value == {} for cursor in schema)
