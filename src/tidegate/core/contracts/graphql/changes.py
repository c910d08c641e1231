"""The changes between two schemas, as consumers of the first meet providers of the second.

graphql-core words its changes for people only, so what they are about is read from its sentences; a test holds
the two together. What a change does depends on where a thing is used: an enum that is only ever answered cannot
be given, one that is only given cannot surprise, and a directive of schemas is in no operation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from graphql import BreakingChangeType as Breaks
from graphql import DangerousChangeType as Endangers
from graphql import (
    DirectiveLocation,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from graphql.utilities import find_schema_changes

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Part, Position
from tidegate.core.contracts.graphql.rules import RULES, Rule, Touches, Unlisted

_STANDARD: Final = "Standard scalar "
"""A scalar of GraphQL's own that nothing has any more; what had it is listed itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: its rule, what it is about, in words, and what it does to consumers of the first schema."""

    rule: Rule
    subject: Part
    words: str
    answer: Compatibility
    why: str
    position: Position

    @property
    def part(self) -> Part:
        """What a consumer must use to be touched."""
        return self.subject if self.rule.touches is Touches.USERS else self.subject[:-1]

    @property
    def spared_by(self) -> Part | None:
        """What else it must not use."""
        return self.subject if self.rule.touches is Touches.OTHERS else None


def changes(consumed: GraphQLSchema, provided: GraphQLSchema) -> Iterator[Change]:
    """What consumers of one schema meet at providers of another."""
    pair = _Pair(consumed, provided)
    for found in find_schema_changes(consumed, provided):
        if found.type in RULES and not found.description.startswith(_STANDARD):
            yield pair.change(found.type, _subject(found.type, found.description), found.description)
    for sort, subject, words in (*_roots(consumed, provided), *_one_ofs(consumed, provided)):
        yield pair.change(sort, subject, words)


# -- what a sentence is about --------------------------------------------------------------------------------

_THING: Final = re.compile(r"(@\w+|\w+(?=\.\w))(?:\.(\w+))?(?:\((\w+):\))?")
_SENTENCES: Final[Mapping[Enum, re.Pattern[str]]] = {
    Breaks.TYPE_REMOVED: re.compile(r"^(\w+) was removed"),
    Breaks.TYPE_CHANGED_KIND: re.compile(r"^(\w+) changed from"),
    Breaks.IMPLEMENTED_INTERFACE_REMOVED: re.compile(r"^(\w+) no longer implements interface (\w+)"),
    Endangers.IMPLEMENTED_INTERFACE_ADDED: re.compile(r"^(\w+) added to interfaces implemented by (\w+)"),
    Breaks.TYPE_REMOVED_FROM_UNION: re.compile(r"(?P<member>\w+) was removed from union type (?P<union>\w+)"),
    Endangers.TYPE_ADDED_TO_UNION: re.compile(r"(?P<member>\w+) was added to union type (?P<union>\w+)"),
}


def _subject(sort: Enum, words: str) -> Part:
    found = _SENTENCES.get(sort, _THING).search(words)
    assert found is not None, f"graphql-core words {sort.name} otherwise: {words}"
    if "union" in found.groupdict():
        return (found["union"], found["member"])
    return tuple(name for name in found.groups() if name)


# -- what graphql-core does not look for ---------------------------------------------------------------------


def _roots(consumed: GraphQLSchema, provided: GraphQLSchema) -> Iterator[tuple[Enum, Part, str]]:
    for operation in ("query", "mutation", "subscription"):
        was, now = getattr(consumed, f"{operation}_type"), getattr(provided, f"{operation}_type")
        if was and not now:
            yield Unlisted.ROOT_REMOVED, (was.name,), f"There is no {operation} any more"
        elif was and now and was.name != now.name:
            yield Unlisted.ROOT_CHANGED, (was.name,), f"The root of {operation} changed from {was} to {now}"


def _one_ofs(consumed: GraphQLSchema, provided: GraphQLSchema) -> Iterator[tuple[Enum, Part, str]]:
    for name, now in provided.type_map.items():
        was = consumed.type_map.get(name)
        inputs = isinstance(was, GraphQLInputObjectType) and isinstance(now, GraphQLInputObjectType)
        if inputs and _takes_one(now) and not _takes_one(was):
            yield Unlisted.ONE_OF_ADDED, (name,), f"{name} takes exactly one field"


def _takes_one(given: GraphQLNamedType | None) -> bool:
    return isinstance(given, GraphQLInputObjectType) and given.is_one_of


# -- what a change does --------------------------------------------------------------------------------------

_OPERATIONS: Final = frozenset(
    (
        DirectiveLocation.QUERY,
        DirectiveLocation.MUTATION,
        DirectiveLocation.SUBSCRIPTION,
        DirectiveLocation.FIELD,
        DirectiveLocation.FRAGMENT_DEFINITION,
        DirectiveLocation.FRAGMENT_SPREAD,
        DirectiveLocation.INLINE_FRAGMENT,
        DirectiveLocation.VARIABLE_DEFINITION,
    )
)
"""Where operations have directives."""


class _Pair:
    """Two schemas, and what is given and answered in them."""

    def __init__(self, consumed: GraphQLSchema, provided: GraphQLSchema) -> None:
        self.consumed = consumed
        self.given = frozenset(_given(consumed))
        self.answered = frozenset(_answered(provided))

    def change(self, sort: Enum, subject: Part, words: str) -> Change:
        rule = RULES[sort]
        harmless = self._harmless(sort, subject, words)
        given = isinstance(self.consumed.type_map.get(subject[0]), GraphQLInputObjectType)
        return Change(
            rule=rule,
            subject=subject,
            words=words.rstrip("."),
            answer=Compatibility.COMPATIBLE if harmless else rule.answer,
            why=harmless or rule.why,
            position=Position.REQUEST if given else rule.position,
        )

    def _harmless(self, sort: Enum, subject: Part, words: str) -> str:
        """Why a change does nothing to operations although changes of its sort do; empty if it does."""
        name = subject[0]
        if sort is Breaks.VALUE_REMOVED_FROM_ENUM and name not in self.given:
            return "operations cannot give it, and are no longer answered with it"
        if sort is Endangers.VALUE_ADDED_TO_ENUM and name not in self.answered:
            return "operations are never answered with it"
        if name.startswith("@") and not self._in_operations(name[1:], words):
            return "it stands in schemas, not in operations"
        return ""

    def _in_operations(self, directive: str, words: str) -> bool:
        found = self.consumed.get_directive(directive)
        removed = words.partition(" was removed from @")[0]
        if removed in DirectiveLocation.__members__:
            return DirectiveLocation[removed] in _OPERATIONS
        return found is None or not _OPERATIONS.isdisjoint(found.locations)


def _given(schema: GraphQLSchema) -> Iterator[str]:
    """The types of everything that operations give."""
    for held in schema.type_map.values():
        if isinstance(held, GraphQLInputObjectType):
            yield from (get_named_type(field.type).name for field in held.fields.values())
        elif isinstance(held, GraphQLObjectType | GraphQLInterfaceType):
            for field in held.fields.values():
                yield from (get_named_type(argument.type).name for argument in field.args.values())
    for directive in schema.directives:
        yield from (get_named_type(argument.type).name for argument in directive.args.values())


def _answered(schema: GraphQLSchema) -> Iterator[str]:
    """The types of everything that operations are answered with."""
    for held in schema.type_map.values():
        if isinstance(held, GraphQLObjectType | GraphQLInterfaceType):
            yield from (get_named_type(field.type).name for field in held.fields.values())
