"""What differs between two versions of a specification, and whom it breaks.

Compatibility has two directions. While a rollout is under way, consumers built against the old specification
meet new providers, and consumers built against the new one meet old providers; a difference may break either,
both or none. The rule behind every table is one: whoever reads must accept all that the other side may write.
A request is written by the consumer, a response and an event by the provider.

A difference names the `part` of the interface that it touches. A consumer that is known to use other parts
only is not affected; see `consumer`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.specification import Kind, Place
from tidegate.core.errors import Problem

Part = tuple[str, ...]
"""A piece of an interface, from the outside inwards; a shorter one contains every longer one it begins.

Of HTTP interfaces (`{}` stands for a path parameter whatever its name, `[]` for any element of a list,
`{}` after a body for any property without a name of its own):

    ("GET /pets/{}",)                                              the operation
    ("GET /pets/{}", "path", "1")                                  its first path parameter
    ("GET /pets/{}", "query", "limit")                             and "header" (in lower case), "cookie"
    ("POST /pets", "request", "application/json", "owner", "name") what the consumer writes
    ("GET /pets", "response", "200", "application/json", "[]", "name")
    ("GET /pets", "response-header", "200", "x-next")
    ("GET /pets", "security")

Of the others: ("Type", "field", …) of GraphQL, ("pkg.Message", "field") of Protobuf, ("channel", "operation",
"message", …) of AsyncAPI, property by property of JSON Schema and Avro.
"""


class Position(StrEnum):
    """Where in an interface something stands; with the sort of difference it decides whom that breaks."""

    OPERATION = "operation"
    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    REQUEST = "request"
    RESPONSE = "response"
    RESPONSE_HEADER = "response-header"
    EVENT = "event"
    SECURITY = "security"
    TYPE = "type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference: which rule found it, where, why it matters, and whom it breaks.

    It affects a consumer that uses `part` or something inside it, unless the consumer uses `spared_by` as
    well: a property that is now required spares those who send it already.
    """

    rule: str
    position: Position
    place: Place
    reason: str
    old_consumer_new_provider: Compatibility
    new_consumer_old_provider: Compatibility
    part: Part = ()
    spared_by: Part | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions of a specification side by side.

    `doubts` are what could not be read or decided, each with its place: with one of them an answer is at best
    unknown. `unseen` says what a comparison of this kind cannot see.
    """

    kind: Kind
    differences: tuple[Difference, ...]
    doubts: tuple[Problem, ...] = ()
    unseen: str = ""

    @property
    def old_consumer_new_provider(self) -> Compatibility:
        """Do consumers built against the old version work with providers of the new one?"""
        return self._answer(difference.old_consumer_new_provider for difference in self.differences)

    @property
    def new_consumer_old_provider(self) -> Compatibility:
        """Do consumers built against the new version work with providers of the old one?"""
        return self._answer(difference.new_consumer_old_provider for difference in self.differences)

    def _answer(self, found: Iterable[Compatibility]) -> Compatibility:
        return worst([*found, *(Compatibility.UNKNOWN for _ in self.doubts)])
