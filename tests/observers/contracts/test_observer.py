"""Looks begin with a wish, count each answer once, and end when nobody wants them any more."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

import pytest

from tidegate.core.contracts.conformance.check import Checked, Outcome
from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, Remark, Signal, Tally
from tidegate.core.ids import ServiceName, Version
from tidegate.mesh.tap import Tapped
from tidegate.observers.contracts import observer as module
from tidegate.observers.contracts.library import Library
from tidegate.observers.contracts.observer import FORGET_SECONDS, ContractObserver
from tidegate.observers.contracts.tallies import LONGEST, MOST_REASONS, Tallies

from .worlds import NEW, OLD, PAY, SUBJECT, WEB, call, load, records, version

GOOD, BAD = {"paid": "x", "receipt": "y"}, {"paid": "secret"}
NEVER = Version("9.0.0")


@dataclass
class Mesh:
    """Answers look after look, and then with nothing; `at` is the time."""

    looks: list[Iterable[Tapped] | Exception] = field(default_factory=list)
    asked: list[tuple[list[ServiceName], float]] = field(default_factory=list)
    at: float = 1000.0

    def look(self, services: Collection[ServiceName], share: float) -> Iterable[Tapped]:
        self.asked.append((sorted(services), share))
        found = self.looks.pop(0) if self.looks else ()
        self.at += 1
        if isinstance(found, Exception):
            raise found
        return found

    def clock(self) -> float:
        return self.at


@pytest.fixture
def mesh(monkeypatch: pytest.MonkeyPatch) -> Mesh:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    return Mesh()


@pytest.fixture
async def observer(mesh: Mesh) -> AsyncIterator[ContractObserver]:
    made = ContractObserver(mesh.look, Library(records(), load), mesh.clock)
    yield made
    await made.aclose()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for happens in a thread
            await asyncio.sleep(0.001)


async def looked(mesh: Mesh, observer: ContractObserver, *looks: Iterable[Tapped] | Exception) -> None:
    """Let it look at these, and once more."""
    mesh.looks = list(looks)
    before = len(mesh.asked)
    observer.want(SUBJECT, 0.05)
    await until(lambda: len(mesh.asked) > before + len(looks))


def tallies(ratios: dict[Signal, Tally]) -> dict[str, tuple[int, int]]:
    return {str(signal): (tally.requests, tally.bad) for signal, tally in ratios.items()}


async def test_without_a_wish_nobody_looks(mesh: Mesh, observer: ContractObserver) -> None:
    reading = await observer.read()
    assert (reading.ratios, reading.missing, mesh.asked) == ({}, (), [])


async def test_each_answer_counts_once_for_the_version_that_gave_it(
    mesh: Mesh, observer: ContractObserver
) -> None:
    first = [call(OLD, GOOD), call(OLD, GOOD), call(NEW, BAD), call(NEW, GOOD), call(NEW, {}, status=500)]
    await looked(mesh, observer, first, [call(NEW, BAD)])
    reading = await observer.read()
    assert tallies(dict(reading.ratios)) == {
        "conformance of pay@1.0.0": (2, 0),
        "conformance of pay@2.0.0": (3, 2),
    }
    assert mesh.asked[0] == ([PAY], 0.05)
    said = reading.examples[Signal(name="conformance", version=SUBJECT.canary)]
    assert said == """POST /v1/pay answered 200: the body lacks 'receipt' in {"paid": <string of 6>}"""
    assert reading.missing == ()


async def test_a_reading_is_complete_until_the_end_of_the_newest_look(
    mesh: Mesh, observer: ContractObserver
) -> None:
    before = await observer.read()
    await looked(mesh, observer, [call(NEW, GOOD)])
    after = await observer.read()
    assert (before.at, before.epoch) == (1000.0, after.epoch)
    assert 1000.0 < after.at <= mesh.at


async def test_no_answer_of_the_canary_is_missing_evidence(observer: ContractObserver) -> None:
    observer.want(SUBJECT, 0.05)
    (missing,) = (await observer.read()).missing
    assert (str(missing), missing.service) == ("no data: no answer of pay@2.0.0 was checked", PAY)


async def test_answers_that_cannot_be_checked_are_told_and_prove_nothing(
    mesh: Mesh, observer: ContractObserver
) -> None:
    long = call(NEW, None, unread="it is longer than 64 KiB")
    await looked(mesh, observer, [long, long])
    reading = await observer.read()
    why = "2 answers could not be checked: 2 because the body was not read: it is longer than 64 KiB"
    assert [str(each) for each in reading.missing] == [f"no data: no answer of pay@2.0.0 was checked; {why}"]
    assert reading.ratios == {}
    await looked(mesh, observer, [call(NEW, GOOD)])
    assert list((await observer.read()).examples.values()) == [why]


async def test_a_mesh_that_cannot_be_looked_at_is_a_source_that_is_down(
    mesh: Mesh, observer: ContractObserver
) -> None:
    mesh.looks = [Unavailable("the mesh was started without a tap")] * 1_000
    observer.want(SUBJECT, 0.05)
    await until(lambda: len(mesh.asked) > 1)
    down, nothing = (await observer.read()).missing
    assert str(down) == "source down: answers: the mesh was started without a tap"
    assert str(nothing) == "no data: no answer of pay@2.0.0 was checked"
    await looked(mesh, observer, [call(NEW, GOOD)])
    assert (await observer.read()).missing == ()


async def test_it_ends_when_it_was_not_wanted_for_a_while_and_begins_again(
    mesh: Mesh, observer: ContractObserver
) -> None:
    await looked(mesh, observer)
    mesh.at += FORGET_SECONDS + 10
    before = 0

    def rests() -> bool:
        nonlocal before
        before, now = len(mesh.asked), before
        return before == now and observer._looking is None

    await until(rests)
    assert (await observer.read()).missing == ()
    await looked(mesh, observer, [call(NEW, GOOD)])
    assert len(mesh.asked) > before


async def test_the_largest_share_that_is_wanted_is_looked_at(mesh: Mesh, observer: ContractObserver) -> None:
    observer.want(SUBJECT, 0.05)
    observer.want(replace(SUBJECT, service=WEB), 0.5)
    await until(lambda: len(mesh.asked) > 1)
    assert mesh.asked[0] == ([PAY, WEB], 0.5)


async def test_what_callers_do_beside_their_declaration_is_remarked_once(
    mesh: Mesh, observer: ContractObserver
) -> None:
    asked = call(OLD, GOOD, caller=version(WEB, OLD))
    await looked(mesh, observer, [asked] * 5)
    said = "web 1.0.0 declares pay-api ^2.0.0 but calls POST /v1/pay of pay-api, which only 1.0.0 has"
    edge = CallEdge(caller=version(WEB, OLD), callee=version(PAY, OLD))
    assert (await observer.read()).remarks == (Remark(edge=edge, said=said),)


async def test_what_takes_too_long_to_check_is_left_out_of_the_sample(
    mesh: Mesh, observer: ContractObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", -1.0)
    await looked(mesh, observer, [call(NEW, GOOD)])
    assert (await observer.read()).ratios == {}


async def test_a_defect_shows_where_somebody_waits(mesh: Mesh, observer: ContractObserver) -> None:
    mesh.looks = [KeyError("defect")]
    observer.want(SUBJECT, 0.05)
    with pytest.raises(KeyError, match="defect"):
        await until_it_fails(observer)
    observer.want(SUBJECT, 0.05)
    await until(lambda: len(mesh.asked) > 1)


async def until_it_fails(observer: ContractObserver) -> None:
    async with asyncio.timeout(10):
        while True:
            await observer.read()
            await asyncio.sleep(0.001)


NOTHING_ON_RECORD = (
    "conformance: nothing is on record of pay@9.0.0: tidegate contracts record version pay 9.0.0 … "
    "(put it on record with `tidegate contracts record`, or leave conformance out of the change)"
)


def test_what_is_not_on_record_is_found_before_a_rollout_begins(mesh: Mesh) -> None:
    made = ContractObserver(mesh.look, Library(records(), load), mesh.clock)
    assert made.validate([SUBJECT]) == ()
    assert list(map(str, made.validate([replace(SUBJECT, new=NEVER)]))) == [NOTHING_ON_RECORD]


def test_reasons_and_examples_are_bounded() -> None:
    kept = Tallies()
    canary = version(PAY, NEW)
    for number in range(1_000):
        kept.add(canary, Checked(outcome=Outcome.UNKNOWN, operation="", findings=(f"reason {number}",)))
    kept.add(canary, Checked(outcome=Outcome.BROKEN, operation="x" * 10_000))
    (said,) = kept.examples().values()
    assert f"{1_000 - MOST_REASONS:,} because of other reasons" in said
    assert len(said) < 2 * LONGEST
