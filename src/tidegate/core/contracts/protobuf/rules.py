"""The breaking rules of buf, and what each means while versions are mixed.

A rule has two sides. What it does to traffic (`at_run_time`) is a fact: whoever configures buf otherwise, a
removed method cannot be called. What a project counts as breaking besides is its `Policy`, taken from buf's
categories; a rule that counts raises the answer to breaking.

* A `CHANGE` is found in either direction of looking, and whichever side reads may be the one that fails: buf
  does not say whether a message is a request or a response, so both directions break.
* A `REMOVAL` is found only from the version that has the thing. What was removed breaks consumers of the old
  version, if it counts; what was added is not held against anyone beyond what it does to traffic: code of the
  new version is written by people who know that the old one lacks it, code of the old version was not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Position

BREAKING, UNKNOWN, COMPATIBLE = Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE
Answers = tuple[Compatibility, Compatibility]
"""For (old consumer, new provider) and for (new consumer, old provider)."""


class Category(StrEnum):
    """What a rule protects, the strictest first: sources by file, by package, JSON, and the binary form."""

    FILE = "FILE"
    PACKAGE = "PACKAGE"
    WIRE_JSON = "WIRE_JSON"
    WIRE = "WIRE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of `buf config ls-breaking-rules --version v2`.

    `added` names the difference when the thing is new, with `added_reason`; empty where that is not listed.
    """

    id: str
    categories: frozenset[Category]
    position: Position
    reason: str
    at_run_time: Answers = (COMPATIBLE, COMPATIBLE)
    removal: bool = False
    added: str = ""
    added_reason: str = ""


_LETTERS: Final = {
    "F": Category.FILE,
    "P": Category.PACKAGE,
    "J": Category.WIRE_JSON,
    "W": Category.WIRE,
}
_TYPE, _CALL = Position.TYPE, Position.OPERATION
_SAFE: Final = (COMPATIBLE, COMPATIBLE)
_BREAKS: Final = (BREAKING, BREAKING)
_IN_DOUBT: Final = (UNKNOWN, UNKNOWN)
_MISSED: Final = (BREAKING, COMPATIBLE)

CODE: Final = "generated code changes, the wire does not"
_JSON: Final = "the two sides read each other's binary form, but not each other's JSON"
_MISREAD: Final = "whichever side reads takes the bytes for something else"
_REQUIRED: Final = "the side that requires the field rejects messages of the side that need not send it"
_DEFAULT: Final = "what is not sent is read as another value"
_ONEOF: Final = "one side clears what the other sent beside it"
_NAMES: Final = "methods and types have other full names"
_CALLS: Final = "the two sides do not agree on how a call goes"
_LOST: Final = "consumers that rely on it read its default, and its number or name may be used again"
_REUSE: Final = "a later version may use the number or name again and read old data as something else"
_UNCALLED: Final = "consumers that call it are answered with `unimplemented`"
ENUM: Final = "who does not know the value rejects its name in JSON, and loses it where enums are closed"
_ADDED: Final = "who does not know it skips it, who misses it reads its default"
_OFFERED: Final = "consumers of the new version may call what old providers do not have"

_CHANGES: Final[tuple[tuple[str, Position, Answers, str, str], ...]] = (
    ("FP", _TYPE, _SAFE, CODE, "ENUM_SAME_TYPE FIELD_SAME_CARDINALITY FIELD_SAME_CPP_STRING_TYPE"),
    ("FP", _TYPE, _SAFE, CODE, "FIELD_SAME_JAVA_UTF8_VALIDATION FIELD_SAME_JSTYPE FIELD_SAME_TYPE"),
    ("FP", _TYPE, _SAFE, CODE, "FIELD_SAME_UTF8_VALIDATION FILE_SAME_CC_ENABLE_ARENAS FILE_SAME_SYNTAX"),
    (
        "FP",
        _TYPE,
        _SAFE,
        CODE,
        "FILE_SAME_CC_GENERIC_SERVICES FILE_SAME_CSHARP_NAMESPACE FILE_SAME_GO_PACKAGE",
    ),
    ("FP", _TYPE, _SAFE, CODE, "FILE_SAME_JAVA_GENERIC_SERVICES FILE_SAME_JAVA_MULTIPLE_FILES"),
    ("FP", _TYPE, _SAFE, CODE, "FILE_SAME_JAVA_OUTER_CLASSNAME FILE_SAME_JAVA_PACKAGE"),
    (
        "FP",
        _TYPE,
        _SAFE,
        CODE,
        "FILE_SAME_OBJC_CLASS_PREFIX FILE_SAME_OPTIMIZE_FOR FILE_SAME_PHP_CLASS_PREFIX",
    ),
    ("FP", _TYPE, _SAFE, CODE, "FILE_SAME_PHP_METADATA_NAMESPACE FILE_SAME_PHP_NAMESPACE"),
    ("FP", _TYPE, _SAFE, CODE, "FILE_SAME_PY_GENERIC_SERVICES FILE_SAME_RUBY_PACKAGE FILE_SAME_SWIFT_PREFIX"),
    ("FP", _TYPE, _SAFE, CODE, "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR"),
    ("FPJ", _TYPE, _SAFE, _JSON, "ENUM_SAME_JSON_FORMAT ENUM_VALUE_SAME_NAME MESSAGE_SAME_JSON_FORMAT"),
    ("FPJ", _TYPE, _SAFE, _JSON, "FIELD_SAME_JSON_NAME FIELD_SAME_NAME"),
    ("J", _TYPE, _SAFE, _JSON, "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY FIELD_WIRE_JSON_COMPATIBLE_TYPE"),
    ("W", _TYPE, _BREAKS, _MISREAD, "FIELD_WIRE_COMPATIBLE_CARDINALITY FIELD_WIRE_COMPATIBLE_TYPE"),
    ("", _TYPE, _BREAKS, _MISREAD, "MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT"),
    ("FPJW", _TYPE, _BREAKS, _REQUIRED, "MESSAGE_SAME_REQUIRED_FIELDS"),
    ("FPJW", _TYPE, _BREAKS, _DEFAULT, "FIELD_SAME_DEFAULT"),
    ("FPJW", _TYPE, _BREAKS, _ONEOF, "FIELD_SAME_ONEOF"),
    ("FPJW", _TYPE, _BREAKS, _NAMES, "FILE_SAME_PACKAGE"),
    ("FPJW", _CALL, _BREAKS, _CALLS, "RPC_SAME_CLIENT_STREAMING RPC_SAME_SERVER_STREAMING"),
    (
        "FPJW",
        _CALL,
        _BREAKS,
        _CALLS,
        "RPC_SAME_IDEMPOTENCY_LEVEL RPC_SAME_REQUEST_TYPE RPC_SAME_RESPONSE_TYPE",
    ),
)
"""Categories, position, answers at run time, why, and the rules of which that holds."""

_REMOVALS: Final[tuple[tuple[str, Position, Answers, str, str], ...]] = (
    ("F", _TYPE, _SAFE, CODE, "ENUM_NO_DELETE EXTENSION_NO_DELETE FILE_NO_DELETE MESSAGE_NO_DELETE"),
    ("F", _CALL, _SAFE, CODE, "SERVICE_NO_DELETE"),
    ("FP", _TYPE, _SAFE, CODE, "EXTENSION_MESSAGE_NO_DELETE ONEOF_NO_DELETE"),
    ("P", _TYPE, _SAFE, CODE, "PACKAGE_ENUM_NO_DELETE PACKAGE_EXTENSION_NO_DELETE PACKAGE_MESSAGE_NO_DELETE"),
    ("P", _CALL, _MISSED, _UNCALLED, "PACKAGE_NO_DELETE PACKAGE_SERVICE_NO_DELETE"),
    ("FP", _CALL, _MISSED, _UNCALLED, "RPC_NO_DELETE"),
    ("FP", _TYPE, _SAFE, _LOST, "FIELD_NO_DELETE"),
    ("J", _TYPE, _SAFE, _LOST, "FIELD_NO_DELETE_UNLESS_NAME_RESERVED"),
    ("JW", _TYPE, _SAFE, _LOST, "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"),
    ("FP", _TYPE, _IN_DOUBT, ENUM, "ENUM_VALUE_NO_DELETE"),
    ("J", _TYPE, _IN_DOUBT, ENUM, "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED"),
    ("JW", _TYPE, _IN_DOUBT, ENUM, "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED"),
    ("FPJW", _TYPE, _SAFE, _REUSE, "RESERVED_ENUM_NO_DELETE RESERVED_MESSAGE_NO_DELETE"),
)

_ADDITIONS: Final = {
    "ENUM_VALUE_NO_DELETE": ("ENUM_VALUE_ADDED", ENUM),
    "FIELD_NO_DELETE": ("FIELD_ADDED", _ADDED),
    "PACKAGE_ENUM_NO_DELETE": ("ENUM_ADDED", CODE),
    "PACKAGE_EXTENSION_NO_DELETE": ("EXTENSION_ADDED", _ADDED),
    "PACKAGE_MESSAGE_NO_DELETE": ("MESSAGE_ADDED", CODE),
    "PACKAGE_NO_DELETE": ("PACKAGE_ADDED", _OFFERED),
    "PACKAGE_SERVICE_NO_DELETE": ("SERVICE_ADDED", _OFFERED),
    "RPC_NO_DELETE": ("RPC_ADDED", _OFFERED),
}
"""What a removal is called when it is seen the other way round, and why it matters then."""


def _rules(rows: Iterable[tuple[str, Position, Answers, str, str]], *, removal: bool) -> Iterator[Rule]:
    for letters, position, answers, reason, names in rows:
        for name in names.split():
            added, added_reason = _ADDITIONS.get(name, ("", ""))
            yield Rule(
                id=name,
                categories=frozenset(_LETTERS[letter] for letter in letters),
                position=position,
                at_run_time=answers,
                reason=reason,
                removal=removal,
                added=added,
                added_reason=added_reason,
            )


RULES: Final[Mapping[str, Rule]] = {
    rule.id: rule for rule in (*_rules(_CHANGES, removal=False), *_rules(_REMOVALS, removal=True))
}
