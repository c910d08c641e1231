"""What is on record of live versions: what they offer and need, and the contracts of what they offer.

Specifications are read when they are first needed, and kept. Only OpenAPI says what an answer must be; interfaces of
messages are no part of what is seen here, and any other that cannot be read is a gap.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.conformance.calls import Declared, mismatch
from tidegate.core.contracts.conformance.check import Checked, Contract, checked_by_any
from tidegate.core.contracts.conformance.exchange import Exchange
from tidegate.core.contracts.records import Party, RecordedVersion, Records
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Refused
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import InterfaceName

Load = Callable[[str], Specification]
"""The specification in a file; raises `Refused`."""

MESSAGES: Final = frozenset({Kind.ASYNCAPI, Kind.AVRO, Kind.JSON_SCHEMA})
MOST_TOLD: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The contracts of what a version offers, and the reasons why these are not all."""

    contracts: tuple[Contract, ...]
    gaps: tuple[str, ...]


class Library:
    """Answers from `records`; `load` reads the files that they name."""

    def __init__(self, records: Records, load: Load) -> None:
        self._records = records
        self._load = load
        self._read: dict[tuple[InterfaceName, str], Contract | str | None] = {}
        self._offers: dict[VersionedService, Offer] = {}

    def checked(self, version: VersionedService, exchange: Exchange) -> Checked:
        """Whether a version's contracts allow its answer."""
        offer = self.offer(version)
        return checked_by_any(offer.contracts, offer.gaps, exchange)

    def offer(self, version: VersionedService) -> Offer:
        """What is known of what a version offers."""
        if version not in self._offers:
            self._offers[version] = self._offer(version)
        return self._offers[version]

    def _offer(self, version: VersionedService) -> Offer:
        known = self._version(version)
        if known is None:
            hint = f"tidegate contracts record version {version.service} {version.version}"
            return Offer(contracts=(), gaps=(f"nothing is on record of {version}: {hint} …",))
        offered = [(each.interface, number) for each in known.provides for number in each.versions]
        found = [self.contract(interface, number) for interface, number in offered]
        contracts = tuple(each for each in found if isinstance(each, Contract))
        gaps = tuple(each for each in found if isinstance(each, str))
        nothing = () if contracts or gaps else (f"{version} offers no HTTP interface on record",)
        return Offer(contracts=contracts, gaps=gaps + nothing)

    def contract(self, interface: InterfaceName, number: str) -> Contract | str | None:
        """One version of an interface; why it cannot be read; or nothing, if it is one of messages."""
        key = interface, number
        if key not in self._read:
            self._read[key] = self._contract(interface, number)
        return self._read[key]

    def _contract(self, interface: InterfaceName, number: str) -> Contract | str | None:
        recorded = self._records.specifications.get((interface, number))
        if recorded is None:
            return f"no specification of {interface} {number} is on record"
        try:
            specification = self._load(recorded.file)
        except Refused as refused:
            return f"{interface} {number}: {refused.problems[0]}"
        if specification.kind is Kind.OPENAPI:
            return Contract.of(specification)
        said = f"{interface} {number} is of kind {specification.kind}, which says nothing of answers"
        return None if specification.kind in MESSAGES else said

    def mismatch(self, edge: CallEdge, exchange: Exchange) -> str:
        """How a call differs from what its caller declared, as a sentence; empty where it does not."""
        callee = self._version(edge.callee)
        if edge.caller is None or callee is None:
            return ""
        caller = self._version(edge.caller)
        consumes: tuple[Requirement, ...] | None = caller.consumes if caller else None
        declared = Declared(consumes=consumes, provides=callee.provides)
        return mismatch(edge, exchange, declared, self._known(callee.provides))

    def _known(self, provides: tuple[Provision, ...]) -> Mapping[InterfaceName, Mapping[str, Contract]]:
        return {
            offer.interface: {
                number: contract
                for number in self._records.specified(offer.interface)
                if isinstance(contract := self.contract(offer.interface, number), Contract)
            }
            for offer in provides
        }

    def _version(self, version: VersionedService) -> RecordedVersion | None:
        return self._records.versions.get(Party(version.service, version.version))
