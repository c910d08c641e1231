"""The one file that knows adapters and workflow both: it hands the first to the second."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.actuators.exec import ExecActuator
from tidegate.actuators.mesh import MeshActuator
from tidegate.observers.envoy import EnvoyObserver
from tidegate.observers.memory import MemoryBudgets
from tidegate.ports import Actuator
from tidegate.store.database import Store
from tidegate.temporal.activities import Activities
from tidegate.temporal.judging import Judge, Looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What rollouts act on here: the local mesh in `mesh_dir`, and commands run from `state_dir`."""

    mesh_dir: Path
    state_dir: Path

    @property
    def name(self) -> str:
        """How lists name it: where its mesh is."""
        return str(self.mesh_dir)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a running tidegate, wired."""

    environment: Environment
    actuators: Mapping[str, Actuator]
    activities: Activities
    store: Store
    looks: Looks


def assemble(environment: Environment, store: Store) -> Parts:
    """Wire the adapters of `environment` to the activities."""
    mesh = MeshActuator(environment.mesh_dir)
    actuators: dict[str, Actuator] = {
        "deploy": mesh,
        "expose": mesh,
        "retire": mesh,
        "task": ExecActuator(environment.state_dir / "tasks"),
    }
    looks = Looks()
    observers = {"envoy": EnvoyObserver(environment.mesh_dir)}
    budgets = MemoryBudgets()
    judge = Judge(observers=observers, budgets=budgets, store=store, looks=looks, clock=time.time)
    activities = Activities(actuators=actuators, judge=judge, store=store, clock=time.time)
    return Parts(
        environment=environment, actuators=actuators, activities=activities, store=store, looks=looks
    )
