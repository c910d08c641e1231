"""A gate's looks: stored before they are judged, taken up again after a crash, and over when time is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.temporal.harness import version_of

from tidegate.core.errors import Superseded, Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, Finding, Reading, Remark, Signal, Tally
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.panel import Panel
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.ids import DatabaseName, MigrationName, RolloutId, ServiceName, StepId, Version
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.steps import DataCheck, Deploy, Expose, Migrate, Step
from tidegate.core.strategy import Boundaries, Conformance, Gate, GateAction, Guard, SloLimit, Stage
from tidegate.observers.memory import MemoryBudgets, MemoryContracts, MemoryDataChecks, MemoryObserver
from tidegate.ports import DataChecks
from tidegate.store.batches import BATCHES
from tidegate.store.database import Store
from tidegate.temporal import judging
from tidegate.temporal.case_file import CaseFile
from tidegate.temporal.judging import Judge, Looks
from tidegate.temporal.messages import JudgeOrder

CART, OLD, NEW = ServiceName("cart"), Version("1.0.0"), Version("2.0.0")
SUBJECT = Subject(service=CART, old=OLD, new=NEW)
GATE = Gate()
STAGES = (
    Stage(exposure=0.5, bake=10, wait=60, gates=(GATE,)),
    Stage(exposure=1.0, bake=10, wait=60, gates=(GATE,)),
)
ORDER = JudgeOrder(
    rollout=RolloutId("r"),
    step=Step(id=StepId("expose/cart"), action=Expose(service=CART, old=OLD, new=NEW), stages=STAGES),
    stage=0,
    attempt=3,
    began_at=1000.0,
)
SECOND = replace(ORDER, stage=1, attempt=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(f"sqlite:///{tmp_path}/store.sqlite")) as opened:
        yield opened


def reading(canary: int, control: int = 0, *, bad: int = 0, at: float = 1000.0, epoch: str = "1") -> Reading:
    """Everything that was ever counted into the two versions, and into a service that is not concerned."""
    counts = {
        CallEdge(caller=None, callee=SUBJECT.canary): Counts(requests=canary, bad=bad),
        CallEdge(caller=None, callee=SUBJECT.control): Counts(requests=control),
        CallEdge(caller=None, callee=version_of("stock")): Counts(requests=7),
    }
    return Reading(at=at, epoch=epoch, edges=counts)


def file_of(store: Store, order: JudgeOrder = ORDER) -> CaseFile:
    return CaseFile(store, order, SUBJECT)


def show(file: CaseFile, found: Reading) -> None:
    """One look, of one source."""
    file.add({"memory": found}, {})


def seen(file: CaseFile) -> tuple[int, int, int]:
    """Requests of canary and control so far, and those of the canary in this stage."""
    return (
        int(file.panel.cases[0].canary.requests[0]),
        int(file.panel.cases[0].control.requests[0]),
        file.panel.cases[0].fresh_requests,
    )


# The file of a case


def test_the_first_reading_is_where_counting_begins(store: Store) -> None:
    file = file_of(store)
    show(file, reading(900, 900))
    assert seen(file) == (0, 0, 0)
    show(file, reading(1000, 950))
    assert seen(file) == (100, 50, 100)


def test_only_what_concerns_the_case_is_kept(store: Store) -> None:
    show(file_of(store), reading(1, 2))
    (record,) = store.evidence_of(ORDER.rollout, ORDER.step.id)
    assert (record.sequence, record.stage, record.batch["batch"]) == (1, 0, {})
    callees = {edge["callee"]["service"] for edge, _ in record.batch["until"]["memory"]["edges"]}
    assert callees == {"cart"}


def test_guards_and_the_calls_of_the_service_itself_concern_it(store: Store) -> None:
    guarded = replace(GATE, guards=(Guard(service="web", success_rate=0.99),))
    own = CallEdge(caller=SUBJECT.canary, callee=version_of("ledger", "1.0.0"))
    guard = CallEdge(caller=None, callee=version_of("web", "1.0.0"))
    other = CallEdge(caller=version_of("web", "1.0.0"), callee=version_of("stock", "1.0.0"))
    step = replace(ORDER.step, stages=(replace(STAGES[0], gates=(guarded,)),))
    edges = {edge: Counts(requests=1) for edge in (own, guard, other)}
    show(CaseFile(store, replace(ORDER, step=step), SUBJECT), Reading(at=1000, epoch="1", edges=edges))
    (record,) = store.evidence_of(ORDER.rollout, ORDER.step.id)
    assert {edge["callee"]["service"] for edge, _ in record.batch["until"]["memory"]["edges"]} == {
        "ledger",
        "web",
    }


def test_reopened_after_a_crash_it_is_the_same_case_and_counts_nothing_twice(store: Store) -> None:
    before = file_of(store)
    for look in (reading(0), reading(100, 120, bad=1), reading(250, 260, bad=2)):
        show(before, look)
    after = file_of(store)
    assert seen(after) == seen(before) == (250, 260, 250)
    assert after.panel.cases[0].worse.log_e.tolist() == before.panel.cases[0].worse.log_e.tolist()
    assert after.panel.cases[0].within.log_e.tolist() == before.panel.cases[0].within.log_e.tolist()
    show(after, reading(300, 300, bad=2))  # what happened while nobody looked is in it, once
    assert seen(after) == (300, 300, 300)


def test_what_was_counted_before_a_restart_of_the_data_plane_stays(store: Store) -> None:
    file = file_of(store)
    for look in (reading(0), reading(100), reading(30, epoch="2")):
        show(file, look)
    assert seen(file) == seen(file_of(store)) == (130, 0, 130)


def test_a_stage_begins_from_a_reading_of_its_own(store: Store) -> None:
    """Evidence is carried over; what came in between belongs to neither exposure."""
    first = file_of(store)
    for look in (reading(0), reading(100, 100)):
        show(first, look)
    second = file_of(store, SECOND)
    assert seen(second) == (100, 100, 0)
    show(second, reading(500, 500))
    assert seen(second) == seen(file_of(store, SECOND)) == (100, 100, 0)
    show(second, reading(540, 510))
    assert seen(second) == seen(file_of(store, SECOND)) == (140, 110, 40)


def test_two_judges_of_one_stage_share_their_looks(store: Store) -> None:
    """One of them was taken for dead; neither its looks nor the other's count twice, now or after a crash."""
    one, other = file_of(store), file_of(store)
    show(one, reading(0))
    show(other, reading(10))  # taken: it reads the file again instead
    assert seen(other) == (0, 0, 0)
    show(other, reading(20))
    show(one, reading(30))
    assert seen(one) == seen(other) == (20, 0, 20)
    show(one, reading(40))
    show(other, reading(50))
    assert seen(one) == seen(other) == seen(file_of(store)) == (40, 0, 40)
    assert [record.sequence for record in store.evidence_of(ORDER.rollout, ORDER.step.id)] == [1, 2, 3]


def test_a_judge_of_an_earlier_stage_gives_up_once_the_next_has_begun(store: Store) -> None:
    early, late = file_of(store), file_of(store, SECOND)
    show(late, reading(0))
    with pytest.raises(Superseded, match="expose/cart: stage 2 is judged already"):
        show(early, reading(10))
    assert seen(late) == seen(file_of(store, SECOND)) == (0, 0, 0)


def test_a_look_of_the_earlier_stage_that_came_between_is_taken_up_by_the_next(store: Store) -> None:
    early = file_of(store)
    show(early, reading(0))
    late = file_of(store, SECOND)
    show(early, reading(10))
    show(late, reading(20))  # taken
    assert seen(late) == (10, 0, 0)
    show(late, reading(30))
    show(late, reading(45))
    assert seen(late) == seen(file_of(store, SECOND)) == (25, 0, 15)


# The judge


REAL_SLEEP = asyncio.sleep


@dataclass
class Clock:
    """Time passes when the judge sleeps, and only then; `meanwhile` is called each time."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.meanwhile()
        await REAL_SLEEP(0)  # whoever was cancelled meanwhile hears of it here


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(judging, "LOOK_SECONDS", 5.0)
    monkeypatch.setattr(asyncio, "sleep", made.sleep)
    return made


def judge_of(store: Store, clock: Clock, observer: MemoryObserver, checks: DataChecks | None = None) -> Judge:
    return Judge(
        observers={"memory": observer},
        budgets=MemoryBudgets(),
        contracts=MemoryContracts(),
        checks=checks or MemoryDataChecks(),
        store=store,
        looks=Looks(),
        clock=clock,
    )


def users(clock: Clock, *, canary: int, control: int, bad: int = 0, all_bad: int = 0) -> MemoryObserver:
    """Requests in each second; `all_bad` of them fail on each arm."""

    def traffic(seconds: float) -> dict[CallEdge, Counts]:
        return {
            CallEdge(caller=None, callee=SUBJECT.canary): Counts(
                requests=int(canary * seconds), bad=int((bad + all_bad) * seconds)
            ),
            CallEdge(caller=None, callee=SUBJECT.control): Counts(
                requests=int(control * seconds), bad=int(all_bad * seconds)
            ),
        }

    return MemoryObserver(traffic=traffic, clock=clock)


def test_a_case_that_begins_anew_is_not_held_to_what_was_seen_before(store: Store) -> None:
    """Stored looks stay stored, and what came in between the two cases belongs to neither."""
    before = file_of(store)
    for look in (reading(0), reading(100, 120, bad=90)):
        show(before, look)
    anew = replace(ORDER, attempt=7, began_at=1020.0, evidence_from=1020.0)
    for look in (reading(200, 200, bad=99, at=1020.0), reading(250, 240, bad=99, at=1021.0)):
        show(file_of(store, anew), look)
    assert seen(file_of(store, anew)) == (50, 40, 50)
    assert seen(file_of(store)) == (100, 120, 100)
    assert [record.sequence for record in store.evidence_of(ORDER.rollout, ORDER.step.id)] == [1, 2, 3, 4]


async def test_a_good_release_passes_when_it_has_baked(store: Store, clock: Clock) -> None:
    answer = await judge_of(store, clock, users(clock, canary=1000, control=1000)).verdict(ORDER)
    assert answer.outcome is Outcome.PASS
    assert clock.now == 1010.0  # proven after five seconds, baked after ten
    assert len(store.evidence_of(ORDER.rollout, ORDER.step.id)) == 3


async def test_a_bad_one_fails_at_once(store: Store, clock: Clock) -> None:
    answer = await judge_of(store, clock, users(clock, canary=1000, control=1000, bad=200)).verdict(ORDER)
    assert (answer.outcome, clock.now) == (Outcome.FAIL, 1005.0)


async def test_silence_is_not_a_pass_and_ends_with_the_time_to_wait(store: Store, clock: Clock) -> None:
    judge = judge_of(store, clock, users(clock, canary=0, control=1000))
    newest: list[Verdict | None] = []
    clock.meanwhile = lambda: newest.append(judge.looks.of(ORDER.rollout).get(ORDER.step.id))
    answer = await judge.verdict(ORDER)
    assert (answer.outcome, clock.now) == (Outcome.INSUFFICIENT, 1060.0)
    assert answer.reason.startswith("no request has reached cart 2.0.0 in this stage")
    assert answer.reason.endswith("its time to wait of 60 s is over")
    assert all(look is not None and look.outcome is Outcome.INSUFFICIENT for look in newest)
    assert judge.looks.newest == {}


async def test_a_source_that_does_not_answer_is_insufficient_and_never_a_pass(
    store: Store, clock: Clock
) -> None:
    """Also after enough was seen to pass: what it would say now is not known."""
    good = [reading(0), reading(5000, 5000, at=1005)]
    gone = Unavailable("Envoy does not answer", "is the mesh up?")
    observer = MemoryObserver(good, clock=clock)
    observer.then(*[gone] * 100)
    answer = await judge_of(store, clock, observer).verdict(ORDER)
    assert (answer.outcome, clock.now) == (Outcome.INSUFFICIENT, 1060.0)
    assert answer.reason == "no evidence can be read: Envoy does not answer (is the mesh up?)"
    assert len(store.evidence_of(ORDER.rollout, ORDER.step.id)) == 2


async def test_a_source_that_answers_again_is_judged_on_all_it_counted(store: Store, clock: Clock) -> None:
    gone = Unavailable("Envoy does not answer")
    script: list[Reading | Unavailable] = [reading(0), gone, gone, reading(5000, 5000, at=1015)]
    answer = await judge_of(store, clock, MemoryObserver(script, clock=clock)).verdict(ORDER)
    assert (answer.outcome, clock.now) == (Outcome.PASS, 1015.0)


async def test_every_look_is_stored_before_it_is_judged(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should judging itself crash, the look is there for whoever goes on."""

    def crash(*_: object, **__: object) -> Verdict:
        raise MemoryError

    monkeypatch.setattr(Panel, "judged", crash)
    judge = judge_of(store, clock, MemoryObserver([reading(0)], clock=clock))
    with pytest.raises(MemoryError):
        await judge.verdict(ORDER)
    assert len(store.evidence_of(ORDER.rollout, ORDER.step.id)) == 1
    assert judge.looks.newest == {}


async def test_what_a_gate_would_have_done_that_only_observes_is_noted_once(
    store: Store, clock: Clock
) -> None:
    """However often it is looked at, and by however many judges."""
    trial = replace(GATE, name="trial", action=GateAction.OBSERVE)
    lax = Gate(boundaries=Boundaries(success_rate=0.5))
    stage = replace(STAGES[0], gates=(lax, trial))
    order = replace(ORDER, step=replace(ORDER.step, stages=(stage,)))
    for _ in range(2):
        answer = await judge_of(store, clock, users(clock, canary=100, control=100, all_bad=5)).verdict(order)
        assert (answer.outcome, answer.gate) == (Outcome.PASS, "boundaries")
        assert [(each.gate, each.outcome) for each in answer.beside] == [("trial", Outcome.FAIL)]
    (entry,) = store.journal(ORDER.rollout)
    assert (entry.kind, entry.subject) == ("observed", "expose/cart")
    assert entry.summary.startswith("gate trial would have failed: cart 2.0.0 is ")


# Several sources


BEFORE, AFTER = {"one": reading(0), "two": reading(0)}, {"one": reading(100, 90), "two": reading(900, 900)}


def test_calls_are_taken_from_the_first_source_that_counts_them(store: Store) -> None:
    file = file_of(store)
    file.add(BEFORE, {})
    file.add(AFTER, {})
    assert seen(file) == (100, 90, 100)


def test_each_source_begins_anew_by_itself(store: Store) -> None:
    """The first goes on, the second was restarted: what the first had counted is not counted again."""
    signal = Signal(name="orders", version=SUBJECT.canary)
    orders = Reading(at=1000.0, epoch="1", ratios={signal: Tally(requests=500)})
    file = file_of(store)
    file.add({"one": reading(1000, 1000), "two": orders}, {})
    later = replace(orders, epoch="2", ratios={signal: Tally(requests=3)})
    file.add({"one": reading(1010, 1020, at=1001), "two": replace(later, at=1001.0)}, {})
    assert seen(file) == (10, 20, 10)
    (_, record) = store.evidence_of(ORDER.rollout, ORDER.step.id)
    assert BATCHES.decoded(record.batch["batch"]).ratios == {signal: Tally(requests=3)}


def test_a_silent_source_is_missing_and_goes_on_where_it_was(store: Store) -> None:
    file = file_of(store)
    signal = Signal(name="orders", version=SUBJECT.canary)
    known, more = (
        Reading(at=at, epoch="1", ratios={signal: Tally(requests=n)}) for at, n in ((1000.0, 5), (1002.0, 9))
    )
    file.add({"one": reading(0), "two": known}, {})
    file.add({"one": reading(10, 10, at=1001), "two": Unavailable("Prometheus does not answer")}, {})
    assert [str(each) for each in file.panel.cases[0].missing] == ["source down: Prometheus does not answer"]
    file.add({"one": reading(10, 10, at=1002), "two": more}, {})
    assert file.panel.cases[0].missing == ()
    *_, record = store.evidence_of(ORDER.rollout, ORDER.step.id)
    assert BATCHES.decoded(record.batch["batch"]).ratios == {signal: Tally(requests=4)}


def test_what_was_counted_before_the_stage_began_is_not_of_it(store: Store) -> None:
    """A source that lags answers for a time before the stage; counting begins with its first reading of the stage."""
    file = file_of(store)
    for at, canary in ((985.0, 100), (1000.0, 300), (1015.0, 340)):
        show(file, reading(canary, at=at))
    assert seen(file) == (40, 0, 40)
    assert seen(file_of(store)) == (40, 0, 40)


async def test_what_budgets_say_is_stored_and_judged(store: Store, clock: Clock) -> None:
    limit = SloLimit(slo="availability")
    stage = replace(STAGES[0], gates=(replace(GATE, slos=(limit,)),))
    order = replace(ORDER, step=replace(ORDER.step, stages=(stage,)))
    burning = Finding(name="availability: page", broken=True, reason="it burns")
    judge = judge_of(store, clock, users(clock, canary=1000, control=1000))
    answer = await replace(judge, budgets=MemoryBudgets({"availability": (burning,)})).verdict(order)
    assert (answer.outcome, answer.reason) == (Outcome.FAIL, "it burns")
    (record,) = store.evidence_of(ORDER.rollout, ORDER.step.id)
    assert BATCHES.decoded(record.batch["batch"]).findings == {limit: (burning,)}


async def test_answers_are_checked_for_gates_that_ask_and_what_is_seen_of_callers_is_noted_once(
    store: Store, clock: Clock
) -> None:
    strict = replace(GATE, name="strict", conformance=Conformance(sample=0.05))
    stage = replace(STAGES[0], wait=10, gates=(GATE, strict))
    order = replace(ORDER, step=replace(ORDER.step, stages=(stage,)))
    seen_, other = (
        Remark(edge=CallEdge(caller=version_of("web", "1.0.0"), callee=callee), said=f"web calls {callee}")
        for callee in (SUBJECT.canary, version_of("stock", "1.0.0"))
    )
    looks = [replace(reading(100, 100, at=1000.0 + 5 * n), remarks=(seen_, other)) for n in range(3)]
    judge, contracts = judge_of(store, clock, MemoryObserver(looks)), MemoryContracts()
    blind = MemoryObserver([Unavailable("it does not answer")] * 99)
    judge = replace(judge, contracts=contracts, observers={**judge.observers, "blind": blind})
    await judge.verdict(order)
    noted = [(entry.kind, entry.summary) for entry in store.journal(ORDER.rollout)]
    assert contracts.wanted == [(SUBJECT, 0.05)] * 3
    assert noted == [("remarked", "web calls cart@2.0.0")]


async def test_begun_again_after_a_crash_it_goes_on_from_what_was_seen(store: Store, clock: Clock) -> None:
    """The second judge needs one look: the first one's evidence and time are not lost."""
    counters = users(clock, canary=1000, control=1000)
    task = asyncio.ensure_future(judge_of(store, clock, counters).verdict(ORDER))
    clock.meanwhile = task.cancel
    with pytest.raises(asyncio.CancelledError):
        await task
    clock.meanwhile = lambda: None
    clock.now += 10
    answer = await judge_of(store, clock, counters).verdict(ORDER)
    assert (answer.outcome, clock.slept) == (Outcome.PASS, [5.0])
    canary = next(check for check in answer.checks if check.name == "errors")
    assert isinstance(canary, CheckResult)
    assert canary.canary_requests == 15_000


@pytest.mark.parametrize(("began", "slept"), [(1000.0, 30.0), (980.0, 10.0), (900.0, 0.0)])
async def test_without_a_gate_it_only_bakes(store: Store, clock: Clock, began: float, slept: float) -> None:
    """From the stage's beginning, which a crash does not move."""
    step = replace(ORDER.step, stages=(Stage(exposure=1.0, bake=30),))
    answer = await judge_of(store, clock, MemoryObserver()).verdict(replace(ORDER, step=step, began_at=began))
    assert answer == Verdict(outcome=Outcome.PASS, reason="30 s have passed; the stage has no gate")
    assert clock.slept == [slept]
    assert store.evidence_of(ORDER.rollout, ORDER.step.id) == ()


async def test_a_gate_on_anything_but_an_exposure_is_a_defect(store: Store, clock: Clock) -> None:
    deploy = Deploy(service=CART, version=NEW, artifact="a", digest="d")
    step = Step(id=StepId("deploy/cart"), action=deploy, stages=STAGES)
    with pytest.raises(TypeError, match="only exposures have gates, deploy/cart is a deploy"):
        await judge_of(store, clock, MemoryObserver()).verdict(replace(ORDER, step=step))


# Data


BOOKS = DataCheck(database=DatabaseName("books"), migration=MigrationName("m"))
OF_DATA = replace(
    ORDER, step=replace(ORDER.step, action=Expose(service=CART, old=OLD, new=NEW, data=(BOOKS,)))
)
AGREES = Finding(name="rows", reason="all rows agree")
DIFFERS = Finding(name="rows", broken=True, reason="3 rows differ")


def said(*findings: Finding) -> MemoryDataChecks:
    return MemoryDataChecks({BOOKS.migration: findings})


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        (said(AGREES), (Outcome.PASS, "boundaries", 1010.0)),
        (said(DIFFERS), (Outcome.FAIL, "data", 1000.0)),
        (MemoryDataChecks(), (Outcome.INSUFFICIENT, "data", 1060.0)),
    ],
)
async def test_a_good_release_goes_on_only_while_its_data_agrees(
    store: Store, clock: Clock, checks: MemoryDataChecks, told: tuple[Outcome, str, float]
) -> None:
    judge = judge_of(store, clock, users(clock, canary=1000, control=1000), checks)
    answer = await judge.verdict(OF_DATA)
    assert (answer.outcome, answer.gate, clock.now) == told
    assert {each.gate for each in answer.beside} == {"boundaries", "data"} - {answer.gate}


SOAK = replace(
    ORDER,
    step=Step(
        id=StepId("migration/m/switch"),
        action=Migrate(
            database=BOOKS.database,
            migration=Migration(name=BOOKS.migration, operations=()),
            part=Part.SWITCH,
        ),
        stages=(Stage(bake=20.0, wait=40.0),),
    ),
)


async def test_a_soak_lasts_its_time_and_looks_at_the_data_all_the_while(store: Store, clock: Clock) -> None:
    checks = said(AGREES)
    judge = judge_of(store, clock, MemoryObserver(clock=clock), checks)
    newest: list[str] = []
    clock.meanwhile = lambda: newest.append(judge.looks.of(SOAK.rollout)[SOAK.step.id].reason)
    answer = await judge.verdict(SOAK)
    assert (answer.outcome, clock.now) == (Outcome.PASS, 1020.0)
    assert newest == [f"{left} s of its bake time are left" for left in (20, 15, 10, 5)]
    checks.findings[BOOKS.migration] = (DIFFERS,)
    late = await judge.verdict(replace(SOAK, began_at=1020.0))
    assert (late.outcome, late.action, clock.now) == (Outcome.FAIL, GateAction.HOLD, 1020.0)


async def test_a_database_that_does_not_answer_is_missing_evidence(store: Store, clock: Clock) -> None:
    class Away:
        async def check(self, database: DatabaseName, migration: MigrationName) -> tuple[Finding, ...]:
            raise Unavailable(f"{database} does not answer about {migration}")

    answer = await judge_of(store, clock, MemoryObserver(clock=clock), Away()).verdict(SOAK)
    assert (answer.outcome, clock.now) == (Outcome.INSUFFICIENT, 1040.0)
    assert answer.reason == "source down: books does not answer about m"
