"""Everything that one reading needs, asked of Prometheus as of one instant of its own clock.

Metrics are asked for as raw samples, since the last reading and a little longer; expressions as of the instant.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from tidegate.core.telemetry import Labels, Metric, Requests, Source, Telemetry
from tidegate.observers.prometheus.api import BadQuery, Prometheus
from tidegate.observers.prometheus.series import Answer, Series
from tidegate.observers.prometheus.targets import Targets, targets_of
from tidegate.sources.words import did_you_mean

LEAST_INTERVALS: Final = 4.0
OVERLAP_INTERVALS: Final = 2.0
LONGEST_SECONDS: Final = 3600.0
"""Further back nothing is asked for; what was counted before that and not yet read is counted without its resets."""

FAILURES: Final = "failures"
"""The part of the requests that failed, where a counter of its own has them."""

Sort = Literal["counter", "level"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing to ask for: what a Telemetry file calls it, and where it says so.

    Of an `optional` part no series need exist: a counter of failures, while there was none. Of a `late` one not even
    the metric: whoever exports it makes it with the first failure of all.
    """

    name: str
    path: str
    source: Source
    labels: Labels
    sort: Sort = "counter"
    optional: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Of a metric without samples: whether Prometheus has ever known it, and which one was probably meant."""

    known: bool
    near: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The answers, as of `now` by Prometheus' clock, which is `skew` seconds ahead of ours."""

    now: float
    skew: float
    window: float
    targets: Targets
    answers: Mapping[str, Answer | BadQuery]
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def parts_of(telemetry: Telemetry) -> tuple[Part, ...]:
    """What there is to ask for, by the names that messages use."""
    parts = [*request_parts(telemetry.requests)] if telemetry.requests else []
    if latency := telemetry.latency:
        part = Part(name="latency", path=latency.path, source=latency.buckets, labels=latency.labels)
        parts.append(part)
    for at, ratio in enumerate(telemetry.ratios):
        for role, source in (("total", ratio.total), ("bad", ratio.bad), ("good", ratio.good)):
            if source is not None:
                name, path = ratio_part(ratio.name, role), f"spec.ratios[{at}].{role}"
                optional = role == "bad"
                part = Part(name=name, path=path, source=source, labels=ratio.labels, optional=optional)
                parts.append(part)
    for at, level in enumerate(telemetry.levels):
        name, path = level_part(level.name), f"spec.levels[{at}].value"
        parts.append(Part(name=name, path=path, source=level.value, labels=level.labels, sort="level"))
    return tuple(parts)


def request_parts(requests: Requests) -> Iterator[Part]:
    """What there is to ask for about requests."""
    part = Part(name="requests", path=requests.path, source=requests.metric, labels=requests.labels)
    yield part
    if requests.failed:
        yield replace(part, name=FAILURES, source=requests.failed, optional=True, late=True)


def ratio_part(name: str, role: str) -> str:
    """How messages call one of the counters of a ratio."""
    return f"ratio {name}, {role}"


def level_part(name: str) -> str:
    """How messages call a level."""
    return f"level {name}"


async def ask(
    client: Prometheus,
    telemetry: Telemetry,
    *,
    counted_until: float | None,
    clock: Callable[[], float],
) -> Asked:
    """Ask for everything; raises `Unavailable` when Prometheus does not answer.

    `counted_until` is the instant of the last reading, `clock` our own time; both in seconds since 1970.
    """
    before = clock()
    now = await client.now()
    skew = now - (before + clock()) / 2
    window = _window(telemetry.prometheus.interval, now, counted_until)
    parts = parts_of(telemetry)
    # Targets first: a scrape between two queries then has samples too new, which wait, and never too few.
    present = await client.query(telemetry.prometheus.targets, at=now)
    lately = await client.query(ranged(telemetry.prometheus.targets, window), at=now)
    answers = {part.name: await _answer(client, part, now, window) for part in parts}
    given = [each for each in answers.values() if isinstance(each, Answer)]
    return Asked(
        now=now,
        skew=skew,
        window=window,
        targets=targets_of(present.series, lately.series, telemetry.prometheus.interval),
        answers=answers,
        lookups=await _lookups(client, parts, answers),
        warnings=remarks([present, lately, *given]),
    )


def remarks(answers: Iterable[Answer]) -> tuple[str, ...]:
    """What is lacking, each told once."""
    return tuple(dict.fromkeys(words for answer in answers for words in answer.lacking))


def _window(interval: float, now: float, counted_until: float | None) -> float:
    """How far back to ask, in seconds: until the last reading, with room for scrapes that came late."""
    since = now - counted_until if counted_until is not None else 0.0
    wanted = max(LEAST_INTERVALS * interval, since + OVERLAP_INTERVALS * interval)
    return min(wanted, max(LONGEST_SECONDS, LEAST_INTERVALS * interval))


def ranged(selector: str, window: float) -> str:
    """The raw samples of a selector, from the last `window` seconds."""
    return f"{selector}[{window * 1000:.0f}ms]"


async def _answer(client: Prometheus, part: Part, now: float, window: float) -> Answer | BadQuery:
    try:
        if not isinstance(part.source, Metric):
            return await client.query(part.source.expression, at=now)
        if part.sort == "counter":
            return await client.query(ranged(part.source.selector, window), at=now)
        return await _gauges(client, part.source.selector, now)
    except BadQuery as error:
        return error


async def _gauges(client: Prometheus, selector: str, now: float) -> Answer:
    """The newest sample of each gauge with its own time; what is marked as gone is left out."""
    values = await client.query(selector, at=now)
    times = await client.query(f"timestamp({selector})", at=now)
    taken = {_unnamed(each): each.samples[-1][1] for each in times.series}
    series = tuple(
        replace(each, samples=((taken[_unnamed(each)], each.samples[-1][1]),))
        for each in values.series
        if _unnamed(each) in taken
    )
    return replace(values, series=series)


def _unnamed(series: Series) -> frozenset[tuple[str, str]]:
    return frozenset(item for item in series.labels.items() if item[0] != "__name__")


async def _lookups(
    client: Prometheus, parts: tuple[Part, ...], answers: Mapping[str, Answer | BadQuery]
) -> Mapping[str, Lookup]:
    """For each metric without samples, whether its name is known."""
    empty = {part.name: part.source for part in parts if not part.late and _empty(answers[part.name])}
    metrics = {part: source.name for part, source in empty.items() if isinstance(source, Metric)}
    return await _looked_up(client, metrics)


async def lookup(client: Prometheus, metric: str) -> Lookup | None:
    """Whether a metric is known; nothing if that cannot be told."""
    return (await _looked_up(client, {metric: metric})).get(metric)


async def _looked_up(client: Prometheus, metrics: Mapping[str, str]) -> Mapping[str, Lookup]:
    if not metrics:
        return {}
    try:
        names = await client.names()
    except BadQuery:  # more names than can be read
        return {}
    return await asyncio.to_thread(lambda: {part: _lookup(metric, names) for part, metric in metrics.items()})


def _empty(answer: Answer | BadQuery) -> bool:
    return isinstance(answer, Answer) and answer.kind != "string" and not answer.series


def _lookup(metric: str, names: tuple[str, ...]) -> Lookup:
    others = [name for name in names if name != metric]
    return Lookup(known=metric in names, near=did_you_mean(metric, others))
