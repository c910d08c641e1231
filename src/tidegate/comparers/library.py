"""What is on record, loaded and compared when a judgement asks for it, each once."""

from functools import cache
from pathlib import Path

from tidegate.comparers import compare
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.evidence import Evidence, Kept
from tidegate.core.contracts.records import Party, Records
from tidegate.core.contracts.specification import Specification
from tidegate.core.ids import InterfaceName
from tidegate.core.plan.live import Judge
from tidegate.sources.specifications import read_specification


def judge_by(records: Records) -> Judge:
    """Judges by everything on record."""
    return Evidence(records=records, library=RecordedLibrary(records)).judge


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
        return Kept(answer=Compatibility.UNKNOWN)
