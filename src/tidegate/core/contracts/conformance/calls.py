"""Which version of an interface does a caller really call, beside what it declared?

The version called is seen by the operation alone: that a request's method and path, below the base path of a
server, are in one version's specification and not in another's. Two versions that both have the operation cannot
be told apart; then the caller has the benefit of the doubt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.conformance.check import FAILED, Contract, anonymous
from tidegate.core.contracts.conformance.exchange import Exchange
from tidegate.core.contracts.versions import in_range
from tidegate.core.gates.evidence import CallEdge
from tidegate.core.ids import InterfaceName

Versions = Mapping[str, Contract]
"""The versions of one interface whose specification is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is on record of both ends: what the caller needs (None: nothing is known of it), what the callee offers."""

    consumes: Sequence[Requirement] | None
    provides: Sequence[Provision]


def mismatch(
    edge: CallEdge, exchange: Exchange, declared: Declared, known: Mapping[InterfaceName, Versions]
) -> str:
    """How a call differs from what its caller declared; empty where it does not, or where nobody can tell."""
    if edge.caller is None or exchange.status >= FAILED or _as_declared(exchange, declared, known):
        return ""
    called = _called(exchange, declared.provides, known)
    said = _said(called, declared) if called else ""
    return f"{edge.caller.service} {edge.caller.version} {said}" if said else ""


def _as_declared(exchange: Exchange, declared: Declared, known: Mapping[InterfaceName, Versions]) -> bool:
    """Whether a version that the caller named has the operation: nearly always, so it is asked first."""
    return any(
        in_range(version, need.range) and contract.operation(exchange)
        for need in declared.consumes or ()
        for version, contract in known.get(need.interface, {}).items()
        if need.range
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Called:
    """An operation of an interface, and the versions that have it: none, where it is in no specification."""

    interface: InterfaceName
    operation: str
    versions: tuple[str, ...]


def _called(
    exchange: Exchange, provides: Sequence[Provision], known: Mapping[InterfaceName, Versions]
) -> _Called | None:
    """The first interface of the callee that has the operation in any version; else its first one."""
    offered = [offer.interface for offer in provides if known.get(offer.interface)]
    found = [_in(interface, exchange, known[interface]) for interface in offered]
    return next((each for each in found if each.versions), found[0] if found else None)


def _in(interface: InterfaceName, exchange: Exchange, versions: Versions) -> _Called:
    having = {
        version: operation
        for version, contract in versions.items()
        if (operation := contract.operation(exchange))
    }
    names = (operation.name for operation in having.values())
    without = anonymous(exchange, (contract.interface for contract in versions.values()))
    return _Called(interface=interface, operation=next(names, without), versions=tuple(having))


def _said(called: _Called, declared: Declared) -> str:
    """A sentence without its subject; empty where the call is what was declared."""
    calls = f"calls {called.operation} of {called.interface}"
    if declared.consumes is None:
        return f"{calls}, and nothing is on record of what it consumes"
    need = next((each for each in declared.consumes if each.interface == called.interface), None)
    if need is None:
        return f"{calls}, which it does not declare"
    if not called.versions:
        return f"{calls}, which is in no version on record"
    if not need.range:
        return ""
    return f"declares {called.interface} {need.range} but {calls}, which only {_listed(called.versions)} has"


def _listed(versions: tuple[str, ...]) -> str:
    return " or ".join(versions[:MOST_TOLD])


MOST_TOLD: Final = 5
