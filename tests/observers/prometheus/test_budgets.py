"""Limits become findings: asked at one instant, a few queries at a time, once for all who ask, never an error."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.core.slo.worlds import AT, rolling

from tidegate.core.errors import Location, Problem
from tidegate.core.gates.evidence import Finding, Gap
from tidegate.core.slo.alerts import Severity
from tidegate.core.slo.bound import SloBound
from tidegate.core.slo.definitions import BudgetingMethod, DataSource, Objective
from tidegate.core.slo.window import Unit
from tidegate.core.strategy import SloLimit
from tidegate.observers.prometheus import Clients, PrometheusBudgets, budgets, indicators
from tidegate.observers.prometheus.budgets import bound_of

from .slos import MONTH, NAME, Counter, asked_of, calm, levels, prometheus, vector
from .worlds import Asked, Reply, answering

LIMIT = SloLimit(slo=NAME, least_left=0.2, most_spent=0.02)
LEFT = SloLimit(slo=NAME, burn_rates=False)
SINCE = AT - 600
PAGES = frozenset({Severity.PAGE})


async def found(reply: Reply, limit: SloLimit = LIMIT, **changes: Any) -> tuple[Finding, ...]:
    """The findings of one check of an SLO that a stub counts."""
    with answering(reply) as url:
        async with Clients() as clients:
            slo = asked_of(prometheus(url), **changes)
            answer = await PrometheusBudgets(levels(slo), clients, lambda: AT).check(limit, SINCE)
    return tuple(
        Finding(
            name=each.name,
            broken=each.broken,
            reason=each.reason.replace(url, "URL"),
            missing=each.missing,
            condition=each.condition,
        )
        for each in answer
    )


def brief(findings: tuple[Finding, ...]) -> list[tuple[str, bool, Gap | None]]:
    return [
        (each.name.removeprefix(f"{NAME}: "), each.broken, each.missing.gap if each.missing else None)
        for each in findings
    ]


@pytest.mark.parametrize(
    ("limit", "bound"),
    [
        (SloLimit(slo="a"), SloBound(least_left=0.0, alerts=PAGES)),
        (SloLimit(slo="a", least_left=None, burn_rates=False), SloBound()),
        (
            SloLimit(slo="a", least_left=0.1, most_spent=0.2),
            SloBound(least_left=0.1, most_spent=0.2, alerts=PAGES),
        ),
    ],
)
def test_what_a_limit_asks_of_a_budget(limit: SloLimit, bound: SloBound) -> None:
    assert bound_of(limit) == bound


async def test_a_limit_that_is_kept_is_told_with_its_numbers() -> None:
    counter = Counter(calm(s600=(500.0, 10.0)))
    left, spent, hour, six = await found(counter.reply)
    assert left == Finding(
        name=f"{NAME}: budget left",
        reason=f"{NAME} has 90 % of its error budget left, at least 20 %:"
        " 100 of 1,000,000 events were bad over 30d, 1,000 may be",
        condition=True,
    )
    assert spent == Finding(
        name=f"{NAME}: budget spent",
        reason=f"{NAME} has spent 1 % of its error budget since the change began, at most 2 %:"
        " 10 of 500 events were bad over 10m, 1,000 may be",
    )
    assert brief((hour, six)) == [("page over 1h and 5m", False, None), ("page over 6h and 30m", False, None)]


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, []),
        ({f"s{MONTH}": (1_000_000.0, 801.0)}, ["budget left"]),
        ({"s600": (500.0, 21.0)}, ["budget spent"]),
        ({"s3600": (1000.0, 15.0), "s300": (100.0, 2.0)}, ["page over 1h and 5m"]),
        ({"s3600": (1000.0, 15.0)}, []),
    ],
)
async def test_what_is_broken_is_told_so(changes: dict[str, tuple[float, float]], broken: list[str]) -> None:
    findings = await found(Counter(calm(**{"s600": (500.0, 0.0), **changes})).reply)
    assert [name for name, is_broken, _ in brief(findings) if is_broken] == broken


async def test_every_query_is_asked_once_as_of_one_instant() -> None:
    """Two objectives of one indicator need the same counts."""
    counter = Counter(calm(s600=(500.0, 0.0)))
    findings = await found(
        counter.reply,
        objectives=(Objective(target=0.999, name="promised"), Objective(target=0.9999, name="aimed at")),
    )
    assert [each.name.partition(":")[0] for each in findings] == [
        *[f"{NAME} (promised)"] * 4,
        *[f"{NAME} (aimed at)"] * 4,
    ]
    windows = (300, 600, 1800, 3600, 21600, MONTH)
    assert sorted(counter.queries) == sorted(
        f"sum(increase({name}[{seconds}s]))"
        for name in ("bad_requests_total", "requests_total")
        for seconds in windows
    )
    assert counter.times == {f"{AT:.3f}"}


async def test_at_most_four_queries_are_under_way() -> None:
    lock, gate = threading.Lock(), threading.Event()
    now, most = 0, 0
    counter = Counter(calm(s600=(500.0, 0.0)))

    def reply(asked: Asked) -> tuple[int, bytes]:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
            if now == indicators.AT_ONCE:
                gate.set()
        gate.wait(5)
        try:
            return counter.reply(asked)
        finally:
            with lock:
                now -= 1

    await found(reply)
    assert most == indicators.AT_ONCE == 4


# -- what is missing -------------------------------------------------------------------------------------------


def failing(answer: tuple[int, bytes], *, where: str = "") -> Reply:
    """Answers calmly, but for queries with some words in them."""
    counter = Counter(calm(s600=(500.0, 0.0)))
    return lambda asked: answer if where in asked.body.decode() else counter.reply(asked)


REFUSED = json.dumps({"status": "error", "errorType": "bad_data", "error": "parse error"}).encode()
TWO = [{"metric": {"a": name}, "value": [1, "2"]} for name in "bc"]
SCALAR = json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}).encode()
TOTAL = "'sum(increase(requests_total[2592000s]))'"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            failing((503, b"")),
            f"source down: {NAME}: URL is not ready (wait until Prometheus has started)",
        ),
        (
            failing((400, REFUSED)),
            f"malformed: {NAME}: {TOTAL}: parse error (mend the expression)",
        ),
        (
            failing(vector([], warnings=["a store is down", "PromQL info: odd name"])),
            f"partial: {NAME}: URL warns: a store is down",
        ),
        (failing(vector(TWO)), f"malformed: {NAME}: URL gives 2 series for {TOTAL}, not one number"),
        (failing((200, SCALAR)), f"malformed: {NAME}: URL gives a scalar for {TOTAL}, not one number"),
        (
            failing(vector([])),
            f"no data: {NAME}: nothing counted by sum(increase(requests_total[2592000s]))",
        ),
        (
            failing((503, b""), where="bad_requests"),
            f"source down: {NAME}: URL is not ready (wait until Prometheus has started)",
        ),
    ],
)
async def test_what_cannot_be_read_is_missing_and_says_why(reply: Reply, reason: str) -> None:
    (left,) = await found(reply, LEFT)
    assert (left.reason, left.broken, left.condition) == (reason, False, True)
    assert left.missing is not None
    assert left.missing.service == "checkout"


async def test_what_is_missing_of_one_window_leaves_the_others() -> None:
    findings = await found(failing((503, b""), where="%5B600s"))
    assert brief(findings) == [
        ("budget left", False, None),
        ("budget spent", False, Gap.DOWN),
        ("page over 1h and 5m", False, None),
        ("page over 6h and 30m", False, None),
    ]


async def test_a_source_that_hangs_is_missing_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicators, "DEADLINE", 0.2)
    over = threading.Event()

    def reply(_: Asked) -> tuple[int, bytes]:
        over.wait(5)
        return 200, b""

    with answering(reply) as url:
        async with Clients() as clients:
            slo = asked_of(prometheus(url))
            findings = await PrometheusBudgets(levels(slo), clients, lambda: AT).check(LIMIT, SINCE)
        over.set()
    assert {each.reason for each in findings} == {f"source down: {NAME}: {url} needs more than 0.2 s"}
    assert len(findings) == 4


async def test_what_was_never_to_be_asked_is_missing() -> None:
    unknown = SloLimit(slo="checkout-availabilty")
    checker = PrometheusBudgets(levels(asked_of(DataSource(type="Datadog"))), Clients(), lambda: AT)
    (only,) = await checker.check(unknown, SINCE)
    assert only.reason == f"no data: no SLO 'checkout-availabilty' is known (did you mean '{NAME}'?)"
    findings = await checker.check(LIMIT, SINCE)
    why = (
        f"SLO '{NAME}' is measured by 'Datadog', which is not asked (only a DataSource of type Prometheus is)"
    )
    assert {each.reason for each in findings} == {f"no data: {why}"}
    assert [each.missing is not None for each in (only, *findings)] == [True] * 5


# -- sharing ---------------------------------------------------------------------------------------------------


async def checked(use: Callable[[PrometheusBudgets, list[float], Counter], Any]) -> None:
    """Use a checker whose clock is the first item of a list."""
    counter, now = Counter(calm()), [AT]
    with answering(counter.reply) as url:
        async with Clients() as clients:
            checker = PrometheusBudgets(levels(asked_of(prometheus(url))), clients, lambda: now[0])
            await use(checker, now, counter)


async def test_an_answer_is_shared_while_it_is_fresh() -> None:
    async def use(checker: PrometheusBudgets, now: list[float], counter: Counter) -> None:
        first, *others = await asyncio.gather(*(checker.check(LEFT, SINCE) for _ in range(5)))
        now[0] += 14.9
        assert all(each is first for each in [*others, await checker.check(LEFT, SINCE)])
        assert len(counter.queries) == 2
        now[0] += 0.2
        await checker.check(LEFT, SINCE)
        assert len(counter.queries) == 4
        now[0] -= 100.0  # a clock that was set back
        await checker.check(LEFT, SINCE)
        assert len(counter.queries) == 6

    await checked(use)


async def test_another_change_or_limit_has_its_own_answer() -> None:
    async def use(checker: PrometheusBudgets, _: list[float], counter: Counter) -> None:
        for limit, since in ((LEFT, SINCE), (LEFT, SINCE + 1), (SloLimit(slo=NAME, least_left=None), SINCE)):
            await checker.check(limit, since)
        assert len(counter.queries) == 2 + 2 + 8

    await checked(use)


async def test_who_is_cancelled_leaves_the_others_their_answer() -> None:
    async def use(checker: PrometheusBudgets, _: list[float], counter: Counter) -> None:
        hasty, patient = (asyncio.create_task(checker.check(LEFT, SINCE)) for _ in range(2))
        await asyncio.sleep(0)
        hasty.cancel()
        assert [each.missing for each in await patient] == [None]
        assert hasty.cancelled()
        assert len(counter.queries) == 2

    await checked(use)


async def test_only_so_many_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was not wanted for longest goes."""
    monkeypatch.setattr(budgets, "KEPT", 2)

    async def use(checker: PrometheusBudgets, _: list[float], counter: Counter) -> None:
        for since in (1.0, 2.0, 1.0, 3.0, 1.0):
            await checker.check(LEFT, since)
        assert len(counter.queries) == 2 * 3
        await checker.check(LEFT, 2.0)
        assert len(counter.queries) == 2 * 4

    await checked(use)


async def test_closing_ends_what_is_asked() -> None:
    over = threading.Event()

    def reply(_: Asked) -> tuple[int, bytes]:
        over.wait(5)
        return 503, b""

    with answering(reply) as url:
        async with Clients() as clients:
            checker = PrometheusBudgets(levels(asked_of(prometheus(url))), clients, lambda: AT)
            asking = asyncio.create_task(checker.check(LEFT, SINCE))
            await asyncio.sleep(0)
            await checker.aclose()
            with pytest.raises(asyncio.CancelledError):
                await asking
        over.set()


# -- validating ------------------------------------------------------------------------------------------------

HERE = Location(file="slo.yaml", line=3)
SOURCE = prometheus("http://localhost:9")
SHORT = rolling(1, Unit.HOUR)


@pytest.mark.parametrize(
    ("limit", "changes", "problems"),
    [
        (LIMIT, {}, ()),
        (
            SloLimit(slo="checkout-availabilty"),
            {},
            (Problem(message="no SLO 'checkout-availabilty' is known", hint=f"did you mean '{NAME}'?"),),
        ),
        (
            SloLimit(slo="x"),
            {},
            (Problem(message="no SLO 'x' is known", hint="tidegate slo list DIR shows those there are"),),
        ),
        (
            LIMIT,
            {"window": SHORT},
            (
                Problem(
                    message=f"the window of SLO '{NAME}', 1h rolling, is too short for alerts to page",
                    location=HERE,
                    hint="write burnRates: false for it, or give it a longer timeWindow",
                ),
            ),
        ),
        (LEFT, {"window": SHORT}, ()),
        (LIMIT, {"window": rolling(61, Unit.MINUTE)}, ()),
        (
            LIMIT,
            {
                "window": rolling(1, Unit.DAY),
                "method": BudgetingMethod.RATIO_TIMESLICES,
                "objectives": (
                    Objective(target=0.9, name="fine", slice_seconds=60.0),
                    Objective(target=0.9, name="coarse", slice_seconds=86400.0),
                ),
            },
            (
                Problem(
                    message=f"the window of SLO '{NAME} (coarse)', 1d rolling, is too short for alerts to page",
                    location=HERE,
                    hint="write burnRates: false for it, or give it a longer timeWindow",
                ),
            ),
        ),
    ],
)
def test_limits_that_could_never_be_checked_are_problems(
    limit: SloLimit, changes: dict[str, Any], problems: tuple[Problem, ...]
) -> None:
    slo = asked_of(SOURCE, location=HERE, **changes)
    checker = PrometheusBudgets(levels(slo), Clients(), lambda: AT)
    assert checker.validate([limit, limit]) == problems


def test_a_source_that_cannot_be_asked_is_a_problem() -> None:
    checker = PrometheusBudgets(levels(asked_of(DataSource(type="Prometheus"))), Clients(), lambda: AT)
    (problem,) = checker.validate([LIMIT])
    assert problem.message == f"the data source of SLO '{NAME}' has no url"
