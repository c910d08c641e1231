"""A symptom is watched until it tells, and not for ever."""

import asyncio
from dataclasses import dataclass

import pytest
from tests.temporal.harness import version_of

from tidegate.core.attribution import toggles
from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, Reading, Tally
from tidegate.core.ids import RolloutId, ServiceName, StepId
from tidegate.core.rollout.isolation import Isolation, Symptom
from tidegate.observers.memory import MemoryObserver
from tidegate.temporal.messages import Watched, WatchOrder
from tidegate.temporal.watching import WATCH_SECONDS, watched

LEDGER = ServiceName("ledger")
SEEN = Tally(requests=1000, bad=200)


def order(symptom: Symptom) -> WatchOrder:
    found = toggles.opened([version_of("web"), version_of("cart")], SEEN, symptom.allowed)
    search = Isolation(step=StepId("expose/web"), why="why", symptom=symptom, toggles=found, attempt=7)
    return WatchOrder(rollout=RolloutId("r"), search=search, began_at=0.0)


FAILING = order(Symptom(service=LEDGER, allowed=0.01, seen=SEEN))
SLOW = order(Symptom(service=LEDGER, allowed=0.01, seen=SEEN, threshold_ms=100.0))


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(asyncio, "sleep", made.sleep)
    return made


async def test_what_a_source_counted_before_everything_was_switched_is_not_held_against_it(
    clock: Clock,
) -> None:
    """A source that is behind tells of the time before."""
    edge = CallEdge(caller=None, callee=version_of("ledger"))
    behind = [
        Reading(at=at, epoch="1", edges={edge: Counts(requests=requests, bad=bad)})
        for at, requests, bad in ((-1.0, 0, 0), (-0.5, 900, 900), (0.0, 1000, 1000), (0.5, 3000, 1000))
    ]
    assert await watched(FAILING, [MemoryObserver(behind, clock=clock)], clock) == Watched(
        tally=Tally(requests=2000)
    )


async def test_only_the_version_that_differed_is_watched(clock: Clock) -> None:
    watch = order(Symptom(service=LEDGER, allowed=0.01, seen=SEEN, version=version_of("ledger").version))
    seen = await watched(watch, [users(clock, Counts(requests=1000))], clock)
    assert seen == Watched(tally=Tally(requests=1000))


def users(clock: Clock, counts: Counts) -> MemoryObserver:
    """Calls into either version of the ledger, and others that do not matter."""
    return MemoryObserver(
        traffic=lambda _: {
            CallEdge(caller=None, callee=version_of("ledger", "1.0.0")): counts,
            CallEdge(caller=version_of("web"), callee=version_of("ledger")): counts,
            CallEdge(caller=None, callee=version_of("web")): Counts(requests=1000, bad=1000),
        },
        clock=clock,
    )


@pytest.mark.parametrize(
    ("asked", "counts", "bad_of_ten"),
    [
        (FAILING, Counts(requests=10), 0),
        (FAILING, Counts(requests=10, bad=4), 4),
        (SLOW, Counts(requests=10, slow=4, threshold_ms=100.0), 4),
        (SLOW, Counts(requests=10, bad=0, slow=0, threshold_ms=100.0), 0),
    ],
)
async def test_it_ends_as_soon_as_it_tells(
    clock: Clock, asked: WatchOrder, counts: Counts, bad_of_ten: int
) -> None:
    seen = await watched(asked, [users(clock, counts)], clock)
    assert (seen.given_up, seen.tally.bad * 10) == ("", seen.tally.requests * bad_of_ten)
    assert clock.now < WATCH_SECONDS / 2
    assert len(toggles.observed(asked.search.toggles, seen.tally).rounds) == 1


async def test_it_is_given_up_when_nothing_comes(clock: Clock) -> None:
    """Slow ones by another threshold are as good as nothing."""
    other = Counts(requests=10, slow=4, threshold_ms=50.0)
    for asked, counts in ((FAILING, Counts()), (SLOW, other)):
        clock.now = 0.0
        seen = await watched(asked, [users(clock, counts)], clock)
        assert seen == Watched(tally=Tally(), given_up="it could not be told within 120 s")
        assert clock.now == WATCH_SECONDS


async def test_a_source_that_does_not_answer_at_first_counts_from_when_it_does(clock: Clock) -> None:
    edge = CallEdge(caller=None, callee=version_of("ledger"))
    late = MemoryObserver(
        [
            Unavailable("away"),
            Reading(at=1.0, epoch="1", edges={edge: Counts(requests=900, bad=900)}),
            *[Reading(at=2.0, epoch="1", edges={edge: Counts(requests=1900, bad=900)})] * 9,
        ]
    )
    seen = await watched(FAILING, [late], clock)
    assert seen.tally == Tally(requests=1000)


async def test_a_defect_of_a_source_is_not_hidden(clock: Clock) -> None:
    class Broken(MemoryObserver):
        async def read(self) -> Reading:
            raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        await watched(FAILING, [Broken()], clock)
