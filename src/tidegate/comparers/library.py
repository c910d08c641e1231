"""What is on record, loaded and compared when a judgement asks for it, each once."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tidegate.comparers import compare
from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.consumer import narrow
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.evidence import Evidence, Kept
from tidegate.core.contracts.graphql.deprecated import retirements as graphql_retirements
from tidegate.core.contracts.openapi.retirements import retirements as openapi_retirements
from tidegate.core.contracts.pact.check import Check, check
from tidegate.core.contracts.pact.model import Contract
from tidegate.core.contracts.pact.read import read as read_contracts
from tidegate.core.contracts.records import Party, Records
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.ids import InterfaceName
from tidegate.sources.specifications import read_specification


def evidence_on(records: Records) -> Evidence:
    """Everything on record, with the files behind it."""
    return Evidence(records=records, library=RecordedLibrary(records))


class RecordedLibrary:
    """The files behind the records of a contracts folder."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._read = cache(self._reading)
        self.compare = cache(self._compared)
        self.keeps = cache(self._kept)
        self.counting = cache(self._counting)

    def _reading(self, interface: InterfaceName, version: str) -> Specification | None:
        record = self._records.specifications.get((interface, version))
        return read_specification(Path(record.file)) if record else None

    def _compared(self, interface: InterfaceName, old: str, new: str) -> Comparison | None:
        before, after = self._read(interface, old), self._read(interface, new)
        return compare(before, after) if before and after else None

    def retirements(self, interface: InterfaceName, version: str) -> tuple[Retirement, ...]:
        """What the specification of a version announces to go away."""
        specification = self._read(interface, version)
        announces = RETIREMENTS.get(specification.kind) if specification else None
        return announces(specification) if specification and announces else ()

    def _contracts(self, consumer: Party, interface: InterfaceName) -> tuple[Contract, ...] | None:
        record = self._records.contracts.get((consumer, interface))
        return read_contracts(read_specification(Path(record.file), Kind.PACT)) if record else None

    def _kept(
        self, consumer: Party, interface: InterfaceName, version: str, built: tuple[str, ...]
    ) -> Kept | None:
        contracts, specification = self._contracts(consumer, interface), self._read(interface, version)
        if contracts is None or specification is None:
            return None
        known = [found for each in built if (found := self._read(interface, each)) is not None]
        return _kept(
            [
                check(contract, specification).beside(check(contract, other) for other in known)
                for contract in contracts
            ]
        )

    def _counting(
        self, consumer: Party, interface: InterfaceName, old: str, new: str
    ) -> frozenset[Difference]:
        before, after = self._read(interface, old), self._read(interface, new)
        comparison = self.compare(interface, old, new)
        if before is None or after is None or comparison is None:
            return frozenset()
        narrowed = (
            narrow(comparison, contract, before, after)
            for contract in self._contracts(consumer, interface) or ()
        )
        return frozenset(
            counted.difference for each in narrowed for counted in each.differences if counted.counts
        )


RETIREMENTS: Final[Mapping[Kind, Callable[[Specification], tuple[Retirement, ...]]]] = {
    Kind.OPENAPI: openapi_retirements,
    Kind.GRAPHQL: graphql_retirements,
}


def _kept(checks: Sequence[Check]) -> Kept:
    """All contracts of one consumer, of which every one must be kept."""
    reasons = [str(reason) for found in checks for reason in (*found.findings, *found.doubts)]
    answer = worst(found.answer for found in checks) if checks else Compatibility.UNKNOWN
    return Kept(answer=answer, reasons=tuple(reasons))
