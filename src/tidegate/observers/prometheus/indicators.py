"""What Prometheus counted of an SLO up to one instant, and why the rest is missing.

Queries are those of `core.slo.promql`, each asked once however many objectives and windows need it. They are few at a
time and have one deadline together, so that neither Prometheus nor whoever waits for the answer is held up.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import Gap, Missing
from tidegate.core.slo.bound import SloBound, needed_windows
from tidegate.core.slo.budget import SliCount, SloReading
from tidegate.core.slo.definitions import DataSource, Objective, Slo
from tidegate.core.slo.promql import SliQueries, counted, queries
from tidegate.observers.prometheus.api import BadQuery, Prometheus
from tidegate.observers.prometheus.clients import unaskable
from tidegate.observers.prometheus.series import Answer
from tidegate.sources.words import quoted

AT_ONCE: Final = 4
"""So many queries of one SLO are under way together."""

DEADLINE: Final = 10.0
"""So many seconds all queries of one SLO have together."""

ClientOf = Callable[[DataSource], Prometheus]
Answers = Mapping[str, float | Missing | None]
"""By query: a number, none where there was no series, or why it is missing."""


async def slo_readings(
    client_of: ClientOf, slo: Slo, bound: SloBound, *, at: float, since: float | None = None
) -> tuple[SloReading, ...]:
    """A reading of each objective at an instant, as far as a bound asks for it; what fails is missing in it.

    `since`: when the change began; both in seconds since 1970.
    """
    asked = {
        objective: {
            seconds: queries(slo, objective, seconds)
            for seconds in needed_windows(bound, slo, objective, at, since)
        }
        for objective in slo.objectives
    }
    every = [each for windows in asked.values() for each in windows.values()]
    answers = await _answers(client_of, slo, every, at)
    return tuple(
        _reading(slo, objective, at, since, {s: _count(slo, each, answers) for s, each in windows.items()})
        for objective, windows in asked.items()
    )


def _reading(
    slo: Slo, objective: Objective, at: float, since: float | None, found: Mapping[float, SliCount | Missing]
) -> SloReading:
    return SloReading(
        slo=slo,
        objective=objective,
        at=at,
        counts={seconds: each for seconds, each in found.items() if isinstance(each, SliCount)},
        missing={seconds: each for seconds, each in found.items() if isinstance(each, Missing)},
        since=since,
    )


def _count(slo: Slo, asked: SliQueries, answers: Answers) -> SliCount | Missing:
    part, total = answers[asked.part], answers[asked.total]
    if isinstance(total, Missing):
        return total
    return part if isinstance(part, Missing) else counted(slo, asked, part, total)


# -- asking ----------------------------------------------------------------------------------------------------


async def _answers(client_of: ClientOf, slo: Slo, asked: Iterable[SliQueries], at: float) -> Answers:
    expressions = list(dict.fromkeys(query for each in asked for query in (each.total, each.part)))
    if problem := unaskable(slo):
        missing = Missing(gap=Gap.NO_DATA, what=str(problem), service=slo.service)
        return dict.fromkeys(expressions, missing)
    client, places = client_of(slo.sli.measure.source), asyncio.Semaphore(AT_ONCE)
    until = asyncio.get_running_loop().time() + DEADLINE

    async def answer(expression: str) -> float | Missing | None:
        try:
            async with asyncio.timeout_at(until), places:
                return _number(slo, client, await client.query(expression, at=at), expression)
        except TimeoutError:
            return _missing(slo, Gap.DOWN, f"{client.url} needs more than {DEADLINE:g} s")
        except BadQuery as error:
            return _missing(slo, Gap.MALFORMED, error)
        except Unavailable as error:
            return _missing(slo, Gap.DOWN, error)

    return dict(zip(expressions, await asyncio.gather(*map(answer, expressions)), strict=True))


def _number(slo: Slo, client: Prometheus, answer: Answer, expression: str) -> float | Missing | None:
    """The one number of an answer; a part of what was asked for is not the whole."""
    if answer.lacking:
        return _missing(slo, Gap.PARTIAL, f"{client.url} warns: {'; '.join(answer.lacking)[:WARNING_LENGTH]}")
    if answer.kind != "vector" or len(answer.series) > 1:
        what = f"{len(answer.series)} series" if answer.kind == "vector" else f"a {answer.kind}"
        return _missing(
            slo, Gap.MALFORMED, f"{client.url} gives {what} for {quoted(expression)}, not one number"
        )
    return answer.series[0].samples[-1][1] if answer.series else None


WARNING_LENGTH: Final = 500


def _missing(slo: Slo, gap: Gap, what: object) -> Missing:
    return Missing(gap=gap, what=f"{slo.name}: {what}", service=slo.service)
