"""What an interface announces to go away: `deprecated`, and `x-sunset` with the date until which it stays.

Operations, parameters, headers and properties of schemas may say so. The core has no clock: whether a date has
passed is decided by who knows today's.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import Final

from tidegate.core.contracts.differences import Part
from tidegate.core.contracts.openapi.doubts import Doubts
from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.view import Content, Operation
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.specification import Cursor, Specification, Unresolved
from tidegate.core.errors import Problem

MOST: Final = 100_000
"""Places that are looked at, over all operations: a shared schema counts wherever it is used."""

SUNSET: Final = "x-sunset"

BELOW: Final[Mapping[str, str]] = {"items": "[]", "additionalProperties": "{}"}
BESIDE: Final = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A place that may announce something: the part of the interface, and how people call it."""

    cursor: Cursor
    part: Part
    path: str

    def at(self, cursor: Cursor, *pieces: str) -> "Spoken":
        """A place inside this one."""
        return Spoken(cursor=cursor, part=(*self.part, *pieces), path=" ".join((self.path, *pieces)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcements:
    """What is announced, and what could not be understood of it."""

    retirements: tuple[Retirement, ...]
    problems: tuple[Problem, ...]


def announcements(specification: Specification, most: int = MOST) -> Announcements:
    """Everything that a specification announces to go away, in its first `most` places."""
    interface, doubts, found = read(specification), Doubts(), list[Retirement]()
    operations = (*interface.operations.values(), *interface.webhooks.values())
    for n, place in enumerate(chain.from_iterable(map(_places, operations))):
        if n == most:
            doubts.add(specification.cursor, f"after {most} places nothing more is read of what will go")
            break
        found += _announced(place, doubts)
    return Announcements(retirements=tuple(found), problems=tuple(dict.fromkeys(doubts.found)))


def retirements(specification: Specification) -> tuple[Retirement, ...]:
    """Everything that a specification announces to go away; a date that cannot be read is none."""
    return announcements(specification).retirements


def sunset_of(text: str) -> date | None:
    """The day (UTC) of an RFC 3339 date or time, or of a date as HTTP writes it (RFC 8594); None of other texts."""
    for parse in (datetime.fromisoformat, _http_date):
        try:
            moment = parse(text)
            return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError):
            continue
    return None


def _http_date(text: str) -> datetime:
    return datetime.strptime(text.replace("GMT", "+0000"), "%a, %d %b %Y %H:%M:%S %z")


def _announced(place: Spoken, doubts: Doubts) -> Iterator[Retirement]:
    written, deprecated = place.cursor.at(SUNSET), place.cursor.at("deprecated").value is True
    sunset = sunset_of(written.text)
    if written and not sunset:
        doubts.add(written, f"`{SUNSET}` is no date", "such as 2030-12-31")
    if written or deprecated:
        at = place.cursor.place(place.path)
        yield Retirement(part=place.part, path=place.path, deprecated=deprecated, sunset=sunset, place=at)


def _places(operation: Operation) -> Iterator[Spoken]:
    """Every place of an operation that may announce something."""
    whole = Spoken(cursor=operation.cursor, part=operation.part, path=operation.name)
    yield whole
    yield from (whole.at(parameter.cursor, *key) for key, parameter in operation.parameters.items())
    if operation.body:
        yield from _content(operation.body.content, whole.at(operation.body.cursor, "request"))
    for status, response in operation.responses.items():
        for (_, name), header in response.headers.items():
            yield whole.at(header.cursor, "response-header", status, name)
        yield from _content(response.content, whole.at(response.cursor, "response", status))
    yield from chain.from_iterable(map(_places, operation.callbacks.values()))


def _content(content: Content, body: Spoken) -> Iterator[Spoken]:
    return chain.from_iterable(_properties(body.at(media.schema, type_)) for type_, media in content.items())


def _properties(schema: Spoken) -> Iterator[Spoken]:
    """The properties at any depth; what a schema holds of itself is told once, where it is nearest."""
    waiting, seen = deque([schema]), set[tuple[str, str]]()
    while waiting:
        place = waiting.popleft()
        target = place.cursor.resolved()
        if isinstance(target, Unresolved) or (target.file, target.pointer) in seen:
            continue
        seen.add((target.file, target.pointer))
        for name, cursor in target.at("properties").fields():
            below = place.at(cursor, name)
            yield below
            waiting.append(below)
        words = target.mapping
        waiting += [place.at(target.at(word), step) for word, step in BELOW.items() if word in words]
        waiting += [place.at(each) for word in BESIDE if word in words for each in target.at(word).elements()]
