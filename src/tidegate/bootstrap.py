"""The one file that knows adapters and workflow both: it hands the first to the second."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.actuators.exec import ExecActuator
from tidegate.actuators.mesh import MeshActuator
from tidegate.core.slo.definitions import ServiceLevels
from tidegate.core.telemetry import Telemetry
from tidegate.observers.envoy import EnvoyObserver
from tidegate.observers.memory import MemoryBudgets
from tidegate.observers.otlp.observer import OtlpObserver
from tidegate.observers.otlp.table import Table
from tidegate.observers.prometheus.api import Prometheus
from tidegate.observers.prometheus.observer import PrometheusObserver
from tidegate.ports import Actuator, Budgets, Observer
from tidegate.store.database import Store
from tidegate.temporal.activities import Activities
from tidegate.temporal.judging import Judge, Looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What rollouts act on here: the local mesh in `mesh_dir`, and commands run from `state_dir`.

    `telemetry` says what is measured besides what Envoy counts, `levels` which SLOs there are.
    """

    mesh_dir: Path
    state_dir: Path
    telemetry: Telemetry | None = None
    levels: ServiceLevels | None = None

    @property
    def name(self) -> str:
        """How lists name it: where its mesh is."""
        return str(self.mesh_dir)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a running tidegate, wired."""

    environment: Environment
    actuators: Mapping[str, Actuator]
    budgets: Budgets
    activities: Activities
    store: Store
    looks: Looks
    pushed: Table | None
    clients: tuple[Prometheus, ...]

    async def aclose(self) -> None:
        """Let go of connections."""
        for client in self.clients:
            await client.aclose()


def assemble(environment: Environment, store: Store) -> Parts:
    """Wire the adapters of `environment` to the activities."""
    mesh = MeshActuator(environment.mesh_dir)
    actuators: dict[str, Actuator] = {
        "deploy": mesh,
        "expose": mesh,
        "retire": mesh,
        "task": ExecActuator(environment.state_dir / "tasks"),
    }
    looks, sources = Looks(), _sources(environment)
    budgets: Budgets = MemoryBudgets()
    judge = Judge(observers=sources.observers, budgets=budgets, store=store, looks=looks, clock=time.time)
    activities = Activities(actuators=actuators, judge=judge, store=store, clock=time.time)
    return Parts(
        environment=environment,
        actuators=actuators,
        budgets=budgets,
        activities=activities,
        store=store,
        looks=looks,
        pushed=sources.pushed,
        clients=sources.clients,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """Where evidence comes from, the source that is believed first coming first."""

    observers: Mapping[str, Observer]
    pushed: Table | None
    clients: tuple[Prometheus, ...]


def _sources(environment: Environment) -> _Sources:
    """Envoy counts every call between services; Prometheus and pushes add what it does not see."""
    telemetry = environment.telemetry
    observers: dict[str, Observer] = {"envoy": EnvoyObserver(environment.mesh_dir)}
    clients: list[Prometheus] = []
    pushed = None
    if telemetry and telemetry.prometheus.url:
        clients.append(Prometheus.of(telemetry.prometheus))
        observers["prometheus"] = PrometheusObserver(telemetry, clients[0])
    if telemetry and telemetry.otlp:
        pushed = Table(telemetry.otlp, began=time.time())
        observers["otlp"] = OtlpObserver(pushed, time.time)
    return _Sources(observers=observers, pushed=pushed, clients=tuple(clients))
