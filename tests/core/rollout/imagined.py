"""An imagined world for the machine: effects take time, repeat, arrive late and are fenced by their attempts.

A version is live while it may serve or call anyone: the new one from its deployment until it is stopped, the old
one as long as it gets traffic. What may be live together is checked after every change of the world.
"""

from dataclasses import dataclass, field

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change, MigrationUse
from tidegate.core.contracts.pair import Side
from tidegate.core.ids import ServiceName, StepId, migration_of
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.live import pairs
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.step_ids import migration_id, retire_id
from tidegate.core.plan.steps import (
    Deploy,
    Expose,
    ExposeFlag,
    Exposing,
    Migrate,
    Milestone,
    RemoveFlag,
    Retire,
    Reversibility,
    RunTask,
)
from tidegate.core.rollout.commands import ApplyStage, RevertStep

Effect = ApplyStage | RevertStep
Deed = tuple[StepId, int | None]
"""A stage of a step that came into effect; without a stage, that the step was undone."""


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


def deed(command: Effect) -> Deed:
    return command.step, command.stage if isinstance(command, ApplyStage) else None


class World:
    """Carries out commands as an actuator would, and complains when something unsafe comes about.

    `passed` are the stages that a gate or a person let pass; after `stopped_at`, an attempt, nothing may grow.
    """

    def __init__(self, catalog: Catalog, change: Change, plan: Plan) -> None:
        self.plan = plan
        self.units: dict[str, Unit] = {}
        self.unsafe = [pair for pair in pairs(catalog, change) if not pair.judgement.safe]
        self.migrations = change.migrations
        self.lanes = {(lane.consumer, lane.provider) for lane in change.lanes}
        self.passed: set[tuple[StepId, int]] = set()
        self.deeds: set[Deed] = set()
        self.ever: set[Deed] = set()
        self.given_up: set[int] = set()
        self.stopped_at: int | None = None

    def unit(self, step: StepId) -> Unit:
        action = self.plan.by_id[step].action
        assert not isinstance(action, Milestone), "a milestone has no effect"
        if isinstance(action, ExposeFlag):
            return self.named(step)  # of one flag each audience
        if isinstance(action, Migrate):
            return self.named(step)  # of one migration each part
        return self.named(action.name if isinstance(action, RunTask) else action.service)

    def named(self, name: str) -> Unit:
        return self.units.setdefault(name, Unit())

    def begin(self, command: Effect) -> None:
        """The first half of an effect: it is under way. An older attempt than one obeyed is refused."""
        unit = self.unit(command.step)
        if command.attempt < unit.obeyed or command.attempt in unit.finished:
            return
        unit.obeyed = command.attempt
        step = self.plan.by_id[command.step]
        forth = isinstance(command, ApplyStage)
        assert forth or step.reversibility is not Reversibility.IRREVERSIBLE, "there is no way back from it"
        if isinstance(step.action, Expose):
            assert unit.new_runs, "no traffic to a version that does not run"
            assert unit.old_runs, "no traffic back to a version that does not run"
            unit.moving = True
        self.check()

    def finish(self, command: Effect) -> bool:
        """The second half; whether the effect came about, and so is answered as done."""
        unit = self.unit(command.step)
        if command.attempt < unit.obeyed:
            return False
        if command.attempt not in unit.finished:
            self._noted(command)
            self._take_effect(unit, command)
            unit.finished.add(command.attempt)
        self.check()
        return True

    def failed(self, command: Effect) -> None:
        """The machine was told that this failed: it may be ordered once more, whether it came about or will yet."""
        self.deeds.discard(deed(command))
        self.given_up.add(command.attempt)

    def _noted(self, command: Effect) -> None:
        """Nothing is done twice in a row, though it may be done again after it was undone.

        Traffic may be ordered back where it is back already: of a release that was parked, and is then undone. A stage
        may come again from a later one.
        """
        done = deed(command)
        forth = isinstance(command, ApplyStage)
        self._forget_higher(command)
        parked = not forth and isinstance(self.plan.by_id[command.step].action, Exposing)
        assert done not in self.deeds or parked, f"done twice: {command}"
        self.deeds -= {
            (step, stage) for step, stage in self.deeds if step == command.step and (stage is None) == forth
        }
        if command.attempt not in self.given_up:
            self.deeds.add(done)
            self.ever.add(done)

    def _forget_higher(self, command: Effect) -> None:
        """Where exposure goes down a stage, that one and those above may come again."""
        if isinstance(command, ApplyStage) and (command.step, command.stage + 1) in self.deeds:
            self.deeds = {
                (step, stage)
                for step, stage in self.deeds
                if step != command.step or stage is None or stage < command.stage
            }

    def _take_effect(self, unit: Unit, command: Effect) -> None:
        step = self.plan.by_id[command.step]
        forth = isinstance(command, ApplyStage)
        match step.action:
            case Deploy():
                assert forth or unit.exposure == 0, "a version with traffic is not stopped"
                unit.new_runs = forth
            case Expose():
                wanted = step.stages[command.stage].exposure if forth else 0.0
                if wanted > unit.exposure:
                    self._check_growth(command)
                unit.exposure, unit.moving = wanted, False
            case Retire():
                assert unit.exposure == 1, "an old version with traffic is not stopped"
                unit.old_runs = not forth
            case ExposeFlag():
                wanted = step.stages[command.stage].exposure if forth else 0.0
                if wanted > unit.exposure:
                    self._check_growth(command)
                unit.exposure = wanted
            case RunTask() | RemoveFlag() | Migrate():
                unit.new_runs = forth
            case Milestone():
                raise AssertionError("a milestone has no effect")

    def _check_growth(self, command: Effect) -> None:
        if command.stage > 0:
            earlier = self.plan.by_id[command.step].stages[command.stage - 1]
            passed = self.ever if not earlier.gates and earlier.bake == 0 else self.passed
            assert (command.step, command.stage - 1) in passed, f"grew unproven: {command}"
        in_time = self.stopped_at is None or command.attempt <= self.stopped_at
        assert in_time, f"grew after the rollout was stopped: {command}"

    def check(self) -> None:
        """The live-versions rule, from its definition, and what the lanes lead to."""
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
        for lane in self.lanes:
            self._check_lane(*lane)
        for use in self.migrations:
            self._check_data(use)

    def _check_lane(self, consumer: ServiceName, provider: ServiceName) -> None:
        from_, to = self.named(consumer), self.named(provider)
        assert to.new_runs or not (from_.exposure > 0 or from_.moving), "the new end of a lane leads nowhere"
        assert to.old_runs or Side.OLD not in from_.live(), "the old end of a lane leads nowhere"

    def _check_data(self, use: MigrationUse) -> None:
        """Nobody uses a shape that is not there, and of the parts of a migration each stands on the one before."""
        name = use.migration.name
        there = {part: self._there(migration_id(name, part)) for part in use.parts}
        assert sorted(there.values(), reverse=True) == list(there.values()), f"{name} has gaps: {there}"
        for service in use.users:
            unit, waived = self.named(service), (retire_id(service), 0) in self.passed
            assert there.get(Part.EXPAND, True) or not unit.new_runs, "a version without its shape"
            assert not (unit.old_runs and there.get(Part.CONTRACT)) or waived, (
                "the old shape is gone too early"
            )
        if not there.get(Part.BACKFILL, True):
            assert not any(self.named(each).exposure for each in use.readers), "rows are read too early"
        if there.get(Part.SWITCH):
            moving = [each for each in map(self.named, use.writers) if each.exposure < 1]
            assert not moving, "believed while the old shape is written"

    def _there(self, step: StepId) -> bool:
        """Whether a part is in effect, or a person passed it as if it were: what cannot be undone may stay blocked."""
        waived = (
            self.plan.by_id[step].reversibility is Reversibility.IRREVERSIBLE and (step, 0) in self.passed
        )
        return self.named(step).new_runs or waived

    def _live(self, service: str) -> set[Side]:
        migration = migration_of(ServiceName(service))
        if migration is not None:
            done = self.named(migration_id(migration, Part.CONTRACT)).new_runs
            return {Side.NEW} if done else {Side.OLD}
        return self.named(service).live()

    def untouched(self) -> bool:
        """Is nothing of the change left?"""
        return all(
            not unit.new_runs and unit.exposure == 0 and not unit.moving and unit.old_runs
            for unit in self.units.values()
        )
