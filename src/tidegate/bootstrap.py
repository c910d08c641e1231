"""The one file that knows adapters and workflow both: it hands the first to the second."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

from tidegate.actuators.exec import ExecActuator
from tidegate.actuators.flag_systems import FlagSystems
from tidegate.actuators.mesh import MeshActuator
from tidegate.actuators.postgres.actuator import MigrationActuator
from tidegate.actuators.postgres.checking import Checks
from tidegate.actuators.postgres.engine import Engine
from tidegate.actuators.postgres.engines import engines, movers_of
from tidegate.actuators.postgres.mover import Mover
from tidegate.actuators.unleash.actuator import UnleashActuator
from tidegate.core.contracts.records import Records
from tidegate.core.experiments.definition import Experiment
from tidegate.core.ids import DatabaseName, RolloutId
from tidegate.core.migrations.database import Database
from tidegate.core.rollout.state import Rollout
from tidegate.core.slo.definitions import DataSource, ServiceLevels
from tidegate.core.telemetry import Telemetry
from tidegate.flags.actuator import FlagActuator
from tidegate.flags.desk import FlagDesk
from tidegate.mesh import tap
from tidegate.observers.contracts.library import Library
from tidegate.observers.contracts.observer import ContractObserver
from tidegate.observers.envoy import EnvoyObserver
from tidegate.observers.experiments.table import ExperimentTable
from tidegate.observers.memory import MemoryBudgets, MemoryContracts
from tidegate.observers.otlp.observer import OtlpObserver
from tidegate.observers.otlp.table import Table
from tidegate.observers.prometheus.budgets import PrometheusBudgets
from tidegate.observers.prometheus.clients import Clients
from tidegate.observers.prometheus.observer import PrometheusObserver
from tidegate.observers.traces.flags import FlagObserver
from tidegate.observers.traces.table import TraceTable
from tidegate.ports import Actuator, Budgets, Contracts, Observer, Traces
from tidegate.sources.flag_systems import FlagSystem
from tidegate.sources.specifications import read_specification
from tidegate.store.database import Store
from tidegate.temporal.activities import Activities
from tidegate.temporal.attributing import Attributor
from tidegate.temporal.headwind import RolloutHeadwind
from tidegate.temporal.judging import Judge, Looks
from tidegate.temporal.witness import Witness

Standing = Callable[[RolloutId], Awaitable[Rollout]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What rollouts act on here: the local mesh in `mesh_dir`, and commands run from `state_dir`.

    `telemetry` says what is measured besides what Envoy counts, `levels` which SLOs there are, `records` what is on
    record about contracts, `experiments` what is asked of flags, `flag_systems` which systems of teams' own serve some.
    `databases` are those that migrations are carried out on.
    """

    mesh_dir: Path
    state_dir: Path
    telemetry: Telemetry | None = None
    levels: ServiceLevels | None = None
    records: Records | None = None
    experiments: tuple[Experiment, ...] = ()
    flag_systems: tuple[FlagSystem, ...] = ()
    databases: tuple[Database, ...] = ()

    @property
    def name(self) -> str:
        """How lists name it: where its mesh is."""
        return str(self.mesh_dir)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a running tidegate, wired."""

    environment: Environment
    actuators: Mapping[str, Actuator]
    observers: Mapping[str, Observer]
    budgets: Budgets
    contracts: Contracts
    activities: Activities
    store: Store
    looks: Looks
    pushed: Table | None
    traces: TraceTable
    experiments: ExperimentTable
    flags: FlagSystems
    engines: Mapping[DatabaseName, Engine]
    movers: tuple[Mover, ...]
    closing: tuple[Callable[[], Awaitable[None]], ...]

    async def aclose(self) -> None:
        """Let go of what asks over the network."""
        for close in self.closing:
            await close()


def assemble(
    environment: Environment, store: Store, desk: FlagDesk | None = None, standing: Standing | None = None
) -> Parts:
    """Wire the adapters of `environment` to the activities; without a `desk` no flags are served.

    `standing` says how a rollout stands: backfills of one that does not go on stand still.
    """
    looks = Looks()
    headwind = standing and RolloutHeadwind(looks=looks, state=standing, clock=time.time)
    mesh = MeshActuator(environment.mesh_dir)
    systems = {each.name: UnleashActuator(each) for each in environment.flag_systems}
    flags = FlagSystems(FlagActuator(desk) if desk else None, systems)
    carrying = engines(environment.databases, environment.state_dir / "restore-points", headwind)
    actuators: dict[str, Actuator] = {
        "deploy": mesh,
        "expose": mesh,
        "retire": mesh,
        "flag": flags,
        "flag-removal": flags,
        "migration": MigrationActuator(carrying),
        "task": ExecActuator(environment.state_dir / "tasks"),
    }
    traces = TraceTable(time.time)
    sources = _sources(environment, traces)
    witness = Witness(traces=traces, store=store, clock=time.time)
    judge = Judge(
        observers=sources.observers,
        budgets=sources.budgets,
        contracts=sources.contracts,
        checks=Checks(carrying),
        store=store,
        looks=looks,
        clock=time.time,
        witness=witness,
    )
    attributor = Attributor(store=store, clock=time.time, witness=witness)
    activities = Activities(
        actuators=actuators, judge=judge, attributor=attributor, store=store, clock=time.time
    )
    return Parts(
        environment=environment,
        actuators=actuators,
        observers=sources.observers,
        budgets=sources.budgets,
        contracts=sources.contracts,
        activities=activities,
        store=store,
        looks=looks,
        pushed=sources.pushed,
        traces=traces,
        experiments=ExperimentTable(environment.experiments, time.time, key=token_bytes(32)),
        flags=flags,
        engines=carrying,
        movers=tuple(movers_of({each.name: each for each in environment.databases}, headwind).values()),
        closing=(*sources.closing, *(each.aclose for each in systems.values())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """Where evidence comes from, the source that is believed first coming first, and who knows SLOs and contracts."""

    observers: Mapping[str, Observer]
    budgets: Budgets
    contracts: Contracts
    pushed: Table | None
    closing: tuple[Callable[[], Awaitable[None]], ...]


def _sources(environment: Environment, traces: Traces) -> _Sources:
    """Envoy counts every call between services; the others add what it does not see, such as feature flags."""
    measured = environment.telemetry or Telemetry(name="nothing")
    clients = Clients(measured.prometheus)
    observers: dict[str, Observer] = {"envoy": EnvoyObserver(environment.mesh_dir)}
    if url := measured.prometheus.url:
        observers["prometheus"] = PrometheusObserver(measured, clients(DataSource(url=url)))
    pushed = Table(measured.otlp, began=time.time()) if measured.otlp else None
    if pushed is not None:
        observers["otlp"] = OtlpObserver(pushed, time.time)
    observers["traces"] = FlagObserver(traces)
    budgets = PrometheusBudgets(environment.levels, clients) if environment.levels else None
    contracts = _contracts(environment)
    if contracts is not None:
        observers["contracts"] = contracts
    return _Sources(
        observers=observers,
        budgets=budgets or MemoryBudgets(),
        contracts=contracts or MemoryContracts(),
        pushed=pushed,
        closing=tuple(each.aclose for each in (contracts, budgets, clients) if each is not None),
    )


def _contracts(environment: Environment) -> ContractObserver | None:
    """Sees answers through the tap of the mesh."""
    if environment.records is None:
        return None
    library = Library(environment.records, lambda file: read_specification(Path(file)))
    return ContractObserver(tap.looker(environment.mesh_dir), library)
