"""From answers to readings: what is counted, what is told missing, and that nothing is counted twice."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from collections.abc import Mapping
from dataclasses import replace
from math import nan

import pytest

from tidegate.core.gates.evidence import (
    CallEdge,
    Counts,
    Histogram,
    Levels,
    Reading,
    Signal,
    Tally,
    VersionedService,
    increase,
)
from tidegate.core.ids import ServiceName, Version
from tidegate.core.telemetry import (
    Labels,
    Latency,
    LevelSource,
    Metric,
    PrometheusServer,
    Query,
    RatioSource,
    Requests,
    Telemetry,
)
from tidegate.observers.prometheus.api import BadQuery
from tidegate.observers.prometheus.book import Book
from tidegate.observers.prometheus.questions import Asked, Lookup, parts_of
from tidegate.observers.prometheus.series import Answer, Sample, Series
from tidegate.observers.prometheus.targets import targets_of

INTERVAL = 10.0
OWN = Labels(service="app", version="version")
TELEMETRY = Telemetry(
    name="test",
    prometheus=PrometheusServer(url="URL", interval=INTERVAL),
    requests=Requests(
        metric=Metric(selector="rq"),
        labels=Labels(
            service="app", version="version", status="code", caller="from", caller_version="from_version"
        ),
    ),
)
LATENCY = Latency(
    histogram=Metric(selector="s"),
    labels=Labels(service="app", version="version", status="code"),
    threshold_ms=300.0,
)
ORDERS = RatioSource(
    name="orders", labels=OWN, total=Metric(selector="carts"), good=Metric(selector="orders")
)
LOST = RatioSource(name="lost", labels=OWN, total=Metric(selector="carts"), bad=Metric(selector="lost"))
BACKLOG = RatioSource(
    name="backlog", labels=OWN, total=Query(expression="sum(a)"), bad=Query(expression="sum(b)")
)
MEMORY = LevelSource(name="memory", labels=OWN, value=Metric(selector="rss"))
SHARE = LevelSource(name="share", labels=OWN, value=Query(expression="rss/limit"))


def version(name: str) -> VersionedService:
    service, _, number = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(number))


def edge(callee: str, caller: str = "") -> CallEdge:
    return CallEdge(caller=version(caller) if caller else None, callee=version(callee))


def series(samples: Mapping[float, float], of: str = "pay@1", instance: str = "a", **labels: str) -> Series:
    """Samples by their time, of one version on one instance."""
    own = dict(zip(("app", "version"), of.split("@"), strict=True))
    named = {**own, "job": "shop", "instance": instance, **labels}
    return Series(
        labels={name: value for name, value in named.items() if value}, samples=tuple(samples.items())
    )


def up(**instances: Mapping[float, float]) -> list[Series]:
    return [
        Series(labels={"job": "shop", "instance": name}, samples=tuple(samples.items()))
        for name, samples in instances.items()
    ]


def asked(
    now: float,
    answers: Mapping[str, list[Series] | Answer | BadQuery],
    *,
    scrapes: list[Series] | None = None,
    lookups: Mapping[str, Lookup] | None = None,
    skew: float = 0.0,
    warnings: tuple[str, ...] = (),
) -> Asked:
    """Answers as of `now`; a list is what a part gives that is read raw."""
    lately = scrapes if scrapes is not None else up(a={now - 10: 1.0, now: 1.0}, b={now - 10: 1.0, now: 1.0})
    present = [each for each in lately if each.last > now - INTERVAL * 2]
    return Asked(
        now=now,
        skew=skew,
        window=40.0,
        targets=targets_of(present, lately, INTERVAL),
        answers={
            name: Answer(kind="matrix", series=tuple(each)) if isinstance(each, list) else each
            for name, each in answers.items()
        },
        lookups=lookups or {},
        warnings=warnings,
    )


def vector(*given: Series) -> Answer:
    return Answer(kind="vector", series=given)


def begun(telemetry: Telemetry = TELEMETRY, limit: int = 100) -> Book:
    """A book after its first reading, which had nothing."""
    kept = Book(telemetry, "URL", limit)
    kept.reading(asked(70, {part.name: [] for part in parts_of(telemetry)}))
    return kept


def last(telemetry: Telemetry, asking: Asked) -> Reading:
    """The reading after one that had nothing."""
    return begun(telemetry).reading(asking)


def told(reading: Reading) -> list[str]:
    return [f"{each.service or 'all'}: {each}" for each in reading.missing]


def measuring(*parts: Latency | RatioSource | LevelSource, requests: bool = False) -> Telemetry:
    """Telemetry of these parts."""
    return Telemetry(
        name="test",
        prometheus=TELEMETRY.prometheus,
        requests=TELEMETRY.requests if requests else None,
        latency=next((part for part in parts if isinstance(part, Latency)), None),
        ratios=tuple(part for part in parts if isinstance(part, RatioSource)),
        levels=tuple(part for part in parts if isinstance(part, LevelSource)),
    )


# -- counting ------------------------------------------------------------------------------------------------


def test_requests_by_edge_and_by_how_they_went() -> None:
    grown = {80.0: 0.0, 100.0: 5.0}
    found = [
        series(grown, code="200"),
        series(grown, code="200", instance="b"),
        series(grown, code="404"),
        series(grown, code="503", of="pay@2"),
        series(grown, code="0", of="pay@2", **{"from": "web", "from_version": "7"}),
        series(grown, code="200", of="pay@2", **{"from": "web"}),
    ]
    reading = last(TELEMETRY, asked(100, {"requests": found}))
    assert reading.edges == {
        edge("pay@1"): Counts(requests=15, rejected=5),
        edge("pay@2"): Counts(requests=10, bad=5),
        edge("pay@2", "web@7"): Counts(requests=5, bad=5),
    }
    assert (reading.at, reading.missing) == (100, ())


def test_a_reading_is_complete_until_the_slowest_live_target_and_the_rest_is_in_the_next() -> None:
    kept = begun()
    first = kept.reading(
        asked(
            100,
            {
                "requests": [
                    series({90: 10.0, 100: 12.0}, code="200"),
                    series({85: 4.0, 95: 9.0}, code="200", instance="b"),
                ]
            },
        )
    )
    second = kept.reading(
        asked(
            110,
            {
                "requests": [
                    series({100: 12.0, 110: 20.0}, code="200"),
                    series({95: 9.0, 105: 9.0}, code="200", instance="b"),
                ]
            },
        )
    )
    assert (first.at, second.at, first.epoch) == (95, 105, second.epoch)
    assert first.edges == {edge("pay@1"): Counts(requests=5)}
    assert increase(first, second).edges == {edge("pay@1"): Counts(requests=2)}


def test_the_first_reading_counts_nothing() -> None:
    """What came before it may have been read by the observer that was here before."""
    kept = Book(TELEMETRY, "URL", 100)
    first = kept.reading(asked(100, {"requests": [series({80: 0.0, 100: 50.0}, code="200")]}))
    second = kept.reading(asked(110, {"requests": [series({100: 50.0, 110: 51.0}, code="200")]}))
    assert (first.at, first.edges) == (100, {edge("pay@1"): Counts()})
    assert second.edges == {edge("pay@1"): Counts(requests=1)}


def test_what_stopped_failing_hours_ago_has_not_begun_anew() -> None:
    """The pods that failed are gone; their failures stay in the total for as long as the edge has others."""
    kept = begun()
    failing = series({80: 0.0, 100: 9.0}, code="503", instance="b")
    first = kept.reading(asked(100, {"requests": [series({80: 0.0, 100: 50.0}, code="200"), failing]}))
    later = [series({now - 10.0: 50.0, now: 50.0}, code="200") for now in (2000, 4000, 6000)]
    readings = [kept.reading(asked(each.last, {"requests": [each]})) for each in later]
    assert {reading.edges[edge("pay@1")] for reading in (first, *readings)} == {Counts(requests=59, bad=9)}
    gone = kept.reading(
        asked(10_000, {"requests": [series({9990: 1.0, 10_000: 2.0}, of="pay@2", code="200")]})
    )
    assert gone.edges == {edge("pay@2"): Counts(requests=1)}


def test_attempts_under_way_never_make_a_total_fall() -> None:
    kept = begun(measuring(ORDERS))

    def tally(now: float, total: float, good: float) -> Tally:
        answers = {
            "ratio orders, total": [series({80: 0.0, now: total})],
            "ratio orders, good": [series({80: 0.0, now: good})],
        }
        return kept.reading(asked(now, answers)).ratios[Signal(name="orders", version=version("pay@1"))]

    assert [tally(100, 10.0, 7.0), tally(110, 12.0, 12.0), tally(120, 20.0, 16.0)] == [
        Tally(requests=10, bad=3),
        Tally(requests=12, bad=3),
        Tally(requests=20, bad=4),
    ]


def test_a_late_target_holds_nothing_up_for_long_and_loses_nothing() -> None:
    kept = begun()
    both = [
        series({90: 10.0, 100: 10.0}, code="200"),
        series({90: 10.0, 100: 10.0}, code="200", instance="b"),
    ]
    kept.reading(asked(100, {"requests": both}))
    late = [series({100: 10.0, 140: 20.0}, code="200"), series({100: 10.0}, code="200", instance="b")]
    without = kept.reading(asked(140, {"requests": late}))
    assert (without.at, without.edges) == (140, {edge("pay@1"): Counts(requests=10)})
    caught_up = [
        series({140: 20.0, 150: 21.0}, code="200"),
        series({100: 10.0, 130: 15.0, 150: 16.0}, code="200", instance="b"),
    ]
    whole = kept.reading(asked(150, {"requests": caught_up}))
    assert (whole.at, whole.edges) == (150, {edge("pay@1"): Counts(requests=10 + 1 + 6)})
    assert whole.missing == ()


def test_a_counter_that_appears_on_a_scraped_target_counts_from_zero() -> None:
    kept = begun()
    kept.reading(asked(100, {"requests": [series({90: 10.0, 100: 10.0}, code="200")]}))
    found = [
        series({100: 10.0, 110: 11.0}, code="200"),
        series({110: 1.0}, code="503"),
        series({110: 9.0}, code="200", instance="c"),
    ]
    scrapes = up(a={100: 1.0, 110: 1.0}, c={110: 1.0})
    reading = kept.reading(asked(110, {"requests": found}, scrapes=scrapes))
    assert reading.edges == {edge("pay@1"): Counts(requests=1 + 1, bad=1)}


def test_time_never_goes_back_and_stands_still_while_nothing_comes() -> None:
    kept = begun()
    kept.reading(asked(100, {"requests": [series({100: 10.0}, code="200")]}))
    still = kept.reading(asked(150, {"requests": [series({100: 10.0}, code="200")]}))
    assert (still.at, told(still)) == (
        100,
        [
            "all: stale: requests: the last sample of rq is 50 s old; is spec.prometheus.interval the scrape interval?"
        ],
    )
    slower = series({95: 1.0}, code="200", instance="b")
    assert kept.reading(asked(104, {"requests": [series({104: 11.0}, code="200"), slower]})).at == 100


def test_a_pod_that_is_gone_is_no_gap_and_its_counts_stay() -> None:
    kept = begun()
    both = [series({90: 0.0, 100: 10.0}, code="200"), series({90: 0.0, 100: 10.0}, code="200", instance="b")]
    kept.reading(asked(100, {"requests": both}))
    scrapes = up(a={100: 1.0, 110: 1.0, 120: 1.0, 130: 1.0, 140: 1.0}, b={100: 1.0})
    left = [series({100: 10.0, 140: 12.0}, code="200"), series({100: 10.0}, code="200", instance="b")]
    reading = kept.reading(asked(140, {"requests": left}, scrapes=scrapes))
    assert (reading.at, reading.edges) == (140, {edge("pay@1"): Counts(requests=22)})
    assert reading.missing == ()


def test_histograms_become_times_of_good_answers() -> None:
    def buckets(of: str, instance: str, code: str, *counts: float) -> list[Series]:
        bounds = ("0.1", "0.3", "+Inf")
        return [
            series({80: 0.0, 100: count}, of=of, instance=instance, le=bound, code=code)
            for bound, count in zip(bounds, counts, strict=True)
        ]

    found = [
        *buckets("pay@1", "a", "200", 1, 3, 6),
        *buckets("pay@1", "b", "200", 2, 2, 2),
        *buckets("pay@1", "a", "503", 0, 0, 9),
    ]
    requests = [series({80: 0.0, 100: 8.0}, code="200"), series({80: 0.0, 100: 9.0}, code="503")]
    reading = last(measuring(LATENCY, requests=True), asked(100, {"requests": requests, "latency": found}))
    times = Histogram(bounds=(100.0, 300.0), counts=(3, 2, 3))
    assert reading.edges == {
        edge("pay@1"): Counts(requests=17, bad=9, slow=3, threshold_ms=300.0, times=times)
    }
    assert reading.missing == ()


def test_ratios_count_what_was_bad_or_was_not_good() -> None:
    def parts(name: str, total: float, **sides: float) -> dict[str, list[Series]]:
        return {
            f"ratio {name}, {side}": [series({80: 0.0, 100: count})]
            for side, count in {"total": total, **sides}.items()
        }

    answers = {**parts("orders", 10.0, good=8.0), **parts("lost", 10.0), "ratio lost, bad": []}
    reading = last(
        measuring(ORDERS, LOST), asked(100, answers, lookups={"ratio lost, bad": Lookup(known=True, near="")})
    )
    assert reading.ratios == {
        Signal(name="orders", version=version("pay@1")): Tally(requests=10, bad=2),
        Signal(name="lost", version=version("pay@1")): Tally(requests=10, bad=0),
    }
    assert reading.missing == ()


def test_a_ratio_waits_for_a_side_that_cannot_be_read() -> None:
    """Else its attempts would have been counted without their failures, or its failures twice."""
    kept = begun(measuring(LOST))

    def sides(now: float, total: float, bad: list[Series] | BadQuery) -> Asked:
        return asked(now, {"ratio lost, total": [series({80: 0.0, now: total})], "ratio lost, bad": bad})

    first = kept.reading(sides(100, 10.0, [series({80: 0.0, 100: 1.0})]))
    blind = kept.reading(sides(110, 20.0, BadQuery("'lost[..]': too much", "narrow it")))
    seen = kept.reading(sides(120, 30.0, [series({80: 0.0, 120: 5.0})]))
    signal = Signal(name="lost", version=version("pay@1"))
    assert [reading.ratios[signal] for reading in (first, blind, seen)] == [
        Tally(requests=10, bad=1),
        Tally(requests=10, bad=1),
        Tally(requests=30, bad=5),
    ]
    assert told(blind) == [
        "all: malformed: ratio lost, bad: 'lost[..]': too much; narrow it, at spec.ratios[0].bad"
    ]


def test_expressions_are_counters_whose_fall_counts_nothing() -> None:
    """They are of the instant that is asked for, though requests are complete until a little earlier."""
    kept = begun(measuring(BACKLOG, requests=True))

    def reading(now: float, total: float, bad: float) -> Reading:
        shares = {"ratio backlog, total": total, "ratio backlog, bad": bad}
        answers = {name: vector(series({now: value})) for name, value in shares.items()}
        return kept.reading(asked(now, {**answers, "requests": [series({now - 5: 1.0}, code="200")]}))

    first, second, third = reading(100, 50.0, 5.0), reading(110, 60.0, 6.0), reading(120, 58.0, 1.0)
    signal = Signal(name="backlog", version=version("pay@1"))
    assert (first.at, first.ratios[signal]) == (95, Tally())
    assert second.ratios[signal] == third.ratios[signal] == Tally(requests=10, bad=1)


def test_levels_are_as_old_as_the_oldest_instance() -> None:
    answers = {
        "level memory": vector(
            series({95: 1.0}), series({99: 2.0}, instance="b"), series({98: 3.0}, of="pay@2")
        ),
        "level share": vector(series({100: 0.5}), series({100: 0.5}, of="pay@2", instance="")),
    }
    reading = last(measuring(MEMORY, SHARE), asked(100, answers))
    assert reading.levels == {
        Signal(name="memory", version=version("pay@1")): Levels(at=95, values={"a": 1.0, "b": 2.0}),
        Signal(name="memory", version=version("pay@2")): Levels(at=98, values={"a": 3.0}),
        Signal(name="share", version=version("pay@1")): Levels(at=100, values={"a": 0.5}),
        Signal(name="share", version=version("pay@2")): Levels(at=100, values={"": 0.5}),
    }


EDGES = Telemetry(
    name="test",
    prometheus=TELEMETRY.prometheus,
    requests=Requests(
        metric=Metric(selector="graph_total"),
        failed=Metric(selector="graph_failed_total"),
        labels=Labels(service="app", version="version", caller="from", caller_version="from_version"),
        bad="true",
    ),
    latency=Latency(
        histogram=Metric(selector="graph_seconds"),
        labels=Labels(
            service="app", version="version", caller="from", caller_version="from_version", status="failed"
        ),
    ),
)
WEB = {"from": "web", "from_version": "7"}


def test_failures_in_a_counter_of_their_own_are_part_of_all_requests() -> None:
    """As the servicegraph connector has them (it also labels them), and Tempo, which does not."""
    grown, failed = {80.0: 0.0, 100: 8.0}, {80.0: 0.0, 100: 2.0}
    answers = {
        "requests": [
            series(grown, failed="false", **WEB),
            series(failed, failed="true", **WEB),
            series(grown, of="pay@2", **WEB),
        ],
        "failures": [series(failed, failed="true", **WEB), series(failed, of="pay@2", **WEB)],
        "latency": [
            series({80: 0.0, 100: count}, le=bound, failed=kind, **WEB)
            for kind, bound, count in [
                ("false", "0.1", 5.0),
                ("false", "+Inf", 8.0),
                ("true", "0.1", 2.0),
                ("true", "+Inf", 2.0),
            ]
        ],
    }
    reading = last(EDGES, asked(100, answers))
    assert reading.edges == {
        edge("pay@1", "web@7"): Counts(requests=10, bad=2, times=Histogram(bounds=(100.0,), counts=(5, 3))),
        edge("pay@2", "web@7"): Counts(requests=8, bad=2),
    }


def test_requests_wait_while_their_failures_cannot_be_read() -> None:
    """Else failures would have been counted as good."""
    kept = begun(EDGES)

    def sides(now: float, total: float, failed: list[Series] | BadQuery) -> Reading:
        answers = {"requests": [series({80: 0.0, now: total}, **WEB)], "failures": failed, "latency": []}
        return kept.reading(asked(now, answers))

    first = sides(100, 10.0, [])
    blind = sides(110, 20.0, BadQuery("'graph_failed_total[..]': too much", "narrow it"))
    seen = sides(120, 30.0, [series({80: 0.0, 120: 5.0}, **WEB)])
    on = edge("pay@1", "web@7")
    assert [reading.edges[on] for reading in (first, blind, seen)] == [
        Counts(requests=10),
        Counts(requests=10),
        Counts(requests=30, bad=5),
    ]


# -- what is missing -----------------------------------------------------------------------------------------

RAW = [series({90: 1.0, 100: 2.0}, code="200")]
SAMPLES: dict[float, float] = {90: 1.0, 100: 2.0}
ODD: Sample = (100.0, nan)


@pytest.mark.parametrize(
    ("why", "telemetry", "asking", "missing"),
    [
        ("all is well", TELEMETRY, asked(100, {"requests": RAW}), []),
        (
            "no samples",
            TELEMETRY,
            asked(100, {"requests": []}, lookups={"requests": Lookup(known=True, near="")}),
            ["all: no data: requests: rq gives nothing at URL; is it exported and scraped?"],
        ),
        (
            "no such metric",
            TELEMETRY,
            asked(
                100, {"requests": []}, lookups={"requests": Lookup(known=False, near="did you mean 'rqs'?")}
            ),
            ["all: unknown metric: requests: Prometheus knows no metric rq; did you mean 'rqs'?"],
        ),
        (
            "no such metric, nor one like it",
            measuring(LOST),
            asked(
                100,
                {"ratio lost, total": [series(SAMPLES)], "ratio lost, bad": []},
                lookups={"ratio lost, bad": Lookup(known=False, near="")},
            ),
            [
                "all: unknown metric: ratio lost, bad: Prometheus knows no metric lost; correct spec.ratios[0].bad, or export it from the start, as 0"
            ],
        ),
        (
            "nothing has failed yet",
            replace(EDGES, latency=None),
            asked(100, {"requests": [series(SAMPLES, **WEB)], "failures": []}),
            [],
        ),
        (
            "callers that are services here, without a version; who is none comes from outside",
            replace(EDGES, latency=None),
            asked(
                100,
                {
                    "requests": [
                        series(SAMPLES, of="web@7", **{"from": "user"}),
                        series(SAMPLES, **{"from": "web"}),
                    ],
                    "failures": [],
                },
            ),
            [
                'web: partial: requests: graph_total does not say which version of web calls (1 series, such as {app="pay", from="web", instance="a", job="shop", version="1"}); add the label from_version; until then its calls count as from outside'
            ],
        ),
        (
            "Prometheus refuses the query",
            TELEMETRY,
            asked(100, {"requests": BadQuery("'rq[..]': parse error", "mend the expression")}),
            ["all: malformed: requests: 'rq[..]': parse error; mend the expression, at spec.requests.metric"],
        ),
        (
            "the clocks differ",
            TELEMETRY,
            asked(100, {"requests": RAW}, skew=-10.04),
            ["all: clock skew: clock: the clock of URL is 10.0 s behind ours; synchronise both with NTP"],
        ),
        ("the clocks differ a little", TELEMETRY, asked(100, {"requests": RAW}, skew=10.0), []),
        (
            "the source itself lacks a part",
            TELEMETRY,
            asked(100, {"requests": RAW}, warnings=("store 2 is down",), skew=11.0),
            [
                "all: clock skew: clock: the clock of URL is 11.0 s ahead of ours; synchronise both with NTP",
                "all: partial: answers: URL warns: store 2 is down; an answer may lack a part of the series",
            ],
        ),
        (
            "a target is down",
            TELEMETRY,
            asked(
                100,
                {"requests": [*RAW, series({90: 1.0}, of="web@1", instance="b", code="200")]},
                scrapes=up(a={70: 1.0, 100: 1.0}, b={90: 1.0, 100: 0.0}, c={100: 0.0}),
            ),
            [
                'web: partial: targets: the last scrape of job shop failed (1 series, such as {instance="b", job="shop"}); see URL/targets',
                'all: partial: targets: the last scrape of job shop failed (1 series, such as {instance="c", job="shop"}); see URL/targets',
            ],
        ),
        (
            "a target of another job is down",
            TELEMETRY,
            asked(
                100,
                {"requests": RAW},
                scrapes=[
                    *up(a={70: 1.0, 100: 1.0}),
                    Series(labels={"job": "x", "instance": "x"}, samples=((100.0, 0.0),)),
                ],
            ),
            [],
        ),
        (
            "a target that is down says whose it is",
            TELEMETRY,
            asked(
                100,
                {"requests": RAW},
                scrapes=[
                    *up(a={70: 1.0, 100: 1.0}),
                    Series(labels={"job": "shop", "instance": "x", "app": "ledger"}, samples=((100.0, 0.0),)),
                ],
            ),
            [
                'ledger: partial: targets: the last scrape of job shop failed (1 series, such as {app="ledger", instance="x", job="shop"}); see URL/targets'
            ],
        ),
        (
            "an instance reports no more",
            TELEMETRY,
            asked(100, {"requests": [*RAW, series({65: 1.0}, code="200", instance="b")]}),
            [
                "pay: partial: requests: rq no longer comes from 1 of 2 targets of pay@1, such as b; see URL/targets"
            ],
        ),
        (
            "an instance has another version now",
            TELEMETRY,
            asked(100, {"requests": [*RAW, series({65: 1.0}, of="pay@0", code="200")]}),
            [],
        ),
        (
            "no version, no status",
            TELEMETRY,
            asked(
                100,
                {
                    "requests": [
                        *RAW,
                        series(SAMPLES, of="web@", code="200"),
                        series(SAMPLES, of="@", code="200"),
                        series(SAMPLES),
                    ]
                },
            ),
            [
                'web: malformed: requests: rq has series without version (1 series, such as {app="web", code="200", instance="a", job="shop"}); add the label to the metric, or narrow spec.requests.metric with matchers',
                'all: malformed: requests: rq has series without app and version (1 series, such as {code="200", instance="a", job="shop"}); add the label to the metric, or narrow spec.requests.metric with matchers',
                'pay: malformed: requests: rq has series without code (1 series, such as {app="pay", instance="a", job="shop", version="1"}); add the label to the metric, or correct spec.requests.labels.status',
            ],
        ),
        (
            "no number",
            TELEMETRY,
            asked(100, {"requests": [series({90: 1.0, 100: nan}, code="200")]}),
            [
                'pay: not a number: requests: rq is not a number for pay@1 (1 series, such as {app="pay", code="200", instance="a", job="shop", version="1"}); mend what exports it'
            ],
        ),
        (
            "no histogram, and one without the threshold",
            measuring(LATENCY, requests=True),
            asked(
                100,
                {
                    "requests": RAW,
                    "latency": [
                        series(SAMPLES, le="0.3"),
                        series(SAMPLES, le="x"),
                        *(series(SAMPLES, of="web@1", le=le) for le in ("0.1", "0.5", "+Inf")),
                    ],
                },
            ),
            [
                'pay: malformed: latency: s_bucket has no buckets up to le="+Inf" (1 series, such as {app="pay", instance="a", job="shop", version="1"}); is it a classic histogram?',
                'web: malformed: latency: s_bucket has no bucket that ends at 300 ms (1 series, such as {app="web", instance="a", job="shop", version="1"}); add one, or move the threshold to one of 100 ms, 500 ms',
            ],
        ),
        (
            "instances with different buckets",
            measuring(LATENCY, requests=True),
            asked(
                100,
                {
                    "requests": RAW,
                    "latency": [
                        *(series(SAMPLES, le=le) for le in ("0.3", "+Inf")),
                        *(series(SAMPLES, instance="b", le=le) for le in ("0.2", "0.3", "+Inf")),
                    ],
                },
            ),
            [
                "pay: malformed: latency: the instances of pay@1 have different buckets; give all instances of a version the same"
            ],
        ),
        (
            "attempts without their good ones",
            measuring(ORDERS),
            asked(
                100,
                {
                    "ratio orders, total": [series(SAMPLES), series(SAMPLES, of="pay@2")],
                    "ratio orders, good": [series(SAMPLES)],
                },
            ),
            [
                "pay: no data: ratio orders, good: orders has nothing of pay@2, which has attempts; export it from the start, as 0"
            ],
        ),
        (
            "a version lacks what another has",
            measuring(MEMORY, requests=True),
            asked(
                100,
                {
                    "requests": [
                        *RAW,
                        series(SAMPLES, of="pay@2", code="200", instance="b"),
                        series(SAMPLES, of="web@2", code="200"),
                    ],
                    "level memory": vector(series({100: 1.0})),
                },
            ),
            [
                "pay: no data: level memory: rss has nothing of pay@2, though other versions have it; does this version still export it, under that name?"
            ],
        ),
        (
            "text, a number, several series and none",
            measuring(BACKLOG, SHARE, MEMORY),
            asked(
                100,
                {
                    "ratio backlog, total": Answer(kind="string"),
                    "ratio backlog, bad": Answer(
                        kind="scalar", series=(Series(labels={}, samples=((100.0, 1.0),)),)
                    ),
                    "level memory": vector(series({100: 1.0}, core="1"), series({100: 1.0}, core="2")),
                    "level share": vector(),
                },
            ),
            [
                "all: malformed: ratio backlog, total: sum(a) gives a string; spec.ratios[0].total must give one series for each version",
                "all: malformed: ratio backlog, bad: sum(b) gives a scalar; spec.ratios[0].bad must give one series for each version",
                'pay: malformed: level memory: rss gives several series for a of pay@1 (2 series, such as {app="pay", core="1", instance="a", job="shop", version="1"}); aggregate, or narrow it with matchers',
                "all: no data: level share: rss/limit gives nothing at URL; is it exported and scraped?",
            ],
        ),
        (
            "levels that are old, or no numbers",
            measuring(MEMORY),
            asked(100, {"level memory": vector(series({65: 1.0}), series({100: nan}, instance="b"))}),
            [
                'pay: not a number: level memory: rss is not a number for pay@1 (1 series, such as {app="pay", instance="b", job="shop", version="1"}); mend what exports it',
                "pay: partial: level memory: rss no longer comes from 1 of 2 targets of pay@1, such as a; see URL/targets",
            ],
        ),
    ],
)
def test_what_is_missing(why: str, telemetry: Telemetry, asking: Asked, missing: list[str]) -> None:
    assert told(last(telemetry, asking)) == missing, why


def test_what_is_beyond_the_bound_is_told_and_the_same_series_count_every_time() -> None:
    kept = begun(limit=2)
    pods = [series({90: 0.0, 100: 5.0}, code="200", instance=name) for name in "abc"]
    kept.reading(asked(100, {"requests": pods}))
    more = [series({100: 5.0, 110: 6.0 + at}, code="200", instance=name) for at, name in enumerate("cab")]
    reading = kept.reading(asked(110, {"requests": more}))
    assert reading.edges == {edge("pay@1"): Counts(requests=5 + 5 + 2 + 3)}
    assert told(reading) == [
        "all: partial: requests: rq has 3 series, of which 2 are read; narrow spec.requests.metric with matchers"
    ]


def test_what_was_silent_for_long_is_expected_no_more() -> None:
    kept = begun()
    kept.reading(asked(100, {"requests": [*RAW, series({100: 1.0}, code="200", instance="b")]}))
    silent = kept.reading(asked(300, {"requests": [series({300: 3.0}, code="200")]}))
    assert len(silent.missing) == 1
    assert kept.reading(asked(401, {"requests": [series({400: 3.0}, code="200")]})).missing == ()
