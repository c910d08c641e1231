"""What was pushed by OTLP, read like any other source."""

from collections.abc import Callable

from tidegate.core.gates.evidence import Reading
from tidegate.observers.otlp.table import Table


class OtlpObserver:
    """Reads what a receiver keeps in `table`; `clock` gives seconds since 1970."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock

    async def read(self) -> Reading:
        """What was counted until now. Versions that fell silent are missing; ones that never pushed are unknown."""
        return self._table.reading(now=self._clock())
