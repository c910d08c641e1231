"""Exact counts from Prometheus, for as many judges as there are.

One reading asks everything as of one instant and is complete until its watermark (`targets.watermark`), its `at`.
What was scraped later is in the next reading, as is what came late; so totals are kept here, in memory, and begin
at zero, in a new epoch, with every start. Prometheus is asked at most once in a scrape interval: oftener there is
nothing new.
"""

import asyncio
import time
from collections.abc import Callable

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import Reading
from tidegate.core.telemetry import Telemetry
from tidegate.observers.prometheus.api import Prometheus
from tidegate.observers.prometheus.book import Book
from tidegate.observers.prometheus.questions import ask

SERIES = 50_000


class PrometheusObserver:
    """Reads what `telemetry` measures through `client`; `clock` gives seconds since 1970.

    At most `series` series are counted; what is beyond is missing, and said so.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        client: Prometheus,
        clock: Callable[[], float] = time.time,
        *,
        series: int = SERIES,
    ) -> None:
        self._telemetry = telemetry
        self._client = client
        self._clock = clock
        self._book = Book(telemetry, client.url, series)
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._newest: Reading | Unavailable | None = None

    async def read(self) -> Reading:
        """The newest reading; raises `Unavailable` when Prometheus does not answer."""
        async with self._lock:
            now = self._clock()
            if self._newest is None or not 0.0 <= now - self._asked_at < self._telemetry.prometheus.interval:
                self._newest = await self._read()
                self._asked_at = now
        if isinstance(self._newest, Unavailable):
            raise Unavailable(self._newest.message, self._newest.hint)
        return self._newest

    async def _read(self) -> Reading | Unavailable:
        try:
            asked = await ask(
                self._client, self._telemetry, counted_until=self._book.until, clock=self._clock
            )
        except Unavailable as error:
            return error
        return self._book.reading(asked)
