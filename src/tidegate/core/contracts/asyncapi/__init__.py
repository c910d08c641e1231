"""AsyncAPI 2 and 3: channels, who sends and receives on them, and the messages.

    view    a document as operations and messages, the same for both versions

Compares operations by the address of their channel, messages by name, payloads and headers as schemas, and
content types. It cannot see servers, security, bindings, correlation, what parameters of an address may hold,
nor payloads in another schema format than JSON Schema's and OpenAPI's own: of those it knows whether they are
equal, and otherwise says that it does not know.
"""

from collections.abc import Iterator
from typing import Final

from tidegate.core.contracts.asyncapi.view import Action, Message, Operation, View, view
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Part, Position
from tidegate.core.contracts.schemas import Dialect, Findings, Flow, Known, Site, compare_schemas
from tidegate.core.contracts.schemas.words import quoted, shown
from tidegate.core.contracts.specification import Cursor, Kind, Specification
from tidegate.core.errors import Problem

UNSEEN: Final = (
    "Servers, security, bindings, correlation and what parameters of an address may hold; payloads in schema"
    " formats other than those of JSON Schema and OpenAPI."
)

FLOWS: Final = {Action.SEND: Flow.TO_CONSUMER, Action.RECEIVE: Flow.TO_PROVIDER}
POSITIONS: Final = {Action.SEND: Position.EVENT, Action.RECEIVE: Position.REQUEST}

DIALECTS: Final = {
    "": Dialect.JSON_SCHEMA,
    "application/vnd.aai.asyncapi": Dialect.JSON_SCHEMA,
    "application/vnd.aai.asyncapi+json": Dialect.JSON_SCHEMA,
    "application/vnd.aai.asyncapi+yaml": Dialect.JSON_SCHEMA,
    "application/schema+json": Dialect.JSON_SCHEMA,
    "application/schema+yaml": Dialect.JSON_SCHEMA,
    "application/vnd.oai.openapi": Dialect.OPENAPI_30,
    "application/vnd.oai.openapi+json": Dialect.OPENAPI_30,
    "application/vnd.oai.openapi+yaml": Dialect.OPENAPI_30,
}
"""Schema formats that are compared, without their versions."""

C, B, U = Compatibility.COMPATIBLE, Compatibility.BREAKING, Compatibility.UNKNOWN

RULES: Final = {
    ("operation-removed", Action.SEND): (B, C),
    ("operation-removed", Action.RECEIVE): (B, C),
    ("operation-added", Action.SEND): (C, B),
    ("operation-added", Action.RECEIVE): (C, B),
    # A consumer waits for a message that never comes; whether it passes over one it does not know is not said.
    ("message-removed", Action.SEND): (B, U),
    ("message-added", Action.SEND): (U, C),
    # A provider does not understand a message that it does not know.
    ("message-removed", Action.RECEIVE): (B, C),
    ("message-added", Action.RECEIVE): (C, B),
    ("content-type-changed", Action.SEND): (B, B),
    ("content-type-changed", Action.RECEIVE): (B, B),
}
"""Of the old consumer with the new provider, and of the new consumer with the old provider."""


def compare(old: Specification, new: Specification) -> Comparison:
    """What differs between two versions of an AsyncAPI document, and whom it breaks."""
    before, after = view(old), view(new)
    found = list(_compare_views(before, after, Known()))
    return Comparison(
        kind=Kind.ASYNCAPI,
        differences=tuple(difference for findings in found for difference in findings.differences),
        doubts=(*before.doubts, *after.doubts, *(it for findings in found for it in findings.doubts)),
        unseen=UNSEEN,
    )


def _compare_views(before: View, after: View, known: Known) -> Iterator[Findings]:
    for place in dict.fromkeys((*before.operations, *after.operations)):
        old, new = before.operations.get(place), after.operations.get(place)
        if old and new:
            yield from _compare_messages(old, new, known)
        if old and not new:
            yield _one("operation-removed", old, old.at, "the operation is gone")
        if new and not old:
            yield _one("operation-added", new, new.at, "the operation is new")


def _compare_messages(old: Operation, new: Operation, known: Known) -> Iterator[Findings]:
    """Messages by name; one that is left on each side is the same under another name."""
    gone = [name for name in old.messages if name not in new.messages]
    come = [name for name in new.messages if name not in old.messages]
    kept = [(name, name) for name in old.messages if name in new.messages]
    if len(gone) == len(come) == 1:
        kept, gone, come = [*kept, (gone[0], come[0])], [], []
    for was, now in kept:
        yield from _compare_message(old.messages[was], new.messages[now], new, now, known)
    for name in gone:
        yield _one("message-removed", new, new.at, f"{quoted(name)} is not carried any more", name)
    for name in come:
        yield _one("message-added", new, new.messages[name].at, f"{quoted(name)} is carried now", name)


def _compare_message(
    old: Message, new: Message, operation: Operation, name: str, known: Known
) -> Iterator[Findings]:
    if old.content_type != new.content_type:
        was, now = (shown(message.content_type) or "not stated" for message in (old, new))
        said = f"content type of {quoted(name)} was {was} and is {now}"
        yield _one("content-type-changed", operation, new.at.at("contentType"), said, name)
    yield compare_schemas(
        old.headers, new.headers, _site(operation, name, "headers", Dialect.JSON_SCHEMA), known
    )
    yield _compare_payload(old, new, operation, name, known)


def _compare_payload(old: Message, new: Message, operation: Operation, name: str, known: Known) -> Findings:
    was, now = (_dialect(message.schema_format) for message in (old, new))
    if was and was is now:
        return compare_schemas(old.payload, new.payload, _site(operation, name, "payload", was), known)
    if old.schema_format == new.schema_format and known.same(old.payload, new.payload):
        return Findings()
    formats = " and ".join(dict.fromkeys(shown(it.schema_format) or "the default" for it in (old, new)))
    message = f"{operation.words}: payload of {quoted(name)} in schemaFormat {formats} is not compared"
    return Findings(doubts=(Problem(message=message),))


def _dialect(schema_format: str) -> Dialect | None:
    return DIALECTS.get(schema_format.partition(";")[0].strip().lower())


def _site(operation: Operation, name: str, piece: str, dialect: Dialect) -> Site:
    return Site(
        flow=FLOWS[operation.action],
        position=POSITIONS[operation.action],
        path=f"{operation.words} {shown(name)} {piece}",
        part=(*_part(operation), name, piece),
        dialect=dialect,
    )


def _part(operation: Operation) -> Part:
    return operation.address, operation.action.value


def _one(rule: str, operation: Operation, at: Cursor, said: str, message: str = "") -> Findings:
    with_new_provider, with_old_provider = RULES[rule, operation.action]
    difference = Difference(
        rule=rule,
        position=POSITIONS[operation.action] if message else Position.OPERATION,
        place=at.place(operation.words),
        reason=f"{operation.words}: {said}",
        old_consumer_new_provider=with_new_provider,
        new_consumer_old_provider=with_old_provider,
        part=(*_part(operation), message) if message else _part(operation),
    )
    return Findings(differences=(difference,))
