"""What pushes add up to: resets, repetitions, restarts, visits, and the bounds of it all."""

import dataclasses
from collections.abc import Callable

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint, Metric
from tests.observers.otlp.pushes import (
    BEGAN,
    PAID,
    PAY,
    WANTED,
    WEB,
    Attributes,
    counter,
    durations,
    exponential,
    gauge,
    pairs,
    push,
    resource,
)

from tidegate.core.gates.evidence import (
    DURATIONS,
    Counts,
    Gap,
    Histogram,
    Levels,
    Missing,
    Reading,
    Signal,
    Tally,
)
from tidegate.core.ids import Version
from tidegate.core.telemetry import Otlp
from tidegate.observers.otlp.observer import OtlpObserver
from tidegate.observers.otlp.points import points_of
from tidegate.observers.otlp.resources import TOO_MANY
from tidegate.observers.otlp.series import FELL, LATE, OVERLAP
from tidegate.observers.otlp.table import LONGEST_MESSAGE, Bounds, Outcome, Table
from tidegate.otlp.attributes import MOST_ATTRIBUTES

CHECKOUT = Signal(name="checkout", version=PAY)
MEMORY = Signal(name="memory", version=PAY)
CRASHES = Signal(name="crashes", version=WEB)
BEFORE = BEGAN - 500
COUNTED = Outcome()


class Pushed:
    """A table, and pushes to it at seconds after it began."""

    def __init__(self, bounds: Bounds | None = None, *, wanted: Otlp = WANTED) -> None:
        self.table = Table(wanted, began=BEGAN, bounds=bounds)

    def push(self, at: float, request: ExportMetricsServiceRequest, *, by_browser: bool = False) -> Outcome:
        points = points_of(request, self.table.wanted, by_browser=by_browser)
        return self.table.accept(points, now=BEGAN + at)

    def reading(self, at: float) -> Reading:
        return self.table.reading(now=BEGAN + at)

    def requests(self, at: float) -> int:
        return self.reading(at).edges.get(PAID, Counts()).requests


def answered(
    number: int, *, at: float, start: float = BEGAN, delta: bool = False
) -> ExportMetricsServiceRequest:
    """So many good requests since `start`, told at a second after the table began."""
    return push(durations(number, 0, 0, start=start, time=BEGAN + at, delta=delta))


def refused(number: int, why: str) -> Outcome:
    return Outcome(refused=number, why=f"{number} refused: {why}")


# How services went


def test_requests_by_how_they_went() -> None:
    pushed = Pushed()
    outcome = pushed.push(
        10,
        push(
            durations(5, 3, 0, status=200),
            durations(1, 0, 0, status=302),
            durations(2, 0, 0, status=404),
            durations(0, 0, 4, status=503, error="503"),
            durations(0, 6, 0, error="timeout"),
            durations(0, 7, 0),
            durations(0, 8, 0, status=200, error="late"),
        ),
    )
    assert outcome == COUNTED
    times = Histogram(bounds=DURATIONS, counts=(*[0] * 5, 6, 0, 0, 0, 18, *[0] * 5))
    counts = Counts(requests=36, bad=10, rejected=2, times=times)
    assert pushed.reading(10) == Reading(at=BEGAN + 10, epoch=f"otlp-{BEGAN}", edges={PAID: counts})


@pytest.mark.parametrize(
    ("unit", "bounds"), [("s", (0.1, 1.0)), ("ms", (100.0, 1000.0))], ids=["seconds", "milliseconds"]
)
def test_units(unit: str, bounds: tuple[float, ...]) -> None:
    pushed = Pushed()
    pushed.push(10, push(durations(1, 2, 0, unit=unit, bounds=bounds)))
    times = Histogram(bounds=DURATIONS, counts=(0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0))
    assert pushed.reading(10).edges == {PAID: Counts(requests=3, times=times)}


def test_an_exponential_histogram_that_loses_resolution_keeps_its_counts() -> None:
    """Its buckets grow, and answers move to slower ones: that much has no times."""
    pushed = Pushed()
    for at, scale, offset, count in ((10, 3, 8, 4), (20, 3, 8, 5), (30, 0, 1, 7)):
        point = ExponentialHistogramDataPoint(scale=scale, count=count)
        point.positive.offset = offset
        point.positive.bucket_counts.append(count)
        pushed.push(at, push(exponential(point, time=BEGAN + at)))
    times = Histogram(bounds=DURATIONS, counts=(*[0] * 10, 5, *[0] * 4))
    assert pushed.reading(30).edges == {PAID: Counts(requests=7, times=times)}


# Temporality. Each row: pushes as (second, start, requests), delta, what is counted, and the last answer.

Pushes = list[tuple[float, float, int]]


@pytest.mark.parametrize(
    ("pushes", "delta", "counted", "last"),
    [
        pytest.param([(10, 0, 5), (20, 0, 8)], False, 8, COUNTED, id="cumulative"),
        pytest.param([(10, 0, 5), (20, 10, 8)], True, 13, COUNTED, id="delta"),
        pytest.param([(10, 0, 5), (10, 0, 5)], False, 5, COUNTED, id="a push repeated"),
        pytest.param([(10, 0, 5), (10, 0, 5)], True, 5, COUNTED, id="a delta repeated"),
        pytest.param([(20, 0, 8), (10, 0, 5)], False, 8, refused(1, LATE), id="late"),
        pytest.param([(20, 10, 8), (10, 0, 5)], True, 8, refused(1, OVERLAP), id="a late delta"),
        pytest.param([(20, 0, 8), (30, 15, 5)], True, 8, refused(1, OVERLAP), id="two that push one delta"),
        pytest.param([(10, 0, 5), (40, 30, 2)], True, 7, COUNTED, id="a gap"),
        pytest.param([(10, -BEGAN, 5), (20, -BEGAN, 2)], True, 7, COUNTED, id="deltas without a start"),
        pytest.param(
            [(20, -BEGAN, 5), (10, -BEGAN, 2)], True, 5, refused(1, OVERLAP), id="a late one without a start"
        ),
        pytest.param([(10, 0, 5), (20, 15, 2), (30, 15, 4)], False, 9, COUNTED, id="a restart"),
        pytest.param(
            [(10, 0, 5), (12, 1, 50), (20, 0, 6), (22, 1, 51)], False, 57, COUNTED, id="two of a name"
        ),
        pytest.param([(10, 0, 5), (20, 0, 3)], False, 5, refused(1, FELL), id="fell without a restart"),
        pytest.param([(10, -60, 500), (20, -60, 503)], False, 3, COUNTED, id="began before us"),
        pytest.param([(10, 10, 500), (20, 10, 503)], False, 3, COUNTED, id="began at an unknown time"),
        pytest.param(
            [(10, -BEGAN, 500), (20, -BEGAN, 503)], False, 3, COUNTED, id="does not say when it began"
        ),
    ],
)
def test_temporality(pushes: Pushes, delta: bool, counted: int, last: Outcome) -> None:
    pushed = Pushed()
    answers = [
        pushed.push(at, answered(number, at=at, start=BEGAN + start, delta=delta))
        for at, start, number in pushes
    ]
    assert (pushed.requests(pushes[-1][0]), answers[-1]) == (counted, last)


def test_a_series_that_is_new_in_a_known_run_began_at_zero() -> None:
    """The first failure of a process that runs for long is no less a failure."""
    pushed = Pushed()
    pushed.push(10, push(durations(900, 0, 0, status=200, start=BEFORE)))
    failed = durations(2, 0, 0, status=500, start=BEFORE, time=BEGAN + 20)
    pushed.push(20, push(durations(901, 0, 0, status=200, start=BEFORE, time=BEGAN + 20), failed))
    counts = pushed.reading(20).edges[PAID]
    assert (counts.requests, counts.bad) == (3, 2)


def test_failures_and_rejections_grow_like_requests() -> None:
    pushed = Pushed()
    for at, number in ((10, 3), (20, 5)):
        failed = durations(number, 0, 0, time=BEGAN + at, status=500)
        rejected = durations(2 * number, 0, 0, time=BEGAN + at, status=404)
        pushed.push(at, push(failed, rejected))
    assert pushed.reading(20).edges == {PAID: Counts(requests=15, bad=5, rejected=10)}


def test_what_is_late_is_in_the_newer_total_and_so_not_missing() -> None:
    pushed = Pushed()
    for at in (20, 10):
        pushed.push(at, answered(at, at=at))
    assert (pushed.requests(20), pushed.reading(20).missing) == (20, ())


def test_instances_add_up_and_versions_stay_apart() -> None:
    pushed = Pushed()
    metric = durations(4, 0, 0)
    for of in (resource(instance="a"), resource(instance="b"), resource(WEB, "c"), resource(instance=None)):
        pushed.push(10, push(metric, of={**of, "host.name": "h"}))
    assert pushed.requests(10) == 12


# Ratios and levels


@pytest.mark.parametrize("value", [4, 4.0], ids=["whole", "float"])
def test_a_ratio_of_one_counter(value: float) -> None:
    pushed = Pushed()
    pushed.push(10, push(counter("checkouts", value, outcome="failed"), counter("checkouts", 9)))
    assert pushed.reading(10).ratios == {CHECKOUT: Tally(requests=13, bad=4)}


def test_more_bad_than_tried_is_told_and_still_only_grows() -> None:
    pushed = Pushed()
    of = resource()
    tallies: list[Tally] = []
    missing: list[Missing] = []
    for at, bad, tried in ((10, 3, 1), (20, 3, 9)):
        metrics = (
            counter("page.errors", bad, time=BEGAN + at),
            counter("pages", tried, time=BEGAN + at),
        )
        pushed.push(at, push(*metrics, of=of))
        reading = pushed.reading(at)
        tallies += reading.ratios.values()
        missing += reading.missing
    assert tallies == [Tally(requests=3, bad=3), Tally(requests=9, bad=3)]
    what = "crashes of pay@2.0.0 has 3 bad of 1: see whether all attempts are pushed"
    assert missing == [Missing(gap=Gap.PARTIAL, what=what, service=PAY.service)]


def test_levels_are_of_instances_and_the_newest() -> None:
    pushed = Pushed()
    for at, instance, heap, other in ((10, "a", 5.0, 1.0), (11, "b", 7.0, 0.5), (12, "a", 6.0, 1.0)):
        metrics = [
            gauge("process.memory.usage", value, time=BEGAN + at, pool=pool)
            for pool, value in (("heap", heap), ("other", other))
        ]
        assert pushed.push(at, push(*metrics, of=resource(instance=instance))) == COUNTED
    late = push(gauge("process.memory.usage", 1.0, time=BEGAN + 11, pool="heap"))
    assert pushed.push(13, late) == refused(1, LATE)
    assert pushed.reading(13).levels == {MEMORY: Levels(at=BEGAN + 12, values={"a": 7.0, "b": 7.5})}


def test_an_instance_without_a_name_is_one_by_its_attributes() -> None:
    pushed = Pushed()
    for at, host, value in ((10, "x", 1.0), (11, "y", 2.0), (12, "x", 3.0)):
        of = resource(PAY, None, {"host.name": host})
        pushed.push(at, push(gauge("process.memory.usage", value, time=BEGAN + at), of=of))
    levels = pushed.reading(12).levels[MEMORY].values
    assert (sorted(levels.values()), {len(name) for name in levels}) == ([2.0, 3.0], {32})


def test_an_instance_that_is_silent_has_no_level() -> None:
    pushed = Pushed()
    pushed.push(10, push(gauge("process.memory.usage", 5.0)))
    assert (list(pushed.reading(40).levels), pushed.reading(41).levels) == ([MEMORY], {})


# Visits


def visit(
    session: str, metric: str, value: float = 1, *, at: float = 10, start: float = 0, **attributes: str
) -> ExportMetricsServiceRequest:
    of = {**resource(WEB, None), "session.id": session, **attributes}
    return push(counter(metric, value, start=BEGAN + start, time=BEGAN + at), of=of)


@pytest.mark.parametrize(
    ("visits", "tally"),
    [
        ([("a", "pages")], Tally(requests=1)),
        ([("a", "pages"), ("a", "pages"), ("b", "pages")], Tally(requests=2)),
        ([("a", "page.errors")], Tally(requests=1, bad=1)),
        ([("a", "pages"), ("a", "page.errors"), ("a", "page.errors")], Tally(requests=1, bad=1)),
        ([("a", "page.errors"), ("a", "pages"), ("b", "pages")], Tally(requests=2, bad=1)),
    ],
)
def test_a_visit_counts_once_as_tried_and_once_as_bad(visits: list[tuple[str, str]], tally: Tally) -> None:
    pushed = Pushed()
    for session, metric in visits:
        assert pushed.push(10, visit(session, metric, 7), by_browser=True) == COUNTED
    assert pushed.reading(10) == Reading(at=BEGAN + 10, epoch=f"otlp-{BEGAN}", ratios={CRASHES: tally})


def test_a_visit_to_two_versions_is_tried_in_both() -> None:
    pushed = Pushed()
    newer = dataclasses.replace(WEB, version=Version("8"))
    for version in (WEB, newer):
        metric = counter("pages", 1, session_id="a")
        pushed.push(10, push(metric, of=resource(version)), by_browser=True)
    assert set(pushed.reading(10).ratios.values()) == {Tally(requests=1)}
    assert {signal.version for signal in pushed.reading(10).ratios} == {WEB, newer}


def test_sessions_of_an_application_are_visits_too() -> None:
    pushed = Pushed()
    for at in (10, 20):
        metric = counter("checkouts", at, time=BEGAN + at, session_id="a", outcome="failed")
        pushed.push(at, push(metric))
    assert pushed.reading(20).ratios == {CHECKOUT: Tally(requests=1, bad=1)}


@pytest.mark.parametrize(
    "request_",
    [visit("a", "pages", start=-1), visit("a", "pages", start=-BEGAN), visit("a", "pages", 0)],
    ids=["an older page", "a page of unknown age", "nothing tried"],
)
def test_what_may_have_been_counted_before_is_not_counted(request_: ExportMetricsServiceRequest) -> None:
    pushed = Pushed()
    assert pushed.push(10, request_, by_browser=True) == COUNTED
    assert pushed.reading(10).ratios == {}


NO_SESSION = push(counter("pages", 1), of=resource(WEB))
OTHER = "'pay' is no front end, and browsers speak of front ends only"


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (NO_SESSION, "front ends are counted per visit: session.id is needed"),
        (answered(5, at=10), OTHER),
        (
            push(durations(1, 0, 0), of=resource(WEB)),
            "of front ends only ratios are counted, not http.server.request.duration",
        ),
        (
            push(gauge("process.memory.usage", 1), of=resource(WEB)),
            "of front ends only ratios are counted, not process.memory.usage",
        ),
        (visit("a", "pages", at=10_000), "data points are more than 300 s from the time here"),
        (
            visit("a" * 256, "pages"),
            "service.name and service.version are needed, and names have at most 255 characters",
        ),
    ],
)
def test_what_browsers_may_not_say_harms_no_evidence(request_: ExportMetricsServiceRequest, why: str) -> None:
    pushed = Pushed()
    assert pushed.push(10, request_, by_browser=True) == refused(1, why)
    assert pushed.reading(10) == Reading(at=BEGAN + 10, epoch=f"otlp-{BEGAN}")


def test_a_browser_is_known_by_its_resource_too() -> None:
    """A collector may relay what browsers push."""
    pushed = Pushed()
    of = resource(PAY, None, {"browser.platform": "x"})
    why = "front ends are counted per visit: session.id is needed"
    assert pushed.push(10, push(counter("checkouts", 1), of=of)) == refused(1, why)


# What cannot be counted


def shape(change: Callable[[Metric], object], metric: Metric) -> Metric:
    change(metric)
    return metric


def good(*counts: int) -> Metric:
    return durations(*counts)


def tried(value: float) -> Metric:
    return counter("checkouts", value)


def below_zero() -> Metric:
    point = ExponentialHistogramDataPoint(count=1)
    point.negative.bucket_counts.append(1)
    return exponential(point, time=BEGAN + 10)


HISTOGRAM = "http.server.request.duration must be a histogram in s or ms"
MALFORMED = "http.server.request.duration: malformed"


@pytest.mark.parametrize(
    ("metric", "gap", "why"),
    [
        (durations(1, 0, 0, unit="By"), Gap.MALFORMED, HISTOGRAM),
        (gauge("http.server.request.duration", 1), Gap.MALFORMED, HISTOGRAM),
        (
            shape(lambda metric: setattr(metric.histogram, "aggregation_temporality", 0), good(1, 0, 0)),
            Gap.MALFORMED,
            HISTOGRAM,
        ),
        (
            shape(lambda metric: setattr(metric.sum, "is_monotonic", False), tried(1)),
            Gap.MALFORMED,
            "checkouts must be a monotonic sum",
        ),
        (
            shape(lambda metric: metric.summary.data_points.add(), good()),
            Gap.MALFORMED,
            HISTOGRAM,
        ),
        (good(1, 2), Gap.MALFORMED, MALFORMED),
        (
            shape(lambda metric: setattr(metric.histogram.data_points[0], "count", 4), good(1, 2, 0)),
            Gap.MALFORMED,
            MALFORMED,
        ),
        (below_zero(), Gap.MALFORMED, MALFORMED),
        (tried(-1), Gap.MALFORMED, "checkouts: malformed"),
        (
            counter("checkouts", 1, session_id="a" * 256),
            Gap.MALFORMED,
            "session.id has at most 255 characters",
        ),
        (tried(1.5), Gap.MALFORMED, "checkouts: malformed"),
        (tried(float("nan")), Gap.NOT_A_NUMBER, "checkouts: not a number"),
        (
            gauge("process.memory.usage", float("inf")),
            Gap.NOT_A_NUMBER,
            "process.memory.usage: not a number",
        ),
        (
            shape(lambda metric: metric.sum.data_points[0].ClearField("as_int"), tried(1)),
            Gap.NOT_A_NUMBER,
            "checkouts: not a number",
        ),
        (
            durations(1, 0, 0, start=BEGAN, time=BEGAN + 311),
            Gap.CLOCK_SKEW,
            "data points are more than 300 s from the time here",
        ),
        (
            durations(1, 0, 0, start=BEGAN - 900, time=BEGAN - 291),
            Gap.CLOCK_SKEW,
            "data points are more than 300 s from the time here",
        ),
    ],
)
def test_what_is_not_counted_is_told_and_missing_for_a_while(metric: Metric, gap: Gap, why: str) -> None:
    pushed = Pushed()
    assert pushed.push(10, push(metric)) == refused(1, why)
    reading = Reading(
        at=BEGAN + 40,
        epoch=f"otlp-{BEGAN}",
        missing=(Missing(gap=gap, what=f"pay: {why}", service=PAY.service),),
    )
    assert pushed.reading(40) == reading
    assert pushed.reading(41).missing == ()


@pytest.mark.parametrize(
    ("metric", "counted"),
    [
        (shape(lambda metric: metric.histogram.data_points[0].ClearField("bucket_counts"), good(4, 5, 0)), 9),
        (shape(lambda metric: setattr(metric.histogram.data_points[0], "flags", 1), good(4, 0, 0)), 0),
        (Metric(name="http.server.request.duration"), 0),
        (Metric(name="queue.length", gauge=gauge("", 1, time=0).gauge), 0),
    ],
    ids=["no buckets", "no recorded value", "no data", "not wanted"],
)
def test_what_is_well_formed_is_no_error(metric: Metric, counted: int) -> None:
    pushed = Pushed()
    outcome = pushed.push(10, push(metric))
    assert (outcome.refused, pushed.requests(10)) == (0, counted)


@pytest.mark.parametrize("absent", ["service.name", "service.version"])
def test_whose_it_is_must_be_said(absent: str) -> None:
    pushed = Pushed()
    of = {key: value for key, value in resource().items() if key != absent}
    why = "service.name and service.version are needed, and names have at most 255 characters"
    assert pushed.push(10, push(good(1, 0, 0), of=of)) == refused(1, why)


# Bounds


def test_series_beyond_the_bound_are_refused_and_make_counts_partial() -> None:
    pushed = Pushed(Bounds(series=2))
    for at, number in ((10, 1), (20, 2)):
        metrics = [durations(number, 0, 0, time=BEGAN + at, route=route) for route in "ab"]
        assert pushed.push(at, push(*metrics)) == COUNTED
    why = "no more than 2 series are kept: push fewer attributes"
    new = durations(1, 0, 0, start=BEGAN, time=BEGAN + 20, route="c")
    assert pushed.push(20, push(new, gauge("process.memory.usage", 1, time=BEGAN + 20))) == refused(2, why)
    assert pushed.requests(20) == 4
    missing = Missing(gap=Gap.PARTIAL, what=f"pay: {why}", service=PAY.service)
    assert pushed.reading(20).missing == (missing,)


def test_versions_that_browsers_make_up_take_no_room_of_applications() -> None:
    pushed = Pushed(Bounds(versions=2))
    answers = [
        pushed.push(
            10,
            push(
                counter("pages", 1, session_id="a"),
                of=resource(dataclasses.replace(WEB, version=Version(f"{number}"))),
            ),
            by_browser=True,
        )
        for number in range(3)
    ]
    assert answers == [COUNTED, COUNTED, refused(1, "no more than 2 versions are kept")]
    assert pushed.push(10, answered(3, at=10)) == COUNTED
    assert pushed.reading(10).missing == ()


def test_what_is_missing_is_kept_of_a_bounded_number_of_services() -> None:
    pushed = Pushed(Bounds(versions=1))
    for name in ("a", "b", "a"):
        pushed.push(10, push(tried(-1), of={"service.name": name, "service.version": "1"}))
    assert [missing.service for missing in pushed.reading(10).missing] == ["a"]


MANY = {f"a{number}": "x" for number in range(MOST_ATTRIBUTES)}


@pytest.mark.parametrize(
    ("of", "attributes"),
    [(resource(also=MANY), {}), (resource(), {**MANY, "one": "more"})],
    ids=["resource", "point"],
)
def test_attributes_are_bounded(of: Attributes, attributes: dict[str, str]) -> None:
    pushed = Pushed()
    metric = shape(
        lambda metric: metric.histogram.data_points[0].attributes.extend(pairs(attributes)), good(1, 0, 0)
    )
    assert pushed.push(10, push(metric, of=of)) == refused(1, TOO_MANY)


def test_what_is_told_is_bounded() -> None:
    pushed = Pushed()
    metrics = [
        push(tried(1), of={"service.name": f"{number}" * 99, "service.version": "1"}) for number in range(50)
    ]
    for each in metrics[1:]:
        metrics[0].MergeFrom(each)
    outcome = pushed.push(10, metrics[0], by_browser=True)
    assert (outcome.refused, len(outcome.why)) == (50, LONGEST_MESSAGE)


# Silence


def test_a_version_that_falls_silent_is_stale_then_forgotten() -> None:
    pushed = Pushed()
    pushed.push(10, answered(5, at=10))
    what = "pay@2.0.0 has pushed nothing for 31 s: see whether its exporter is up"
    stale = Missing(gap=Gap.STALE, what=what, service=PAY.service)
    assert [pushed.reading(at).missing for at in (40, 41)] == [(), (stale,)]
    assert pushed.requests(41) == 5
    assert pushed.reading(911) == Reading(at=BEGAN + 911, epoch=f"otlp-{BEGAN}")


def test_who_pushes_seldom_is_stale_before_it_is_forgotten() -> None:
    pushed = Pushed(wanted=dataclasses.replace(WANTED, interval=600.0))
    pushed.push(10, answered(5, at=10))
    gaps = [[missing.gap for missing in pushed.reading(at).missing] for at in (1810, 1811, 3610, 3900)]
    assert gaps == [[], [Gap.STALE], [Gap.STALE], []]


def test_users_who_do_not_come_are_no_gap() -> None:
    pushed = Pushed()
    pushed.push(10, visit("a", "pages"), by_browser=True)
    assert pushed.reading(500).missing == ()


def test_an_instance_may_go_without_taking_its_counts() -> None:
    pushed = Pushed()
    pushed.push(10, push(good(5, 0, 0), of=resource(instance="gone")))
    for at in (500, 1000, 1500):
        pushed.push(at, answered(at, at=at))
    assert pushed.requests(1500) == 1505


def test_who_returns_after_long_silence_begins_anew() -> None:
    """What it counted in between is lost; nothing is counted twice."""
    pushed = Pushed()
    for at, number in ((10, 5), (1000, 50)):
        pushed.push(at, answered(number, at=at, start=BEFORE))
    assert pushed.requests(1000) == 0
    pushed.push(1010, answered(52, at=1010, start=BEFORE))
    assert pushed.requests(1010) == 2


def test_forgotten_series_leave_room() -> None:
    pushed = Pushed(Bounds(series=2))
    pushed.push(10, push(good(1, 0, 0), gauge("process.memory.usage", 1)))
    assert (
        pushed.push(1000, push(durations(1, 0, 0, start=BEGAN, time=BEGAN + 1000), of=resource(instance="b")))
        == COUNTED
    )


async def test_the_observer_reads_the_table() -> None:
    pushed = Pushed()
    pushed.push(10, answered(5, at=10))
    assert await OtlpObserver(pushed.table, lambda: BEGAN + 12).read() == pushed.reading(12)
