"""An AsyncAPI document as the operations and messages it describes, the same for versions 2 and 3.

The document describes an application; that is the provider, and whoever talks to it is a consumer. Version 3
says `send` and `receive` from the application's view. Version 2 says what others may do: they `subscribe` to
what the application sends, and `publish` what it receives.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.schemas.known import Key, key
from tidegate.core.contracts.schemas.words import quoted, shown
from tidegate.core.contracts.specification import Cursor, Specification, Unresolved
from tidegate.core.errors import Problem


class Action(StrEnum):
    """What the provider does with the messages of a channel."""

    SEND = "send"
    RECEIVE = "receive"

    @property
    def answer(self) -> "Action":
        """What it does with the replies."""
        return Action.RECEIVE if self is Action.SEND else Action.SEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the provider does on a channel, and the messages by name."""

    at: Cursor
    address: str
    action: Action
    messages: Mapping[str, "Message"]

    @property
    def words(self) -> str:
        """As people call it."""
        return f"{self.action} {shown(self.address)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One sort of message: its payload with the format of its schema, its headers, and how it is encoded."""

    at: Cursor
    payload: Cursor
    headers: Cursor
    content_type: str
    schema_format: str


OperationKey = tuple[str, Action]


@dataclass(slots=True, kw_only=True)
class View:
    """The operations of a document, and what could not be read of it."""

    specification: Specification
    operations: dict[OperationKey, Operation] = field(default_factory=dict)
    doubts: list[Problem] = field(default_factory=list)

    def add(self, at: Cursor, address: str, action: Action, messages: Mapping[str, Cursor]) -> None:
        """One operation; several of one channel and action count together."""
        place = (anonymous(address), action)
        known = self.operations.get(place)
        read = {name: self._message(message) for name, message in messages.items()}
        merged = {**(known.messages if known else {}), **read}
        self.operations[place] = Operation(at=at, address=address, action=action, messages=merged)

    def follow(self, cursor: Cursor) -> Cursor:
        """Where a `$ref` leads; the cursor itself, with a doubt, where it leads nowhere."""
        target = cursor.resolved()
        if isinstance(target, Unresolved):
            self.doubt(cursor, f"{quoted(f'$ref: {target.ref}')} {target.reason}")
            return cursor
        return target

    def doubt(self, cursor: Cursor, reason: str) -> None:
        """Note what could not be read."""
        message = f"{reason} (at {shown(f'{cursor.file}#{cursor.pointer}', 200)})"
        self.doubts.append(Problem(message=message, hint="until it is mended the answer is unknown"))

    def _message(self, written: Cursor) -> Message:
        message = self.follow(written)
        traits = [self.follow(trait) for trait in message.at("traits").elements()]
        if message.at("headers") and any(trait.at("headers") for trait in traits):
            self.doubt(message, "headers that come from a trait as well are not compared")
        payload = self.follow(_from(message, traits, "payload"))
        several = "schemaFormat" in payload.mapping and "schema" in payload.mapping
        stated = payload if several else _from(message, traits, "schemaFormat", whole=True)
        default = self.specification.cursor.at("defaultContentType").text
        return Message(
            at=message,
            payload=payload.at("schema") if several else payload,
            headers=_from(message, traits, "headers"),
            content_type=_from(message, traits, "contentType").text or default,
            schema_format=stated.at("schemaFormat").text,
        )


def _from(message: Cursor, traits: list[Cursor], word: str, *, whole: bool = False) -> Cursor:
    """A field of a message, or of the first trait that has it; `whole` is who has it."""
    owner = next((it for it in (message, *traits) if it.at(word)), message)
    return owner if whole else owner.at(word)


PARAMETER: Final = re.compile(r"\{[^{}]*\}")


def anonymous(address: str) -> str:
    """An address whose parameters have no names: those matter to nobody on the other side."""
    return PARAMETER.sub("{}", address)


def view(specification: Specification) -> View:
    """The operations of a document of version 2 or 3."""
    found = View(specification=specification)
    root = specification.cursor
    version = str(root.at("asyncapi").value)
    read = READERS.get(version.partition(".")[0])
    if read is None:
        found.doubt(root, f"version {version!a:.40} of AsyncAPI is not known, only 2 and 3")
    elif not isinstance(root.at("channels").value, dict):
        found.doubt(root, "a document without channels")
    else:
        read(found, root)
    return found


# -- version 2 -----------------------------------------------------------------------------------------------

V2: Final = {"subscribe": Action.SEND, "publish": Action.RECEIVE}


def _read_2(found: View, root: Cursor) -> None:
    for address, written in root.at("channels").fields():
        channel = found.follow(written)
        for word, action in V2.items():
            if operation := channel.at(word):
                found.add(operation, address, action, dict(_messages_2(found, operation.at("message"))))


def _messages_2(found: View, message: Cursor) -> Iterator[tuple[str, Cursor]]:
    members = list(found.follow(message).at("oneOf").elements()) or [message]
    for i, member in enumerate(member for member in members if member):
        target = found.follow(member)
        names = (target.at("messageId").text, target.at("name").text, _last(member.at("$ref").text))
        yield next(filter(None, names), f"message {i + 1}"), member


def _last(ref: str) -> str:
    return ref.rpartition("/")[2]


# -- version 3 -----------------------------------------------------------------------------------------------


def _read_3(found: View, root: Cursor) -> None:
    spoken: set[Key] = set()
    for _, written in root.at("operations").fields():
        operation = found.follow(written)
        action = operation.at("action").text
        if action not in list(Action):
            found.doubt(operation, f"the action {action!a:.40} is neither send nor receive")
            continue
        channel = _operation_3(found, operation, Action(action), operation.at("messages"))
        spoken.add(key(channel))
        if reply := found.follow(operation.at("reply")):
            spoken.add(key(_operation_3(found, reply, Action(action).answer, reply.at("messages"))))
    _unspoken_3(found, root, spoken)


def _operation_3(found: View, operation: Cursor, action: Action, chosen: Cursor) -> Cursor:
    """One operation on its channel, with the messages it chooses; without a choice all of them."""
    channel = found.follow(operation.at("channel"))
    messages = {_last(it.at("$ref").text): it for it in chosen.elements()} or dict(_all_3(channel))
    found.add(operation, _address(channel), action, messages)
    return channel


def _all_3(channel: Cursor) -> Iterator[tuple[str, Cursor]]:
    return channel.at("messages").fields()


def _address(channel: Cursor) -> str:
    return channel.at("address").text or _last(channel.pointer).replace("~1", "/").replace("~0", "~")


def _unspoken_3(found: View, root: Cursor, spoken: set[Key]) -> None:
    """Channels of which no operation speaks: the messages may go either way."""
    for _, written in root.at("channels").fields():
        channel = found.follow(written)
        if key(channel) not in spoken:
            for action in Action:
                found.add(channel, _address(channel), action, dict(_all_3(channel)))


READERS: Final[Mapping[str, Callable[[View, Cursor], None]]] = {"2": _read_2, "3": _read_3}
