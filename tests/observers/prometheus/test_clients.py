"""Whom an SLO is asked of: one client a url, secrets for the url they belong to, reasons where none can be asked."""

import pytest

from tidegate.core.errors import Location, Problem
from tidegate.core.slo.definitions import DataSource
from tidegate.core.telemetry import Bearer, PrometheusServer, Secret
from tidegate.observers.prometheus import Clients
from tidegate.observers.prometheus.clients import unaskable

from .slos import NAME, asked_of, prometheus
from .worlds import Asked, answering

SLO_AT, SOURCE_AT = Location(file="slo.yaml", line=3), Location(file="sources.yaml", line=7)


async def test_a_login_goes_to_the_url_it_is_for_and_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0p")
    seen: list[tuple[str, str | None]] = []

    def reply(asked: Asked) -> tuple[int, bytes]:
        seen.append((asked.path, asked.headers.get("Authorization")))
        return 503, b""

    with answering(reply) as url:
        server = PrometheusServer(url=f"{url}/a/", auth=Bearer(token=Secret(variable="TOKEN")))
        async with Clients(server) as clients:
            for path in ("/a", "/ab", "/a/"):
                with pytest.raises(Exception, match="is not ready"):
                    await clients(prometheus(url + path)).query("up")
    assert seen == [
        ("/a/api/v1/query", "Bearer t0p"),
        ("/ab/api/v1/query", None),
        ("/a/api/v1/query", "Bearer t0p"),
    ]


def test_sources_of_one_url_share_a_client() -> None:
    clients = Clients()
    first = clients(DataSource(name="a", type="Prometheus", url="http://one"))
    assert clients(DataSource(name="b", type="prometheus", url="http://one/")) is first
    assert clients(DataSource(name="a", type="Prometheus", url="http://two")) is not first


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (prometheus("http://here"), None),
        (
            DataSource(type="Datadog"),
            Problem(
                message=f"SLO '{NAME}' is measured by 'Datadog', which is not asked",
                location=SLO_AT,
                hint="only a DataSource of type Prometheus is",
            ),
        ),
        (
            DataSource(type="Prometheus"),
            Problem(
                message=f"the data source of SLO '{NAME}' has no url",
                location=SLO_AT,
                hint="let metricSourceRef name a DataSource that has spec.connectionDetails.url",
            ),
        ),
        (
            DataSource(name="main", type="Prometheus", url="http://me:pass@here", location=SOURCE_AT),
            Problem(
                message="the url of data source 'main' holds a user",
                location=SOURCE_AT,
                hint="give the login in a Telemetry file",
            ),
        ),
    ],
)
def test_why_a_source_cannot_be_asked(source: DataSource, problem: Problem | None) -> None:
    assert unaskable(asked_of(source, location=SLO_AT)) == problem
