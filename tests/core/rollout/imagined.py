"""An imagined world for the machine: effects take time, repeat, arrive late and are fenced by their attempts.

A version is live while it may serve or call anyone: the new one from its deployment until it is stopped, the old
one as long as it gets traffic. That is checked after every change of the world.
"""

from dataclasses import dataclass, field, replace

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.ids import StepId
from tidegate.core.plan.live import Side, pairs
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Deploy, Expose, Retire, RunTask
from tidegate.core.rollout.commands import ApplyStage, Command, RevertStep


@dataclass
class Unit:
    """A service (or a task) as it is: what runs, what share of traffic is where, who was obeyed last."""

    exposure: float = 0.0
    moving: bool = False
    new_runs: bool = False
    old_runs: bool = True
    obeyed: int = 0
    finished: set[int] = field(default_factory=set)

    def live(self) -> set[Side]:
        sides = set()
        if self.new_runs:
            sides.add(Side.NEW)
        if self.exposure < 1 or self.moving:
            sides.add(Side.OLD)
        return sides


class World:
    """Carries out commands as an actuator would, and complains when something unsafe comes about."""

    def __init__(self, catalog: Catalog, change: Change, plan: Plan) -> None:
        self.plan = plan
        self.units: dict[str, Unit] = {}
        self.unsafe = [pair for pair in pairs(catalog, change) if not pair.judgement.safe]
        self.lanes = {(lane.consumer, lane.provider) for lane in change.lanes}
        self.passed: set[tuple[StepId, int]] = set()

    def unit(self, step: StepId) -> Unit:
        action = self.plan.by_id[step].action
        name = action.name if isinstance(action, RunTask) else action.service
        return self.units.setdefault(name, Unit())

    def begin(self, command: Command) -> None:
        """The first half of an effect: it is under way. An older attempt than one obeyed is refused."""
        unit = self.unit(command.step)
        if command.attempt < unit.obeyed or command.attempt in unit.finished:
            return
        unit.obeyed = command.attempt
        if isinstance(self.plan.by_id[command.step].action, Expose):
            assert unit.new_runs, "no traffic to a version that does not run"
            assert unit.old_runs, "no traffic back to a version that does not run"
            unit.moving = True
        self.check()

    def finish(self, command: Command) -> bool:
        """The second half; whether the effect came about, and so is answered as done."""
        unit = self.unit(command.step)
        if command.attempt < unit.obeyed:
            return False
        if command.attempt not in unit.finished:
            self._take_effect(unit, command)
            unit.finished.add(command.attempt)
        self.check()
        return True

    def _take_effect(self, unit: Unit, command: Command) -> None:
        step = self.plan.by_id[command.step]
        forth = isinstance(command, ApplyStage)
        match step.action:
            case Deploy():
                assert forth or unit.exposure == 0, "a version with traffic is not stopped"
                unit.new_runs = forth
            case Expose():
                wanted = step.stages[command.stage].exposure if forth else 0.0
                if wanted > unit.exposure:
                    assert command.stage == 0 or (step.id, command.stage - 1) in self.passed, (
                        "exposure grew unproven"
                    )
                unit.exposure, unit.moving = wanted, False
            case Retire():
                assert unit.exposure == 1, "an old version with traffic is not stopped"
                unit.old_runs = not forth

    def check(self) -> None:
        """The live-versions rule, from its definition."""
        for pair in self.unsafe:
            consumer, provider = pair.consumer, pair.provider
            if (consumer.service, provider.service) in self.lanes and consumer.side != provider.side:
                continue
            if consumer.side is provider.side is Side.OLD:
                continue
            both = consumer.side in self._live(consumer.service) and provider.side in self._live(
                provider.service
            )
            assert not both, f"live together: {pair}"

    def _live(self, service: str) -> set[Side]:
        return self.units.get(service, Unit()).live()

    def untouched(self) -> bool:
        """Is nothing of the change left?"""
        return all(
            not unit.new_runs and unit.exposure == 0 and unit.old_runs
            for name, unit in self.units.items()
            if f"expose/{name}" in self.plan.by_id
        )


def without_time(rollout):  # noqa: ANN001, ANN201 - compared as a whole only
    return replace(rollout, started_at=0.0, ended_at=None)


__all__ = ["ApplyStage", "RevertStep", "World", "without_time"]
