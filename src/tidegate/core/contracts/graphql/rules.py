"""Every change of a schema, and what it does to consumers of the schema that it is seen from.

A change has two names. A field that is removed for consumers of the old version is added for those of the new
one, and the queries of either are refused where there is none.

What graphql-core calls dangerous is split. Consumers are not touched by what they may leave out. What they may
be answered with and do not know is `unknown`: the schema says that it can come, and only the consumer's code
says whether it is ready for that. So is another default: operations are accepted, and mean something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from graphql import BreakingChangeType as Breaks
from graphql import DangerousChangeType as Endangers

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Position

BREAKING, UNKNOWN, COMPATIBLE = Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE
_TYPE, _ASKED, _ANSWERED = Position.TYPE, Position.REQUEST, Position.RESPONSE


class Unlisted(StrEnum):
    """Changes that graphql-core does not look for."""

    ROOT_REMOVED = "root-removed"
    ROOT_CHANGED = "root-changed"
    ONE_OF_ADDED = "one-of-added"


class Touches(StrEnum):
    """Who is touched by a change of a thing: its users, all users of what holds it, or those without it."""

    USERS = "users"
    HOLDER = "holder"
    OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One sort of change: its names from either side, and what it does."""

    name: str
    mirrored: str
    position: Position
    answer: Compatibility
    why: str
    touches: Touches


_REFUSED: Final = "operations that use it are refused"
_REQUIRED: Final = "operations that do not give it are refused"
_OPTIONAL: Final = "operations may leave it out"
_RETYPED: Final = "operations written for the one type do not fit the other"
_MORE: Final = "answers may hold what consumers do not know, and they may not be ready for it"
_DEFAULT: Final = "operations that leave it out mean something else"

_USERS, _HOLDER, _OTHERS = Touches.USERS, Touches.HOLDER, Touches.OTHERS
_ROWS: Final = (
    (Breaks.TYPE_REMOVED, "type", "removed", _TYPE, BREAKING, _REFUSED, _USERS),
    (Breaks.TYPE_CHANGED_KIND, "type-kind", "changed", _TYPE, BREAKING, _RETYPED, _USERS),
    (Unlisted.ROOT_REMOVED, "root", "removed", _ASKED, BREAKING, _REFUSED, _USERS),
    (Unlisted.ROOT_CHANGED, "root", "changed", _ASKED, BREAKING, _RETYPED, _USERS),
    (Breaks.TYPE_REMOVED_FROM_UNION, "member", "removed", _ANSWERED, BREAKING, _REFUSED, _HOLDER),
    (Endangers.TYPE_ADDED_TO_UNION, "member", "added", _ANSWERED, UNKNOWN, _MORE, _HOLDER),
    (Breaks.VALUE_REMOVED_FROM_ENUM, "enum-value", "removed", _ASKED, BREAKING, _REFUSED, _HOLDER),
    (Endangers.VALUE_ADDED_TO_ENUM, "enum-value", "added", _ANSWERED, UNKNOWN, _MORE, _HOLDER),
    (Breaks.IMPLEMENTED_INTERFACE_REMOVED, "interface", "removed", _ANSWERED, BREAKING, _REFUSED, _HOLDER),
    (Endangers.IMPLEMENTED_INTERFACE_ADDED, "interface", "added", _ANSWERED, UNKNOWN, _MORE, _HOLDER),
    (Breaks.FIELD_REMOVED, "field", "removed", _ANSWERED, BREAKING, _REFUSED, _USERS),
    (Breaks.FIELD_CHANGED_KIND, "field-type", "changed", _ANSWERED, BREAKING, _RETYPED, _USERS),
    (Breaks.REQUIRED_INPUT_FIELD_ADDED, "required-field", "added", _ASKED, BREAKING, _REQUIRED, _OTHERS),
    (Endangers.OPTIONAL_INPUT_FIELD_ADDED, "field", "added", _ASKED, COMPATIBLE, _OPTIONAL, _USERS),
    (Endangers.INPUT_FIELD_DEFAULT_VALUE_CHANGE, "default", "changed", _ASKED, UNKNOWN, _DEFAULT, _OTHERS),
    (Unlisted.ONE_OF_ADDED, "one-of", "added", _ASKED, BREAKING, _RETYPED, _USERS),
    (Breaks.ARG_REMOVED, "argument", "removed", _ASKED, BREAKING, _REFUSED, _USERS),
    (Breaks.ARG_CHANGED_KIND, "argument-type", "changed", _ASKED, BREAKING, _RETYPED, _USERS),
    (Breaks.REQUIRED_ARG_ADDED, "required-argument", "added", _ASKED, BREAKING, _REQUIRED, _OTHERS),
    (Endangers.OPTIONAL_ARG_ADDED, "argument", "added", _ASKED, COMPATIBLE, _OPTIONAL, _USERS),
    (Endangers.ARG_DEFAULT_VALUE_CHANGE, "default", "changed", _ASKED, UNKNOWN, _DEFAULT, _OTHERS),
    (Breaks.DIRECTIVE_REMOVED, "directive", "removed", _ASKED, BREAKING, _REFUSED, _USERS),
    (Breaks.DIRECTIVE_ARG_REMOVED, "argument", "removed", _ASKED, BREAKING, _REFUSED, _USERS),
    (Breaks.REQUIRED_DIRECTIVE_ARG_ADDED, "required-argument", "added", _ASKED, BREAKING, _REQUIRED, _OTHERS),
    (Breaks.DIRECTIVE_REPEATABLE_REMOVED, "repeatable", "removed", _ASKED, BREAKING, _REFUSED, _USERS),
    (Breaks.DIRECTIVE_LOCATION_REMOVED, "location", "removed", _ASKED, BREAKING, _REFUSED, _USERS),
)
_MIRRORED: Final = {"removed": "added", "added": "removed", "changed": "changed"}

RULES: Final[Mapping[Enum, Rule]] = {
    change: Rule(
        name=f"{thing}-{verb}",
        mirrored=f"{thing}-{_MIRRORED[verb]}",
        position=position,
        answer=answer,
        why=why,
        touches=touches,
    )
    for change, thing, verb, position, answer, why, touches in _ROWS
}
