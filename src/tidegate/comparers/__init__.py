"""Compare two specifications of one kind: the kind decides how.

compare   the pure comparers of `core.contracts`, and those that need a program
buf       Protobuf, through the program `buf`
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from tidegate.comparers import buf
from tidegate.core.contracts import asyncapi, avro, graphql, json_schema, openapi
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.pact import compare as pact
from tidegate.core.contracts.protobuf.rules import Category
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Problem, Refused

Comparer = Callable[[Specification, Specification], Comparison]

COMPARERS: Final[Mapping[Kind, Comparer]] = {
    Kind.OPENAPI: openapi.compare,
    Kind.JSON_SCHEMA: json_schema.compare,
    Kind.ASYNCAPI: asyncapi.compare,
    Kind.GRAPHQL: graphql.compare,
    Kind.AVRO: avro.compare,
    Kind.PACT: pact.compare,
    Kind.PROTOBUF: buf.compare,
}


def compare(old: Specification, new: Specification, category: Category | None = None) -> Comparison:
    """What differs between two versions, and whom it breaks; `Refused` where they cannot be compared.

    `category` says which of buf's rules count, of Protobuf.
    """
    if old.kind is not new.kind:
        message = f"{old.name} is {old.kind}, {new.name} is {new.kind}"
        raise Refused([Problem(message=message, hint="compare two specifications of one kind")])
    if category is not None and old.kind is not Kind.PROTOBUF:
        message = f"{old.name} is {old.kind}, which has no categories of rules"
        raise Refused([Problem(message=message, hint="leave the category out")])
    comparer = COMPARERS[old.kind] if category is None else partial(buf.compare, category=category)
    found = comparer(old, new)
    return replace(found, differences=tuple(_placed(each, old, new) for each in found.differences))


def _placed(difference: Difference, old: Specification, new: Specification) -> Difference:
    """A place in a file says of which version that is: of the new one, unless only the old one has the file."""
    place = difference.place
    if place.specification or not place.file:
        return difference
    home = new if place.file in new.texts or place.file in new.documents else old
    return replace(difference, place=replace(place, specification=home.name))
