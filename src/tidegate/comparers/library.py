"""What is on record, loaded and compared when a judgement asks for it, each once."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tidegate.comparers import compare
from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.evidence import Evidence, Kept
from tidegate.core.contracts.pact.check import Check, check
from tidegate.core.contracts.pact.read import read as read_contracts
from tidegate.core.contracts.records import Party, Records
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

    def _reading(self, interface: InterfaceName, version: str) -> Specification | None:
        record = self._records.specifications.get((interface, version))
        return read_specification(Path(record.file)) if record else None

    def _compared(self, interface: InterfaceName, old: str, new: str) -> Comparison | None:
        before, after = self._read(interface, old), self._read(interface, new)
        return compare(before, after) if before and after else None

    def _kept(self, consumer: Party, interface: InterfaceName, version: str) -> Kept | None:
        record = self._records.contracts.get((consumer, interface))
        specification = self._read(interface, version)
        if record is None or specification is None:
            return None
        contracts = read_contracts(read_specification(Path(record.file), Kind.PACT))
        return _kept([check(contract, specification) for contract in contracts])


def _kept(checks: Sequence[Check]) -> Kept:
    """All contracts of one consumer, of which every one must be kept."""
    reasons = [str(reason) for found in checks for reason in (*found.findings, *found.doubts)]
    answer = worst(found.answer for found in checks) if checks else Compatibility.UNKNOWN
    return Kept(answer=answer, reasons=tuple(reasons))
