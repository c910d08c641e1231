"""Two versions of what must be presented to call an operation.

A list of requirements is a choice: one of them is enough. A requirement is a set of schemes, each with scopes, all
of which are needed; an empty one, or none at all, lets everybody in. An old consumer presents what one of the old
requirements asks, nobody knows which; each of these must be enough for one of the new.

Schemes are the same if they are used alike (where the key stands, which sort of token), whatever their names. Two
schemes of OAuth or OpenID with different addresses are the same if they have the same name; then tokens come from
elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.contracts.differences import Position
from tidegate.core.contracts.openapi.doubts import Doubts
from tidegate.core.contracts.openapi.findings import Findings, Spot
from tidegate.core.contracts.openapi.rules import Change, Noun
from tidegate.core.contracts.openapi.view import Operation
from tidegate.core.contracts.specification import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A way to prove who one is: how the proof is presented, and the addresses that issue it."""

    name: str
    use: tuple[str, ...]
    issuers: frozenset[str] = frozenset()

    def same(self, other: "Scheme") -> bool:
        """Does the proof for one do for the other?"""
        return self.use == other.use and (self.issuers == other.issuers or self.name == other.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A scheme with the scopes that a requirement asks for."""

    scheme: Scheme
    scopes: frozenset[str]

    def met_by(self, other: "Demand") -> bool:
        """Is what the other asks for enough for this one?"""
        return self.scheme.same(other.scheme) and self.scopes <= other.scopes


Requirement = tuple[Demand, ...]
MOST: Final = 64
"""Requirements that are compared, each with each."""
EVERYBODY: Final[tuple[Requirement, ...]] = ((),)


def compare_security(old: Operation, new: Operation, spot: Spot) -> Findings:
    """What differs between the requirements of two versions of an operation; what cannot be read is a doubt."""
    doubts = Doubts()
    before = _requirements(old.security, spot.versions.old.schemes, doubts)
    after = _requirements(new.security, spot.versions.new.schemes, doubts)
    yield from doubts.found
    here = spot.below("security")
    if not all(_met(requirement, after) for requirement in before):
        yield here.difference(Noun.SECURITY, Change.TIGHTENED, Position.SECURITY, new.security)
    if not all(_met(requirement, before) for requirement in after):
        yield here.difference(Noun.SECURITY, Change.LOOSENED, Position.SECURITY, new.security)
    if _issuers_differ(before, after):
        yield here.difference(Noun.SECURITY, Change.ISSUER_CHANGED, Position.SECURITY, new.security)


def _met(presented: Requirement, choice: tuple[Requirement, ...]) -> bool:
    """Is what one requirement asks for enough for one of a choice?"""
    return any(all(any(demand.met_by(held) for held in presented) for demand in asked) for asked in choice)


def _issuers_differ(old: tuple[Requirement, ...], new: tuple[Requirement, ...]) -> bool:
    pairs = ((a.scheme, b.scheme) for a in _demands(old) for b in _demands(new))
    return any(a.same(b) and a.issuers != b.issuers for a, b in pairs)


def _demands(choice: tuple[Requirement, ...]) -> Iterator[Demand]:
    return (demand for requirement in choice for demand in requirement)


def _requirements(written: Cursor, schemes: Cursor, doubts: Doubts) -> tuple[Requirement, ...]:
    entries = [doubts.entry(each, "a requirement") for each in doubts.elements(written, "`security`")]
    if len(entries) > MOST:
        doubts.add(written, f"of {len(entries)} requirements the first {MOST} are compared")
    return tuple(tuple(_read(entry, schemes, doubts)) for entry in entries[:MOST]) or EVERYBODY


def _read(entry: Cursor, schemes: Cursor, doubts: Doubts) -> Iterator[Demand]:
    for name, scopes in doubts.fields(entry, "a requirement"):
        scheme = schemes.at(name)
        if not scheme:
            doubts.add(scopes, f"there is no security scheme '{name}'")
        asked = frozenset(scope.text for scope in doubts.elements(scopes, "a list of scopes"))
        yield Demand(scheme=_scheme(name, doubts.entry(scheme, "a security scheme"), doubts), scopes=asked)


def _scheme(name: str, cursor: Cursor, doubts: Doubts) -> Scheme:
    sort = cursor.at("type").text
    if sort not in USES:
        doubts.add(cursor, f"`type` is none of {', '.join(USES)}")
        return Scheme(name=name, use=(sort, name))
    return Scheme(name=name, use=USES[sort](cursor), issuers=frozenset(_issuers(cursor)))


def _key(cursor: Cursor) -> tuple[str, ...]:
    place, name = cursor.at("in").text, cursor.at("name").text
    return "apiKey", place, name.lower() if place == "header" else name


USES: Final[Mapping[str, Callable[[Cursor], tuple[str, ...]]]] = {
    "apiKey": _key,
    "http": lambda cursor: ("http", cursor.at("scheme").text.lower()),
    "basic": lambda _: ("http", "basic"),
    "oauth2": lambda _: ("oauth2",),
    "openIdConnect": lambda _: ("openIdConnect",),
    "mutualTLS": lambda _: ("mutualTLS",),
}
"""What of a scheme is seen in a request, by type; `basic` is Swagger's."""

FLOWS: Final = {"application": "clientCredentials", "accessCode": "authorizationCode"}
"""Swagger's names of flows, where OpenAPI has others."""


def _issuers(cursor: Cursor) -> Iterator[str]:
    """The addresses where tokens come from, each with the flow that it is for."""
    yield from filter(None, (cursor.at("openIdConnectUrl").text,))
    flow = cursor.at("flow").text
    flows = [(FLOWS.get(flow, flow), cursor)] if flow else cursor.at("flows").fields()
    for name, addresses in flows:
        for word in ("authorizationUrl", "tokenUrl"):
            if url := addresses.at(word).text:
                yield f"{name} {url}"
