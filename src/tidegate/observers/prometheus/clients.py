"""Who is asked for an SLO: a client for each data source, and why one cannot be asked."""

from types import TracebackType
from typing import Self

from tidegate.core.errors import Problem
from tidegate.core.slo.definitions import DataSource, Slo
from tidegate.core.telemetry import PrometheusServer
from tidegate.observers.prometheus.api import Prometheus
from tidegate.sources.words import quoted


class Clients:
    """Gives the client of a data source: one for each url, made when it is first asked for.

    The login, TLS and timeout of `server` are for its own url only, a slash at the end aside: secrets go nowhere else.
    """

    def __init__(self, server: PrometheusServer | None = None) -> None:
        self._known = {server.url.rstrip("/"): server} if server else {}
        self._clients: dict[str, Prometheus] = {}

    def __call__(self, source: DataSource) -> Prometheus:
        """The client for a data source that has a url."""
        url = source.url.rstrip("/")
        if url not in self._clients:
            self._clients[url] = Prometheus.of(self._known.get(url) or PrometheusServer(url=url))
        return self._clients[url]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of every client."""
        for client in self._clients.values():
            await client.aclose()


def unaskable(slo: Slo) -> Problem | None:
    """Why an SLO's data source cannot be asked. A login in a url is told without the words of the file."""
    source = slo.sli.measure.source
    where = source.location or slo.location
    if not source.prometheus:
        message = f"SLO {quoted(slo.name)} is measured by {quoted(source.type)}, which is not asked"
        return Problem(message=message, location=where, hint="only a DataSource of type Prometheus is")
    if not source.url:
        message = f"the data source of SLO {quoted(slo.name)} has no url"
        hint = "let metricSourceRef name a DataSource that has spec.connectionDetails.url"
        return Problem(message=message, location=where, hint=hint)
    if "@" in source.url:
        message = f"the url of data source {quoted(source.name)} holds a user"
        return Problem(message=message, location=where, hint="give the login in a Telemetry file")
    return None
