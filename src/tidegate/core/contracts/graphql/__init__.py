"""GraphQL: compares two schemas in SDL, by what operations written for one meet at the other.

    schema       files to one schema, within limits, and where its parts stand
    rules        every change, and what it does to whom
    changes      the changes between two schemas, found by graphql-core and a little by us
    deprecated   what is announced to go

graphql-core asks whether operations of one schema's consumers still work with another. It is asked twice: of
the old schema's consumers with the new one, and of the new schema's consumers with the old one.

Cannot see: what custom scalars hold, what resolvers do, limits of depth and cost. Directives that the schema
does not declare (of federation, of tools) are read over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.graphql.changes import Change, changes
from tidegate.core.contracts.graphql.schema import Schema, read
from tidegate.core.contracts.specification import Kind, Specification

UNSEEN: Final = "what custom scalars hold, what resolvers do, limits of depth and cost"


def compare(old: Specification, new: Specification) -> Comparison:
    """Compare two schemas; the files of each are one schema."""
    was, now = read(old), read(new)
    doubts = (*was.doubts, *now.doubts)
    differences = () if doubts else tuple(_merged(_differences(was, now)))
    return Comparison(kind=Kind.GRAPHQL, differences=differences, doubts=doubts, unseen=UNSEEN)


def _differences(was: Schema, now: Schema) -> Iterator[Difference]:
    for change in changes(was.types, now.types):
        reason = f"{change.words}: {change.why}"
        found = _difference(change, change.rule.name, reason, now)
        yield replace(found, old_consumer_new_provider=change.answer)
    for change in changes(now.types, was.types):
        found = _difference(change, change.rule.mirrored, _from_new(change), now)
        yield replace(found, new_consumer_old_provider=change.answer)


def _difference(change: Change, rule: str, reason: str, now: Schema) -> Difference:
    return Difference(
        rule=rule,
        position=change.position,
        place=now.place(change.subject),
        reason=reason,
        old_consumer_new_provider=Compatibility.COMPATIBLE,
        new_consumer_old_provider=Compatibility.COMPATIBLE,
        part=change.part,
        spared_by=change.spared_by,
    )


def _from_new(change: Change) -> str:
    verb = change.rule.mirrored.rpartition("-")[2]
    if verb == "changed":
        return f"From new to old: {change.words}: {change.why}"
    return f"{'.'.join(change.subject)} {verb}: with old providers {change.why}"


def _merged(found: Iterable[Difference]) -> Iterator[Difference]:
    """One difference where both directions find the same; its reason is that of the worse one."""
    merged: dict[object, Difference] = {}
    for difference in found:
        key = (difference.rule, difference.place.path, difference.part, difference.spared_by)
        merged[key] = _together(merged[key], difference) if key in merged else difference
    yield from merged.values()


def _together(first: Difference, second: Difference) -> Difference:
    worse = second if first.old_consumer_new_provider.safe else first
    return replace(
        worse,
        old_consumer_new_provider=first.old_consumer_new_provider,
        new_consumer_old_provider=second.new_consumer_old_provider,
    )
