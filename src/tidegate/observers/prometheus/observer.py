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
TIMEOUTS = 3.0
"""One reading may take so many times as long as one answer."""


class PrometheusObserver:
    """Reads what `telemetry` measures through `client`; `clock` gives seconds since 1970.

    At most `series` series of each part are counted; what is beyond is missing, and said so.
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
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[Reading | Unavailable] | None = None

    async def read(self) -> Reading:
        """The newest reading; raises `Unavailable` when Prometheus does not answer."""
        outcome = await asyncio.shield(self._newest())
        if isinstance(outcome, Unavailable):
            raise Unavailable(outcome.message, outcome.hint)
        return outcome

    def _newest(self) -> "asyncio.Task[Reading | Unavailable]":
        """The asking that all readers of an interval share; one that is cancelled does not take it along."""
        now = self._clock()
        recent = 0.0 <= now - self._asked_at < self._telemetry.prometheus.interval
        if self._asking is None or (self._asking.done() and not recent):
            self._asked_at = now
            self._asking = asyncio.create_task(self._read())
        return self._asking

    async def _read(self) -> Reading | Unavailable:
        most = TIMEOUTS * self._telemetry.prometheus.timeout
        try:
            async with asyncio.timeout(most):
                asked = await ask(
                    self._client, self._telemetry, counted_until=self._book.until, clock=self._clock
                )
        except TimeoutError:
            message = f"{self._client.url} needs more than {most:g} s for a reading"
            return Unavailable(message, "narrow what is asked for with matchers")
        except Unavailable as error:
            return error
        return await asyncio.to_thread(self._book.reading, asked)
