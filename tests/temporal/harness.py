"""A stage for rollouts: small plans, an imagined world with traffic, and workers that come and go."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from tests.core.worlds import catalog_of, change_of, migration_use, release_of, service_of

from tidegate.actuators.memory import MemoryActuator, MemoryWorld
from tidegate.core.change import OnFailure
from tidegate.core.gates.evidence import CallEdge, Counts, VersionedService
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout import machine
from tidegate.core.rollout.state import ENDED, Rollout, StepStatus
from tidegate.core.strategy import Gate, OnInsufficient, Stage, Strategy, StrategyKind
from tidegate.core.traces.journey import Call, Journey
from tidegate.core.traces.reading import Cohort, Outcomes, TraceReading
from tidegate.core.traces.span import Ending
from tidegate.observers.memory import MemoryBudgets, MemoryContracts, MemoryDataChecks, MemoryObserver
from tidegate.store.database import Store
from tidegate.store.records import RolloutRecord
from tidegate.temporal.activities import Activities
from tidegate.temporal.attributing import Attributor
from tidegate.temporal.client import Rollouts
from tidegate.temporal.forms import PLAN_FORM
from tidegate.temporal.judging import Judge, Looks
from tidegate.temporal.messages import CONVERTER
from tidegate.temporal.witness import Witness
from tidegate.temporal.worker import RESTRICTIONS, make_worker
from tidegate.temporal.workflow import RolloutWorkflow

KINDS = ("deploy", "expose", "retire", "flag", "flag-removal", "migration", "task")


def canary(
    *exposures: float,
    gates: tuple[Gate, ...] = (),
    wait: float = 60.0,
    bake: float = 0.0,
    then: OnInsufficient = OnInsufficient.HOLD,
) -> Strategy:
    stages = tuple(
        Stage(exposure=each, gates=gates, wait=wait, bake=bake, on_insufficient=then) for each in exposures
    )
    return Strategy(kind=StrategyKind.CANARY, stages=stages)


UNGATED = canary(0.5, 1.0)
GATED = canary(0.5, 1.0, gates=(Gate(),))
IMPATIENT = canary(0.5, 1.0, gates=(Gate(),), wait=0.0)
"""A gate that gives up at its first look."""
GIVES_UP = canary(0.5, 1.0, gates=(Gate(),), wait=0.0, then=OnInsufficient.ROLLBACK)


def chain(
    *names: str,
    strategy: Strategy = UNGATED,
    on_failure: OnFailure = OnFailure.ALL,
    change: str = "the-change",
) -> Plan:
    """Each service needs the new version of the next: the only safe order is from the last to the first."""
    needs = {name: {after: "^1"} for name, after in pairwise(names)}
    news = {name: {after: "^2"} for name, after in pairwise(names)}
    catalog = catalog_of(*(service_of(name, needs=needs.get(name)) for name in names))
    releases = [
        release_of(name, offers=("1.0.0", "2.0.0"), needs=news.get(name), strategy=strategy) for name in names
    ]
    made = make_plan(catalog, replace(change_of(*releases, on_failure=on_failure), name=change))
    assert isinstance(made, Plan), made
    return made


def migrating(**fields: object) -> Plan:
    """A migration alone, all the way."""
    made = make_plan(catalog_of(), change_of(migrations=[migration_use("m", soak=0.0)]))
    assert isinstance(made, Plan)
    *others, contract = made.steps
    return replace(made, steps=(*others, replace(contract, **fields)))  # type: ignore[arg-type]


def version_of(service: str, version: str = "2.0.0") -> VersionedService:
    return VersionedService(service=ServiceName(service), version=Version(version))


def side_by_side(*names: str, strategy: Strategy) -> Plan:
    """Releases that do not depend on each other; what is not affected by a failure stays."""
    releases = [release_of(name, strategy=strategy) for name in names]
    made = make_plan(catalog_of(*map(service_of, names)), change_of(*releases, on_failure=OnFailure.AFFECTED))
    assert isinstance(made, Plan), made
    return made


@dataclass
class Travellers:
    """Journeys through every released service, their versions drawn independently; each reading finds more.

    They fail, at the shared `end`, with the shares of `bad` for the versions that they met. If it is `exhausted` by
    those versions, it fails whoever calls, and no journey tells more than another.
    """

    world: MemoryWorld
    end: VersionedService
    journeys: int = 1000
    exhausted: bool = False
    bad: dict[VersionedService, float] = field(default_factory=dict)
    wanted: set[ServiceName] = field(default_factory=set)
    cohorts: dict[Cohort, Outcomes] = field(default_factory=dict)

    def want(self, services: Collection[ServiceName]) -> None:
        self.wanted |= set(services)

    async def read(self) -> TraceReading:
        drawn: dict[Cohort, float] = {frozenset(): 1.0}
        for service in sorted(self.wanted):
            shares = self.world.weights[service].items()
            drawn = {
                cohort | {VersionedService(service=service, version=version)}: share * part
                for cohort, share in drawn.items()
                for version, part in shares
            }
        for cohort, share in drawn.items():
            before, more = self.cohorts.get(cohort, Outcomes()), int(share * self.journeys)
            failed = int(more * max((self.bad.get(version, 0.0) for version in cohort), default=0.0))
            self.cohorts[cohort] = Outcomes(journeys=before.journeys + more, failed=before.failed + failed)
        return TraceReading(at=time.time(), epoch="1", cohorts=dict(self.cohorts))

    def failing(self, service: ServiceName, since: float) -> tuple[Journey, ...]:
        version = next((each for each in self.bad if each.service == service), None)
        if version is None:
            return ()
        edge = CallEdge(caller=version, callee=self.end)
        call = Call(edge=edge, parent=None, start=since + 1.0, seconds=0.1, ending=Ending.ERROR, status=500)
        return (Journey(trace="4bf92f35", calls=(call,), met={service: version}, failed=True),)

    def counts(self, _seconds: float) -> Mapping[CallEdge, Counts]:
        """The same as the data plane sees it: every service calls the end, where the failures show."""
        found = {}
        eaten = sum(self.world.share(each.service, each.version) * bad for each, bad in self.bad.items())
        for service, shares in self.world.weights.items():
            for version, share in shares.items() if service != self.end.service else ():
                caller, calls = VersionedService(service=service, version=version), int(10_000 * share)
                found[CallEdge(caller=None, callee=caller)] = Counts(requests=calls)
                bad = int(calls * (eaten if self.exhausted else self.bad.get(caller, 0.0)))
                found[CallEdge(caller=caller, callee=self.end)] = Counts(requests=calls, rejected=0, bad=bad)
        return found


@dataclass
class Users:
    """Each reading finds that so many more requests reached each service, by weight; `bad` are failing shares."""

    world: MemoryWorld
    requests: int = 10_000
    bad: dict[VersionedService, float] = field(default_factory=dict)

    def __call__(self, _seconds: float) -> Mapping[CallEdge, Counts]:
        shares = {
            VersionedService(service=service, version=version): share
            for service, versions in self.world.weights.items()
            for version, share in versions.items()
        }
        return {
            CallEdge(caller=None, callee=callee): Counts(
                requests=int(self.requests * share),
                bad=int(self.requests * share * self.bad.get(callee, 0.0)),
            )
            for callee, share in shares.items()
        }


@dataclass(kw_only=True)
class Scene:
    """One world with everything that acts in it; workers are new objects each time."""

    client: Client
    store: Store
    world: MemoryWorld
    actuator: MemoryActuator
    users: Users
    begun: list[RolloutId] = field(default_factory=list)
    looks: Looks = field(default_factory=Looks)
    checks: MemoryDataChecks = field(default_factory=MemoryDataChecks)
    travellers: Travellers | None = None

    @classmethod
    def of(cls, client: Client, store: Store, *services: str) -> "Scene":
        world = MemoryWorld.of(dict.fromkeys(services, "1.0.0"))
        return cls(
            client=client, store=store, world=world, actuator=MemoryActuator(world), users=Users(world)
        )

    @property
    def rollouts(self) -> Rollouts:
        return Rollouts(self.client)

    def activities(self) -> Activities:
        travellers = self.travellers
        observer = MemoryObserver(traffic=travellers.counts if travellers else self.users)
        witness = Witness(traces=travellers, store=self.store, clock=time.time) if travellers else None
        judge = Judge(
            observers={"memory": observer},
            budgets=MemoryBudgets(),
            contracts=MemoryContracts(),
            checks=self.checks,
            store=self.store,
            looks=self.looks,
            clock=time.time,
            witness=witness,
        )
        actuators = dict.fromkeys(KINDS, self.actuator)
        attributor = Attributor(store=self.store, clock=time.time, witness=witness)
        return Activities(
            actuators=actuators, judge=judge, attributor=attributor, store=self.store, clock=time.time
        )

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        async with make_worker(self.client, self.activities()):
            yield

    async def begin(self, plan: Plan) -> RolloutId:
        id_ = RolloutId(f"{plan.change}-{time.time_ns():x}")
        opened, _ = machine.opened(id_, plan, at=time.time())
        keep(self.store, opened)
        await self.rollouts.begin(opened)
        self.begun.append(id_)
        return id_

    def handle(self, id_: RolloutId) -> WorkflowHandle[RolloutWorkflow, str]:
        return self.client.get_workflow_handle_for(RolloutWorkflow.run, id_)

    async def end(self, id_: RolloutId) -> Rollout:
        """The rollout once its workflow is over, as the store keeps it."""
        await self.handle(id_).result()
        return await self.rollouts.state(id_)

    async def until(self, id_: RolloutId, condition: Callable[[Rollout], bool]) -> Rollout:
        async with asyncio.timeout(30):
            while not condition(state := await self.rollouts.state(id_)):  # noqa: ASYNC110 - asked afar
                await asyncio.sleep(0.02)
        return state

    async def until_status(self, id_: RolloutId, step: str, status: StepStatus) -> Rollout:
        return await self.until(id_, lambda rollout: rollout.steps[StepId(step)].status is status)

    def deeds(self) -> list[str]:
        """What really changed in the world, in words and in order."""
        return [deed.summary for deed in self.world.log]

    def journal(self, id_: RolloutId) -> list[tuple[str, str]]:
        return [(entry.kind, entry.subject) for entry in self.store.journal(id_)]

    async def runs(self, id_: RolloutId) -> list[WorkflowHistory]:
        """The histories of a rollout's runs, the first one first."""
        last = await self.handle(id_).fetch_history()
        found, run = [], last.events[0].workflow_execution_started_event_attributes.first_execution_run_id
        while run:
            found.append(await self.client.get_workflow_handle(id_, run_id=run).fetch_history())
            end = found[-1].events[-1]
            run = end.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        return found

    async def replay(self) -> None:
        """Every history made here is replayed by the workflow as it is now."""
        replayer = Replayer(
            workflows=[RolloutWorkflow],
            workflow_runner=SandboxedWorkflowRunner(restrictions=RESTRICTIONS),
            data_converter=CONVERTER,
        )
        for id_ in self.begun:
            for history in await self.runs(id_):
                await replayer.replay_workflow(history)


def keep(store: Store, rollout: Rollout) -> None:
    """What the server does before a rollout begins."""
    store.add_rollout(
        RolloutRecord(
            id=rollout.id,
            change=rollout.plan.change,
            environment="imagined",
            phase=rollout.phase,
            created=moment(rollout.started_at),
            requester="ann",
            plan=PLAN_FORM.dump_python(rollout.plan, mode="json"),
        )
    )


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def statuses(rollout: Rollout) -> dict[str, str]:
    return {step.id: str(rollout.steps[step.id].status) for step in rollout.plan.steps}


def ended(rollout: Rollout) -> bool:
    return rollout.phase in ENDED


def forth(*services: str, exposures: Iterable[float] = (0.5, 1.0)) -> list[str]:
    """What carrying out a chain of `services`, given in the order of the work, does to the world."""
    exposed = list(exposures)
    return [
        words
        for name in services
        for words in (
            f"started {name} 2.0.0",
            *(f"{name} 2.0.0 gets {exposure:.0%} of the traffic" for exposure in exposed),
        )
    ]
