"""What Backstage has no word for stands in annotations, and nowhere else.

    on a Component   tidegate.dev/version    "1.4.0"        the version that is live
                     tidegate.dev/tier       "1"            1 (most critical) to 4
                     tidegate.dev/traffic    "40/s"         requests that it gets: a second, minute (m) or hour (h)
                     tidegate.dev/provides   "payments-api@1.4.0 payments-api@2.0.0"
                                                            what it offers; the API's version if absent
                     tidegate.dev/consumes   "ledger-api@^1.2, prices-api@>=1 <3"
                                                            what it needs; ^ and the API's version if absent
                     tidegate.dev/flags      "new-checkout, fast-quotes"
                                                            the feature flags that the live version evaluates
    on an API        tidegate.dev/version    "1.4.0"        the version of the specification in force
                     tidegate.dev/sunset     "^1 2027-01-31, 2.0.0"
                                                            versions announced to go, and until when they stay

`providesApis` and `consumesApis` say which interfaces there are; the annotations only add versions to them.
A field that is Backstage's is never refused for being unknown; an annotation of ours is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.catalog import Sunset
from tidegate.core.errors import Problem
from tidegate.core.ids import FlagKey
from tidegate.sources.entities import Entity, Ref
from tidegate.sources.quantities import (
    TIERS,
    calendar_day,
    interface_range,
    interface_version,
    rate,
    service_version,
)
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

PREFIX: Final = "tidegate.dev/"
VERSION: Final = f"{PREFIX}version"
TIER: Final = f"{PREFIX}tier"
TRAFFIC: Final = f"{PREFIX}traffic"
PROVIDES: Final = f"{PREFIX}provides"
CONSUMES: Final = f"{PREFIX}consumes"
FLAGS: Final = f"{PREFIX}flags"
SUNSET: Final = f"{PREFIX}sunset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`api@rest` in an annotation; `rest` is a version or a range."""

    api: str
    rest: str

    def names(self, entity: Entity, relation: str, ref: Ref | None) -> bool:
        """Whether the entity means that API."""
        own = entity.ref_to(relation, self.api)
        return own is not None and ref is not None and own.key == ref.key


def provided(text: str) -> list[Entry]:
    """The entries of `tidegate.dev/provides`, between which there are spaces or commas."""
    return [_entry(part) for part in re.split(r"[\s,]+", text) if part]


def consumed(text: str) -> list[Entry]:
    """The entries of `tidegate.dev/consumes`, each on its line or with commas between: ranges hold spaces."""
    return [_entry(part) for part in _listed(text)]


def _listed(text: str) -> Iterator[str]:
    """Entries with commas or line breaks between."""
    return (part.strip() for part in re.split(r"[,\n]", text) if part.strip())


def flags(text: str) -> tuple[FlagKey, ...]:
    """The keys in `tidegate.dev/flags`, each once."""
    return tuple(dict.fromkeys(map(FlagKey, _listed(text))))


def _entry(text: str) -> Entry:
    api, _, rest = text.partition("@")
    return Entry(api=api.strip(), rest=rest.strip())


def sunsets(text: str) -> Iterator[Sunset | str]:
    """The entries of `tidegate.dev/sunset`: a range of versions and perhaps a date; what is none, as written."""
    for part in _listed(text):
        wanted, _, last = part.rpartition(" ")
        day = calendar_day(last)
        range_ = interface_range(wanted if day else part)
        yield part if range_ is None else Sunset(range=range_, on=day)


def annotation_problems(entity: Entity) -> Iterator[Problem]:
    """What is wrong with an entity's annotations of ours; others are none of our business."""
    known = ANNOTATIONS.get(entity.ref.kind, {})
    written = entity.node.at("metadata", "annotations")
    for name, node in written.fields.items():
        if not name.startswith(PREFIX):
            continue
        if name in known:
            yield from known[name](entity, node) if isinstance(node.value, str) else ()
            continue
        takes = (
            f"known on a {entity.ref.kind}: {listed(known)}" if known else f"a {entity.ref.kind} takes none"
        )
        guess = did_you_mean(name, known, PREFIX)
        message = f"unknown annotation {quoted(name)} on {entity.ref}"
        yield Problem(message=message, location=written.key(name), hint=guess or takes)


def _check_service_version(_: Entity, node: Node) -> Iterator[Problem]:
    if not service_version(node.text):
        hint = "letters, digits and . _ + - such as 1.4.0"
        yield node.problem(f"{VERSION} is {quoted(node.text)}, which cannot name a version", hint)


def _check_interface_version(_: Entity, node: Node) -> Iterator[Problem]:
    if not interface_version(node.text):
        message = f"{VERSION} is {quoted(node.text)}, which is not a semantic version"
        yield node.problem(message, "write major.minor.patch, such as 1.4.0")


def _check_tier(_: Entity, node: Node) -> Iterator[Problem]:
    if node.text not in TIERS:
        yield node.problem(f"{TIER} is {quoted(node.text)}, which is not a tier", f"allowed: {listed(TIERS)}")


def _check_traffic(_: Entity, node: Node) -> Iterator[Problem]:
    if rate(node.text) is None:
        message = f"{TRAFFIC} is {quoted(node.text)}, which is not a rate"
        yield node.problem(message, "write requests a second, minute or hour, such as 40/s, 90/m or 10/h")


def _check_provides(entity: Entity, node: Node) -> Iterator[Problem]:
    for entry in provided(node.text):
        yield from _check_entry(entity, node, entry, "providesApis")
        if entry.rest and not interface_version(entry.rest):
            message = f"{quoted(entry.rest)} in {PROVIDES} is not a semantic version"
            yield node.problem(message, f"write {entry.api}@1.4.0")


def _check_consumes(entity: Entity, node: Node) -> Iterator[Problem]:
    seen: set[str] = set()
    for entry in consumed(node.text):
        yield from _check_entry(entity, node, entry, "consumesApis")
        if entry.rest and interface_range(entry.rest) is None:
            message = f"{quoted(entry.rest)} in {CONSUMES} is not a range of versions"
            yield node.problem(message, f"write {entry.api}@^1.4, and a comma between entries")
        if entry.api in seen:
            yield node.problem(f"{quoted(entry.api)} is twice in {CONSUMES}", "join ranges by ||")
        seen.add(entry.api)


def _check_flags(_: Entity, node: Node) -> Iterator[Problem]:
    for key in flags(node.text):
        if re.search(r"\s", key):
            message = f"{quoted(key)} in {FLAGS} is not the key of a flag"
            yield node.problem(message, "put a comma between keys")


def _check_sunset(_: Entity, node: Node) -> Iterator[Problem]:
    for entry in sunsets(node.text):
        if isinstance(entry, str):
            message = f"{quoted(entry)} in {SUNSET} is not a range of versions and a date"
            yield node.problem(message, "write ^1 2027-01-31, and a comma between entries")


def _check_entry(entity: Entity, node: Node, entry: Entry, relation: str) -> Iterator[Problem]:
    name, form = RELATION_ANNOTATIONS[relation]
    if not entry.rest:
        yield node.problem(f"{quoted(entry.api)} in {name} lacks a version", f"write {form}")
    known = [target.text for target in entity.targets(relation)]
    if not any(entry.names(entity, relation, entity.ref_to(relation, text)) for text in known):
        hint = did_you_mean(entry.api, known) or f"add it to spec.{relation}"
        yield node.problem(f"{name} names {quoted(entry.api)}, which spec.{relation} does not", hint)


RELATION_ANNOTATIONS: Final = {
    "providesApis": (PROVIDES, "api@version"),
    "consumesApis": (CONSUMES, "api@range"),
}

ANNOTATIONS: Final[Mapping[str, Mapping[str, Callable[[Entity, Node], Iterable[Problem]]]]] = {
    "Component": {
        VERSION: _check_service_version,
        TIER: _check_tier,
        TRAFFIC: _check_traffic,
        PROVIDES: _check_provides,
        CONSUMES: _check_consumes,
        FLAGS: _check_flags,
    },
    "API": {VERSION: _check_interface_version, SUNSET: _check_sunset},
}
