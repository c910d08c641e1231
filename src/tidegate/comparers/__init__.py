"""Compare two specifications of one kind: the kind decides how.

compare   the pure comparers of `core.contracts`, and those that need a program
buf       Protobuf, through the program `buf`
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from tidegate.comparers import buf
from tidegate.core.contracts import asyncapi, avro, graphql, json_schema, openapi
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Problem, Refused

Comparer = Callable[[Specification, Specification], Comparison]

COMPARERS: Final[Mapping[Kind, Comparer]] = {
    Kind.OPENAPI: openapi.compare,
    Kind.JSON_SCHEMA: json_schema.compare,
    Kind.ASYNCAPI: asyncapi.compare,
    Kind.GRAPHQL: graphql.compare,
    Kind.AVRO: avro.compare,
    Kind.PROTOBUF: buf.compare,
}


def compare(old: Specification, new: Specification) -> Comparison:
    """What differs between two versions, and whom it breaks; `Refused` where they cannot be compared."""
    if old.kind is not new.kind:
        message = f"{old.name} is {old.kind}, {new.name} is {new.kind}"
        raise Refused([Problem(message=message, hint="compare two specifications of one kind")])
    if old.kind not in COMPARERS:
        hint = f"these kinds can be: {', '.join(sorted(COMPARERS))}"
        raise Refused([Problem(message=f"two files of kind {old.kind} cannot be compared", hint=hint)])
    found = COMPARERS[old.kind](old, new)
    return replace(found, differences=tuple(_placed(each, old, new) for each in found.differences))


def _placed(difference: Difference, old: Specification, new: Specification) -> Difference:
    """A place in a file says of which version that is: of the new one, unless only the old one has the file."""
    place = difference.place
    if place.specification or not place.file:
        return difference
    home = new if place.file in new.texts or place.file in new.documents else old
    return replace(difference, place=replace(place, specification=home.name))
