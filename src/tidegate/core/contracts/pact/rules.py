"""Matching rules as every version writes them, read into one shape.

2      {"$.body.name": {"match": "type"}}
3, 4   {"body": {"$.name": {"combine": "AND", "matchers": [{"match": "type"}]}}, "path": {"matchers": [...]}}
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from tidegate.core.contracts.pact.model import Matcher, Rule, Rules, Step, Version
from tidegate.core.contracts.pact.paths import named, parse
from tidegate.core.contracts.specification import Cursor, Kind, Specification, Value

Report = Callable[[Cursor, str], None]
"""Told of what could not be read, where, and why (a sentence without its subject)."""

MOST_RULES: Final = 2_000
"""Rules that one request, response or message may have."""
GROUPS: Final = {
    "path": "path",
    "query": "query",
    "header": "header",
    "headers": "header",
    "body": "body",
    "content": "body",
    "status": "status",
    "metadata": "metadata",
    "metaData": "metadata",
}
WHOLE: Final = ("path", "status")
"""Groups that are about one value: their matchers may stand without a path."""
NAMED: Final = ("query", "header", "metadata")
NOWHERE: Final = Specification(kind=Kind.PACT, name="", documents={}, texts={})
COMBINE: Final = {"AND": False, "OR": True}


def read_rules(cursor: Cursor, version: Version, report: Report) -> Rules:
    """The rules of a request, a response or a message."""
    if cursor and not isinstance(cursor.value, dict):
        report(cursor, "is not a mapping of matching rules")
    found: dict[str, list[Rule]] = {}
    read = list(islice((_grouped if version.grouped else _flat)(cursor, report), MOST_RULES + 1))
    if len(read) > MOST_RULES:
        report(cursor, f"has more than {MOST_RULES} matching rules")
    for group, rule in read:
        found.setdefault(group, []).append(rule)
    return {group: tuple(rules) for group, rules in found.items()}


def _flat(cursor: Cursor, report: Report) -> Iterator[tuple[str, Rule]]:
    for text, entry in cursor.fields():
        steps = parse(text)
        group = GROUPS.get(str(steps[0])) if steps else None
        if not steps or not group:
            report(entry, "is not the path of a matching rule")
        else:
            yield group, Rule(path=_lowered(group, steps[1:]), matchers=(_matcher(entry, report),))


def _grouped(cursor: Cursor, report: Report) -> Iterator[tuple[str, Rule]]:
    for name, entries in cursor.fields():
        group = GROUPS.get(name)
        if group is None:
            report(entries, "is not a group of matching rules")
        elif group in WHOLE and "matchers" in entries.mapping:
            yield group, _rule((), entries, report)
        else:
            yield from ((group, rule) for rule in _group(group, entries, report))


def _group(group: str, entries: Cursor, report: Report) -> Iterator[Rule]:
    for text, entry in entries.fields():
        steps = named(text) if group in NAMED else parse(text)
        if steps is None:
            report(entry, "is not the path of a matching rule")
        else:
            yield _rule(_lowered(group, steps), entry, report)


def nested_rules(entries: Value) -> tuple[Rule, ...] | None:
    """The rules that a matcher carries for what is inside, or None where they cannot be read."""
    unread: list[str] = []
    cursor = Cursor(specification=NOWHERE, file="", value=entries)
    found = tuple(_group("body", cursor, lambda _, reason: unread.append(reason)))
    return None if unread else found


def _lowered(group: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Names of headers count in any case."""
    first = steps[:1]
    return (
        (*(s.lower() if isinstance(s, str) else s for s in first), *steps[1:]) if group == "header" else steps
    )


def _rule(path: tuple[Step, ...], entry: Cursor, report: Report) -> Rule:
    combine = entry.mapping.get("combine", "AND")
    if combine not in COMBINE:
        report(entry.at("combine"), 'is neither "AND" nor "OR"')
    matchers = tuple(_matcher(matcher, report) for matcher in entry.at("matchers").elements())
    if not matchers:
        report(entry, "has no matchers")
    return Rule(path=path, matchers=matchers, any_of=combine == "OR")


def _matcher(cursor: Cursor, report: Report) -> Matcher:
    """A matcher; `{"min": 1}` alone is one of type, `{"regex": ...}` one of regex, as version 2 allows."""
    found = matcher_of(cursor.mapping)
    if not found.name:
        report(cursor, "says no matcher that is known")
    return found


def matcher_of(entry: object) -> Matcher:
    """The matcher of an entry, with an empty name where it has none."""
    mapping = entry if isinstance(entry, dict) else {}
    name = mapping.get("match")
    implied = next((meant for key, meant in IMPLIED.items() if key in mapping), "")
    return Matcher(name=name if isinstance(name, str) else implied, arguments=mapping)


IMPLIED: Final = {
    "regex": "regex",
    "min": "type",
    "max": "type",
    "date": "date",
    "time": "time",
    "timestamp": "datetime",
}
