"""What an interaction demands of its provider, value by value, and which demands follow from which."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.pact.matchers import Question, ask, one_of, sort_of
from tidegate.core.contracts.pact.model import (
    Body,
    Content,
    Interaction,
    InteractionKind,
    Matcher,
    Message,
    Request,
    Response,
    Rules,
)
from tidegate.core.contracts.pact.scope import MOST_DEPTH, Scope, scope_of
from tidegate.core.contracts.pact.values import ANY_LENGTH, INWARD
from tidegate.core.contracts.specification import Value

EXACT: Final = Matcher(name="equality")
TYPED: Final = frozenset(
    {
        "type",
        "integer",
        "decimal",
        "number",
        "boolean",
        "null",
        "date",
        "time",
        "datetime",
        "timestamp",
        "semver",
    }
)
"""Matchers that hold the type of a value fast."""
WALKING: Final = frozenset({"values", "eachKey", "eachValue", "arrayContains", "notEmpty"})
"""Matchers about what is inside a value, which nothing follows from but they themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is demanded of one value. An object without matchers is only demanded to be one."""

    expected: Content
    matchers: tuple[Matcher, ...]
    any_of: bool = False

    @property
    def fixed(self) -> bool:
        """Whether the type of the value is demanded."""
        return any(matcher.name in TYPED for matcher in self.matchers)

    @property
    def exact(self) -> bool:
        """Whether the value itself is demanded."""
        return all(matcher.name == EXACT.name for matcher in self.matchers)


Demands = Mapping[str, Asked]


def sent_by(interaction: Interaction) -> Demands:
    """What a consumer sends, by path. The rules of a request are about its mock and do not count."""
    request, messages = interaction.request, _messages(interaction)[0]
    found = list(_of_request(request)) if request else []
    for message in messages:
        found += [*_of_values(dict(message.metadata), "metadata", {}), *_of_body(message.body, {})]
    return dict(found)


def demanded_by(interaction: Interaction) -> Demands:
    """What a consumer demands in return, by path."""
    response, messages = interaction.response, _messages(interaction)[1]
    found = list(_of_response(response)) if response else []
    for at, message in enumerate(messages):
        metadata = _of_values(dict(message.metadata), "metadata", message.rules)
        found += [(f"{at} {path}", ask) for path, ask in (*metadata, *_of_body(message.body, message.rules))]
    return dict(found)


def _messages(interaction: Interaction) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """The messages from the consumer, and those to it."""
    first = 1 if interaction.kind is InteractionKind.EXCHANGE else 0
    return interaction.messages[:first], interaction.messages[first:]


def _of_request(request: Request) -> Iterator[tuple[str, Asked]]:
    plain = {"method": request.method, "path": request.path, "query": request.ordered_query}
    yield from ((name, Asked(expected=value, matchers=())) for name, value in plain.items())
    for part, values in (("query", request.query), ("header", request.headers)):
        yield from _of_values({name: [*each] for name, each in values.items()}, part, {})
    yield from _of_body(request.body, {})


def _of_response(response: Response) -> Iterator[tuple[str, Asked]]:
    if response.status is not None or "status" in response.rules:
        yield from _of_values(response.status, "status", response.rules)
    headers: dict[str, Value] = {name: ", ".join(values) for name, values in response.headers.items()}
    yield from _of_values(headers, "header", response.rules)
    yield from _of_body(response.body, response.rules)


def _of_body(body: Body | None, rules: Rules) -> Iterator[tuple[str, Asked]]:
    if body:
        yield "media", Asked(expected=body.media, matchers=())
        yield from _of_values(body.content, "body", rules)


def _of_values(expected: Content, part: str, rules: Rules) -> Iterator[tuple[str, Asked]]:
    yield from _walk(expected, scope_of(part, rules.get(part, ())))


def _walk(expected: Content, scope: Scope) -> Iterator[tuple[str, Asked]]:
    """What is demanded of a value and inside it; where a list may be of any length, of its first element."""
    yield f"{scope.part} {scope.path}", _asked(expected, scope)
    inside: Iterable[tuple[str | int, Value]] = ()
    if isinstance(expected, dict):
        inside = expected.items()
    elif isinstance(expected, list):
        inside = enumerate(expected[:1] if scope.has(*ANY_LENGTH) else expected)
    for step, value in inside if scope.depth <= MOST_DEPTH else ():
        yield from _walk(value, scope.below(step))


def _asked(expected: Content, scope: Scope) -> Asked:
    """The demand on one value: of an object to be one, of a list its length, unless matchers say otherwise."""
    any_of = bool(scope.best and scope.best.any_of)
    matchers = tuple(_here(matcher, scope) for matcher in scope.matchers)
    if isinstance(expected, (dict, list)):
        matchers = tuple(matcher for matcher in matchers if matcher.name not in INWARD)
        expected = {} if isinstance(expected, dict) else [None] * len(expected)
    return Asked(expected=expected, matchers=matchers, any_of=any_of)


def _here(matcher: Matcher, scope: Scope) -> Matcher:
    """A matcher as it holds here: limits of length do not cascade, and what it is called is said once."""
    left_out = {"match", *(("min", "max") if scope.cascaded else ())}
    return Matcher(
        name=matcher.name, arguments={k: v for k, v in matcher.arguments.items() if k not in left_out}
    )


def follows(wanted: Asked | None, *, given: Asked | None) -> Compatibility:
    """Does a provider that meets the `given` demand meet the `wanted` one?"""
    if wanted is None or _same(wanted, given):
        return Compatibility.COMPATIBLE
    if given is None or WALKING & {matcher.name for matcher in wanted.matchers}:
        return Compatibility.UNKNOWN
    if given.exact:
        return _met_by_value(wanted, given.expected)
    if not given.fixed or given.any_of:
        return Compatibility.UNKNOWN
    if sort_of(given.expected) != sort_of(wanted.expected):
        return Compatibility.BREAKING if wanted.exact or wanted.fixed else Compatibility.UNKNOWN
    weaker = all(_weaker(matcher, given) for matcher in wanted.matchers)
    return Compatibility.COMPATIBLE if weaker and not wanted.exact else Compatibility.UNKNOWN


def _same(wanted: Asked, given: Asked | None) -> bool:
    return given is not None and wanted == given and sort_of(wanted.expected) == sort_of(given.expected)


def _met_by_value(wanted: Asked, value: Content) -> Compatibility:
    """Of an exact value the matchers themselves say whether it meets a demand."""
    question = Question(matcher=EXACT, expected=wanted.expected, actual=value)
    misses = [ask(replace(question, matcher=matcher)) for matcher in wanted.matchers or (EXACT,)]
    found = one_of(misses) if wanted.any_of else [miss for miss in misses if miss]
    return worst(Compatibility.UNKNOWN if miss.undecided else Compatibility.BREAKING for miss in found)


def _weaker(wanted: Matcher, given: Asked) -> bool:
    """Whether a matcher asks no more than a given one, on a value of the same type."""
    names = {matcher.name for matcher in given.matchers}
    if wanted.name == "number":
        return bool(names & {"integer", "decimal"})
    return wanted in given.matchers or (wanted.name == "type" and not wanted.arguments)
