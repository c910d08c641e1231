"""A consumer contract as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from tidegate.core.contracts.specification import Place, Value
from tidegate.core.errors import Problem


class Version(StrEnum):
    """The versions of the Pact specification."""

    V1 = "1.0"
    V1_1 = "1.1"
    V2 = "2.0"
    V3 = "3.0"
    V4 = "4.0"

    @property
    def grouped(self) -> bool:
        """Whether matching rules come in groups (`body`, `header`) instead of paths from `$.body`."""
        return self in (Version.V3, Version.V4)


class InteractionKind(StrEnum):
    """What an interaction is, in the words of version 4."""

    HTTP = "Synchronous/HTTP"
    MESSAGE = "Asynchronous/Messages"
    EXCHANGE = "Synchronous/Messages"


class Wild(Enum):
    """A step of a path that stands for many."""

    NAME = "*"
    INDEX = "[*]"


Step = str | int | Wild
"""A step from a value into it: a name, an index, or any of either."""


Content = Value | bytes
"""What a body holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One demand, as it is written: `name` is the word after `match`."""

    name: str
    arguments: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is demanded of the values that a path selects: all matchers, or `any_of` them."""

    path: tuple[Step, ...]
    matchers: tuple[Matcher, ...]
    any_of: bool = False


Rules = Mapping[str, tuple[Rule, ...]]
"""Rules by what they are about: `path`, `query`, `header`, `body`, `status`, `metadata`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a message carries: plain values of JSON, a text, or bytes; `None` and "" are an empty one.

    `media` is the content type that is declared for it, in lower case and without parameters, or empty.
    """

    content: Content
    media: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the consumer sends. `ordered_query` is the query of version 1, where its order counts.

    `headers` have names in lower case. No `body` means that nothing is said about it.
    """

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ordered_query: str | None = None
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: Body | None = None
    rules: Rules = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the provider answers. No `status` means that nothing is said about it."""

    status: int | None = None
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: Body | None = None
    rules: Rules = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is carried by a queue or a stream."""

    body: Body | None = None
    metadata: Mapping[str, Value] = field(default_factory=dict)
    rules: Rules = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One example of consumer and provider at work.

    An HTTP interaction has `request` and `response`; an exchange has messages both ways, the first of them
    from the consumer. A `pending` interaction is work under way: it says nothing against a provider yet.
    """

    kind: InteractionKind
    description: str
    place: Place
    states: tuple[str, ...] = ()
    key: str = ""
    pending: bool = False
    request: Request | None = None
    response: Response | None = None
    messages: tuple[Message, ...] = ()

    def __str__(self) -> str:
        return f'"{self.description}"' + (f" given {', '.join(self.states)}" if self.states else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a consumer needs of a provider. With a doubt (something unread) no answer is better than unknown."""

    consumer: str
    provider: str
    version: Version
    interactions: tuple[Interaction, ...]
    doubts: tuple[Problem, ...] = ()
