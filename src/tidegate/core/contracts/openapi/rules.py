"""Whom a difference breaks, sort by sort. A rule is called noun and change: `operation-removed`.

Everything follows from one sentence: whoever reads must accept all that the other side may write. Read backwards,
from new to old, `added` is `removed` and the two answers change places; so it must be in the table too. What is new
and required is `added` and `became-required`, two differences that touch different consumers.

Where a provider asks (webhooks and callbacks), what it sends is an `event` and the consumer's answer an
`event-answer`: an event's parameters are rules like those of a response's headers, an answer's like a request's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility


class Noun(StrEnum):
    """What differs."""

    OPERATION = "operation"
    EVENT = "event"
    REQUEST_PARAMETER = "request-parameter"
    EVENT_PARAMETER = "event-parameter"
    REQUEST_BODY = "request-body"
    EVENT_BODY = "event-body"
    REQUEST_CONTENT_TYPE = "request-content-type"
    RESPONSE_CONTENT_TYPE = "response-content-type"
    EVENT_CONTENT_TYPE = "event-content-type"
    EVENT_ANSWER_CONTENT_TYPE = "event-answer-content-type"
    RESPONSE_SUCCESS = "response-success"
    RESPONSE_FAILURE = "response-failure"
    EVENT_ANSWER = "event-answer"
    RESPONSE_HEADER = "response-header"
    EVENT_ANSWER_HEADER = "event-answer-header"
    SECURITY = "security"


class Change(StrEnum):
    """How it differs."""

    ADDED = "added"
    REMOVED = "removed"
    BECAME_REQUIRED = "became-required"
    BECAME_OPTIONAL = "became-optional"
    GENERALISED = "generalised"
    SPECIALISED = "specialised"
    LISTED = "listed"
    UNLISTED = "unlisted"
    EMPTY_ALLOWED = "empty-allowed"
    EMPTY_REFUSED = "empty-refused"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    DEPRECATED = "deprecated"
    REINSTATED = "reinstated"
    ENCODING_CHANGED = "encoding-changed"
    FORM_CHANGED = "form-changed"
    ISSUER_CHANGED = "issuer-changed"


_MIRRORED: Final = (
    (Change.ADDED, Change.REMOVED),
    (Change.BECAME_REQUIRED, Change.BECAME_OPTIONAL),
    (Change.GENERALISED, Change.SPECIALISED),
    (Change.LISTED, Change.UNLISTED),
    (Change.EMPTY_ALLOWED, Change.EMPTY_REFUSED),
    (Change.TIGHTENED, Change.LOOSENED),
    (Change.DEPRECATED, Change.REINSTATED),
)
BACKWARDS: Final = {change: change for change in Change} | {
    one: other for pair in _MIRRORED for one, other in (pair, pair[::-1])
}
"""What a change is when it is read from new to old."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a change breaks, and why."""

    old_consumer_new_provider: Compatibility
    new_consumer_old_provider: Compatibility
    why: str


Rules = Mapping[Change, Rule]

_C, _B, _U = Compatibility.COMPATIBLE, Compatibility.BREAKING, Compatibility.UNKNOWN

_ANNOUNCED: Final[Rules] = {
    Change.DEPRECATED: Rule(_C, _C, "it still works; that it will go is announced"),
    Change.REINSTATED: Rule(_C, _C, "that it will go is no longer announced"),
}
_OFFERED: Final[Rules] = {
    Change.ADDED: Rule(_C, _B, "a new consumer may call it, and an old provider does not have it"),
    Change.REMOVED: Rule(_B, _C, "an old consumer may call it, and a new provider does not have it"),
    **_ANNOUNCED,
}
_CALLED_BACK: Final[Rules] = {
    Change.ADDED: Rule(
        _C,
        _B,
        "a consumer gets what it subscribed to; a new one may wait for what an old provider never sends",
    ),
    Change.REMOVED: Rule(_B, _C, "an old consumer may wait for what a new provider never sends"),
    **_ANNOUNCED,
}
_ASKED: Final[Rules] = {
    Change.ADDED: Rule(_C, _U, "a reader that does not know it may ignore it or refuse it"),
    Change.REMOVED: Rule(_U, _C, "a reader that no longer knows it may ignore it or refuse it"),
    Change.BECAME_REQUIRED: Rule(_B, _C, "an old writer may leave out what is now demanded"),
    Change.BECAME_OPTIONAL: Rule(_C, _B, "a new writer may leave out what was demanded"),
    Change.ENCODING_CHANGED: Rule(_B, _B, "the same value is written as another text"),
    Change.FORM_CHANGED: Rule(
        _B, _B, "one side writes a plain value, the other a document, or another kind of document"
    ),
    Change.LISTED: Rule(_C, _B, "one value is written like a list of one, but a new writer may send several"),
    Change.UNLISTED: Rule(
        _B, _C, "a list of one is written like one value, but an old writer may send several"
    ),
    Change.EMPTY_ALLOWED: Rule(_C, _B, "a new writer may send an empty value, which was refused"),
    Change.EMPTY_REFUSED: Rule(_B, _C, "an old writer may send an empty value, which is now refused"),
    **_ANNOUNCED,
}
_GIVEN: Final[Rules] = {
    Change.ADDED: Rule(_C, _U, "a new reader may have come to rely on it, though nobody promised it"),
    Change.REMOVED: Rule(_U, _C, "an old reader may have come to rely on it, though nobody promised it"),
    Change.BECAME_REQUIRED: Rule(_C, _B, "a new reader relies on it, and an old writer may leave it out"),
    Change.BECAME_OPTIONAL: Rule(_B, _C, "an old reader relies on it, and a new writer may leave it out"),
    Change.LISTED: Rule(_B, _C, "a new writer may send several values, and an old reader expects one"),
    Change.UNLISTED: Rule(_C, _B, "an old writer may send several values, and a new reader expects one"),
    Change.EMPTY_ALLOWED: Rule(
        _B, _C, "a new writer may send an empty value, which an old reader does not expect"
    ),
    Change.EMPTY_REFUSED: Rule(
        _C, _B, "an old writer may send an empty value, which a new reader does not expect"
    ),
    **_ANNOUNCED,
    Change.ENCODING_CHANGED: _ASKED[Change.ENCODING_CHANGED],
    Change.FORM_CHANGED: _ASKED[Change.FORM_CHANGED],
}
_BODY_ASKED: Final[Rules] = {
    **_ASKED,
    Change.ADDED: Rule(_C, _B, "a new consumer may send content that an old provider does not take"),
    Change.REMOVED: Rule(_B, _C, "an old consumer may send content that a new provider does not take"),
}
_TAKEN: Final[Rules] = {
    Change.ADDED: Rule(_C, _B, "a new writer may use it, and an old reader does not take it"),
    Change.REMOVED: Rule(_B, _C, "an old writer may use it, and a new reader does not take it"),
    Change.GENERALISED: Rule(_C, _B, "a new writer may use a type that an old reader does not take"),
    Change.SPECIALISED: Rule(_B, _C, "an old writer may use a type that a new reader does not take"),
    Change.ENCODING_CHANGED: Rule(
        _U, _U, "its parts are encoded otherwise, and whether readers take both is not written"
    ),
}
_CHOSEN: Final[Rules] = {
    Change.ADDED: Rule(
        _C, _B, "readers choose (`Accept`): a new one may want what an old provider does not have"
    ),
    Change.REMOVED: Rule(
        _B, _C, "readers choose (`Accept`): an old one may want what a new provider does not have"
    ),
    Change.GENERALISED: Rule(
        _B, _C, "a new provider may answer with a type that an old consumer does not know"
    ),
    Change.SPECIALISED: Rule(
        _C, _B, "an old provider may answer with a type that a new consumer does not know"
    ),
    Change.ENCODING_CHANGED: _TAKEN[Change.ENCODING_CHANGED],
}
_SENT: Final[Rules] = {
    **_CHOSEN,
    Change.ADDED: Rule(
        _B, _C, "nobody chooses the type of an event, and an old consumer does not know this one"
    ),
    Change.REMOVED: Rule(
        _C, _B, "nobody chooses the type of an event, and an old provider may send this one"
    ),
}
_SUCCEEDED: Final[Rules] = {
    Change.ADDED: Rule(
        _U, _B, "an old consumer takes it for its class (RFC 9110, 15), and may miss what it relies on"
    ),
    Change.REMOVED: Rule(_B, _U, "an old consumer may wait for an answer that a new provider never gives"),
    Change.GENERALISED: Rule(
        _U, _C, "an old consumer takes others for their class (RFC 9110, 15), and may miss something"
    ),
    Change.SPECIALISED: Rule(
        _C, _U, "a new consumer takes others for their class (RFC 9110, 15), and may miss something"
    ),
}
_FAILED: Final[Rules] = {
    Change.ADDED: Rule(_C, _C, "a failure that is not known is taken for its class (RFC 9110, 15)"),
    Change.REMOVED: Rule(_C, _C, "a failure that does not come hurts nobody"),
    Change.GENERALISED: Rule(_C, _C, "a failure that is not known is taken for its class (RFC 9110, 15)"),
    Change.SPECIALISED: Rule(_C, _C, "a failure that does not come hurts nobody"),
}
_SECURED: Final[Rules] = {
    Change.TIGHTENED: Rule(_B, _C, "with what an old consumer presents, a new provider may refuse it"),
    Change.LOOSENED: Rule(_C, _B, "with what a new consumer presents, an old provider may refuse it"),
    Change.ISSUER_CHANGED: Rule(
        _U, _U, "tokens come from elsewhere, and whether both are taken is not written"
    ),
}

RULES: Final[Mapping[Noun, Rules]] = {
    Noun.OPERATION: _OFFERED,
    Noun.EVENT: _CALLED_BACK,
    Noun.REQUEST_PARAMETER: _ASKED,
    Noun.EVENT_PARAMETER: _GIVEN,
    Noun.REQUEST_BODY: _BODY_ASKED,
    Noun.EVENT_BODY: _GIVEN,
    Noun.REQUEST_CONTENT_TYPE: _TAKEN,
    Noun.RESPONSE_CONTENT_TYPE: _CHOSEN,
    Noun.EVENT_CONTENT_TYPE: _SENT,
    Noun.EVENT_ANSWER_CONTENT_TYPE: _TAKEN,
    Noun.RESPONSE_SUCCESS: _SUCCEEDED,
    Noun.RESPONSE_FAILURE: _FAILED,
    Noun.EVENT_ANSWER: _TAKEN,
    Noun.RESPONSE_HEADER: _GIVEN,
    Noun.EVENT_ANSWER_HEADER: _ASKED,
    Noun.SECURITY: _SECURED,
}
"""Every rule of a structure; those of schemas stand in `core.contracts.schemas`."""
