"""A Telemetry file becomes a value; everything wrong in it is told at once, with file and line."""

# ruff: noqa: E501 - each whole message stays on a line of its own

from dataclasses import replace
from pathlib import Path

import pytest

from tidegate.core.errors import Refused
from tidegate.core.ids import ServiceName
from tidegate.core.telemetry import (
    Basic,
    Bearer,
    Labels,
    Latency,
    LevelSource,
    Metric,
    Otlp,
    PrometheusServer,
    PushedLevel,
    PushedRatio,
    Query,
    RatioSource,
    Requests,
    Secret,
    Selector,
    Telemetry,
    Tls,
    Unit,
)
from tidegate.sources.telemetry import read_telemetry

HEAD = "apiVersion: tidegate.dev/v1alpha1\nkind: Telemetry\nmetadata: {name: shop}\nspec:\n"
SERVER = "  prometheus: {url: 'http://localhost:9090'}\n"
REQUESTS = "  requests: {metric: rq_total, labels: {service: app, version: version, status: code}}\n"

WHOLE = """  prometheus:
    url: https://prometheus.example.com/team/
    interval: 30s
    timeout: 5s
    targets: up{job="shop"}
    auth: {basic: {username: tide, password: {file: secrets/password}}}
    tls: {ca: ca.pem, cert: /etc/cert.pem, key: /etc/key.pem, serverName: prometheus}
  requests:
    metric: rq_total{job="shop"}
    labels: &labels {service: app, version: version, status: code, caller: from, callerVersion: from_version}
    bad: 5..|timeout
    rejected: 4..
  latency:
    histogram: rq_duration
    labels: *labels
    unit: milliseconds
    threshold: 1s
  ratios:
    - {name: orders, total: {metric: carts_total}, good: {metric: orders_total}, labels: {service: a, version: v}}
    - {name: lost, total: {query: sum(a)}, bad: {query: sum(b)}, labels: {service: a, version: v}}
  levels:
    - {name: memory, value: {metric: rss_bytes}, labels: {service: a, version: v, instance: pod}}
"""


def read(folder: Path, spec: str) -> Telemetry:
    file = folder / "telemetry.yaml"
    file.write_text(HEAD + spec)
    return read_telemetry(file)


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    labels = Labels(
        service="app", version="version", status="code", caller="from", caller_version="from_version"
    )
    own = Labels(service="a", version="v")
    assert read(tmp_path, WHOLE) == Telemetry(
        name="shop",
        prometheus=PrometheusServer(
            url="https://prometheus.example.com/team",
            interval=30.0,
            timeout=5.0,
            targets='up{job="shop"}',
            auth=Basic(username="tide", password=Secret(file=str(tmp_path / "secrets/password"))),
            tls=Tls(
                ca=str(tmp_path / "ca.pem"),
                cert="/etc/cert.pem",
                key="/etc/key.pem",
                server_name="prometheus",
            ),
        ),
        requests=Requests(metric=Metric(selector='rq_total{job="shop"}'), labels=labels, bad="5..|timeout"),
        latency=Latency(
            histogram=Metric(selector="rq_duration"), labels=labels, unit="milliseconds", threshold_ms=1000.0
        ),
        ratios=(
            RatioSource(
                name="orders",
                labels=own,
                total=Metric(selector="carts_total"),
                good=Metric(selector="orders_total"),
            ),
            RatioSource(
                name="lost", labels=own, total=Query(expression="sum(a)"), bad=Query(expression="sum(b)")
            ),
        ),
        levels=(
            LevelSource(
                name="memory",
                labels=Labels(service="a", version="v", instance="pod"),
                value=Metric(selector="rss_bytes"),
            ),
        ),
    )


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    assert read(tmp_path, SERVER + REQUESTS) == Telemetry(
        name="shop",
        prometheus=PrometheusServer(url="http://localhost:9090", interval=15.0, timeout=10.0, targets="up"),
        requests=Requests(
            metric=Metric(selector="rq_total"),
            labels=Labels(service="app", version="version", status="code", instance="instance"),
            bad="5..|0",
            rejected="4..",
        ),
    )


def test_a_token_from_the_environment(tmp_path: Path) -> None:
    server = SERVER.replace("}\n", ", auth: {bearer: {variable: TOKEN}}}\n")
    assert read(tmp_path, server + REQUESTS).prometheus.auth == Bearer(token=Secret(variable="TOKEN"))


def test_all_problems_at_once(tmp_path: Path) -> None:
    spec = """  prometheus:
    url: http://tide:secret@localhost:9090
    interval: 0s
    retries: 3
    auth: {basic: {username: 'a:b', password: {file: pw, variable: PW}}}
    tls: {key: key.pem}
  requests:
    metric: rate(rq_total[1m])
    labels: {service: app, version: version, caller: source}
    bad: 5(
  latency:
    histogram: rq_bucket{a="b"}
    labels: {service: app, version: version, callerVersion: x}
    unit: minutes
    threshold: 0ms
  ratios:
    - {name: orders, total: {metric: a}, labels: {service: a, version: v}}
    - {name: carts, total: {}, good: {metric: b}, bad: {metric: b}, labels: {service: a, version: v}}
  levels:
    - {name: orders, value: {metric: a, query: b}, labels: {service: a, version: v}}
"""
    with pytest.raises(Refused) as refused:
        read(tmp_path, spec)
    assert [
        str(problem).replace(f"{tmp_path}/telemetry.yaml:", "") for problem in refused.value.problems
    ] == [
        "6: spec.prometheus.url holds a user (give it under auth, with the secret in a file)",
        "7: '0s' is no time (give a duration above zero)",
        "8: unknown field 'retries' in spec.prometheus (known here: url, interval, timeout, targets, auth, tls, serviceGraph, spanMetrics)",
        "9: spec.prometheus.auth.basic.password must have exactly one of file, variable, not file, variable",
        "9: spec.prometheus.auth.basic.username is 'a:b', which is not a user without a colon",
        "10: spec.prometheus.tls has a key without its cert (give both)",
        "12: spec.requests.metric is 'rate(rq_total[1m])', which is not a metric such as http_requests_total, with matchers in braces if need be",
        "13: spec.latency.labels has no 'caller' beside this one (give both or neither)",
        "13: spec.requests.labels lacks 'status' (The status of the answer)",
        "14: '5(' is not a regular expression: missing ), unterminated subpattern at position 1",
        "16: 'rq_bucket' is a part of a histogram (write 'rq')",
        "17: spec.requests.labels has no 'callerVersion' beside this one (give both or neither)",
        "18: 'minutes' is not allowed for spec.latency.unit (allowed: seconds, milliseconds)",
        "19: '0ms' is no time (give a duration above zero)",
        "21: ratio 'orders' has neither bad nor good (give one of the two)",
        "22: ratio 'carts' has both bad and good (give one of the two)",
        "22: spec.ratios[1].total must have exactly one of metric, query, not none",
        "24: 'orders' is measured twice (first at 21) (rename one)",
        "24: spec.levels[0].value must have exactly one of metric, query, not metric, query",
    ]


PUSHED = """  otlp:
    interval: 10s
    ratios:
      - {name: checkouts, total: {metric: checkouts}, bad: {metric: checkouts, attributes: {outcome: failed}}}
    levels: [{name: memory, value: {metric: process.memory.usage}}]
    frontEnds: [web]
    origins: [https://shop.example]
    ingestToken: {file: ingest}
"""


def test_what_is_pushed(tmp_path: Path) -> None:
    failed = Selector(metric="checkouts", attributes={"outcome": "failed"})
    found = read(tmp_path, PUSHED)
    assert found == Telemetry(
        name="shop",
        otlp=Otlp(
            interval=10.0,
            ratios=(PushedRatio(name="checkouts", requests=Selector(metric="checkouts"), bad=failed),),
            levels=(PushedLevel(name="memory", of=Selector(metric="process.memory.usage")),),
            front_ends=frozenset({ServiceName("web")}),
            origins=frozenset({"https://shop.example"}),
            ingest_token=Secret(file=str(tmp_path / "ingest")),
        ),
    )
    assert failed.takes("checkouts", {"outcome": "failed", "way": "card"})
    assert not failed.takes("checkouts", {"outcome": "paid"})


def test_pushes_alone_need_nothing_else(tmp_path: Path) -> None:
    assert read(tmp_path, "  otlp: {}\n") == Telemetry(name="shop", otlp=Otlp())


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        (
            SERVER,
            [
                "5: spec.prometheus is asked for nothing (give requests, ratios or levels, or serviceGraph or spanMetrics here)"
            ],
        ),
        (
            SERVER + "  latency: {histogram: s, labels: {service: app, version: version}}\n",
            [
                "5: spec.prometheus is asked for nothing (give requests, ratios or levels, or serviceGraph or spanMetrics here)",
                "6: spec.latency has no spec.requests beside it (give requests too: they say which answers were good)",
            ],
        ),
        (
            REQUESTS,
            [
                "5: spec.requests has no spec.prometheus to ask (give its url, or describe what is pushed under spec.otlp)"
            ],
        ),
        (
            "  otlp:\n    origins: [https://shop.example]\n    levels: [{name: a, value: {metric: b}}, {name: a, value: {metric: c}}]\n",
            [
                "6: pages of these origins have no ingestToken to push with (say where it is)",
                "7: 'a' is measured twice (first at 7) (rename one)",
            ],
        ),
        ("  otlp: {interval: 0s}\n", ["5: '0s' is no time (give a duration above zero)"]),
        (
            SERVER.replace(
                "}", ", serviceGraph: {}, spanMetrics: {from: tempo, unit: milliseconds, threshold: 0s}}"
            )
            + "  latency: {histogram: s, labels: {service: app, version: version}}\n",
            [
                "5: '0s' is no time (give a duration above zero)",
                "5: Tempo measures in seconds (leave spec.prometheus.spanMetrics.unit out)",
                "5: spec.prometheus.spanMetrics stands beside spec.prometheus.serviceGraph, which says where requests are (keep one of them)",
                "6: spec.latency stands beside spec.prometheus.serviceGraph, which says where requests are (keep one of them)",
            ],
        ),
    ],
)
def test_a_file_that_says_too_little(spec: str, problems: list[str], tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, spec)
    told = [str(problem).replace(f"{tmp_path}/telemetry.yaml:", "") for problem in refused.value.problems]
    assert told == problems


EDGES = Labels(
    service="server",
    version="server_service_version",
    caller="client",
    caller_version="client_service_version",
)
GRAPH_PATH, SPANS_PATH = "spec.prometheus.serviceGraph.metrics", "spec.prometheus.spanMetrics.metrics"
PAIRED = 'connection_type!="database",virtual_node!="server"'


def graph(begin: str = "traces_service_graph_request", matchers: str = PAIRED) -> Requests:
    return Requests(
        metric=Metric(selector=f"{begin}_total{{{matchers}}}"),
        failed=Metric(selector=f"{begin}_failed_total{{{matchers}}}"),
        labels=EDGES,
        bad="true",
        path=GRAPH_PATH,
    )


def spans(begin: str = "traces_span_metrics", service: str = "service_name") -> Requests:
    return Requests(
        metric=Metric(selector=f'{begin}_calls_total{{span_kind="SPAN_KIND_SERVER"}}'),
        labels=Labels(service=service, version="service_version", status="status_code"),
        bad="STATUS_CODE_ERROR",
        path=SPANS_PATH,
    )


def durations(
    name: str, requests: Requests, unit: Unit = "seconds", threshold: float | None = None
) -> Latency:
    status = "failed" if requests.failed else "status_code"
    return Latency(
        histogram=Metric(selector=name),
        labels=replace(requests.labels, status=status),
        unit=unit,
        threshold_ms=threshold,
        path=requests.path,
    )


@pytest.mark.parametrize(
    ("preset", "requests", "latency"),
    [
        (
            "serviceGraph: {}",
            graph(),
            durations(f"traces_service_graph_request_server_seconds{{{PAIRED}}}", graph()),
        ),
        (
            "serviceGraph: {latency: false, metrics: 'shop_request{job=\"otel\", }'}",
            graph("shop_request", f'job="otel",{PAIRED}'),
            None,
        ),
        (
            "spanMetrics: {threshold: 250ms}",
            spans(),
            durations(
                'traces_span_metrics_duration_milliseconds{span_kind="SPAN_KIND_SERVER"}',
                spans(),
                "milliseconds",
                250.0,
            ),
        ),
        (
            "spanMetrics: {unit: seconds}",
            spans(),
            durations('traces_span_metrics_duration_seconds{span_kind="SPAN_KIND_SERVER"}', spans()),
        ),
        (
            "spanMetrics: {from: tempo}",
            spans("traces_spanmetrics", "service"),
            durations(
                'traces_spanmetrics_latency{span_kind="SPAN_KIND_SERVER"}',
                spans("traces_spanmetrics", "service"),
            ),
        ),
    ],
)
def test_metrics_made_of_spans_need_no_names(
    preset: str, requests: Requests, latency: Latency | None, tmp_path: Path
) -> None:
    telemetry = read(tmp_path, SERVER.replace("}\n", f", {preset}}}\n"))
    assert (telemetry.requests, telemetry.latency) == (requests, latency)


def test_a_dimension_of_another_name(tmp_path: Path) -> None:
    found = read(tmp_path, SERVER.replace("}\n", ", serviceGraph: {version: release}}\n")).requests
    assert found
    assert (found.labels.version, found.labels.caller_version) == ("server_release", "client_release")
