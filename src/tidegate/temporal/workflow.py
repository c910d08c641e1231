"""One rollout as a workflow: it hears events, lets the machine advance, and keeps under way what is asked for.

All decisions are the machine's. The loop is level-triggered: after each event the activities under way are
made equal to what the rollout's state asks for (`machine.outstanding`), started or cancelled as needed. So
handing over to a new run, when the history grows long, needs no care: the state alone says what to start again.
"""

import asyncio
from collections import deque
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from tidegate.core.attribution.answer import Answer, Attribution, Basis
    from tidegate.core.gates.data import DATA
    from tidegate.core.gates.verdict import Outcome, Verdict
    from tidegate.core.ids import StepId
    from tidegate.core.plan.steps import Exposing, Migrate
    from tidegate.core.rollout import machine
    from tidegate.core.rollout.commands import ApplyStage, Command, JudgeStage, RevertStep, WatchSymptom
    from tidegate.core.rollout.events import (
        ApplyFailed,
        Event,
        OperatorEvent,
        RevertFailed,
        StageApplied,
        StepReverted,
        SymptomWatched,
        VerdictReached,
    )
    from tidegate.core.rollout.faults import differs
    from tidegate.core.rollout.state import ENDED, Rollout
    from tidegate.core.rollout.suspects import suspects_of
    from tidegate.temporal.attributing import PATIENCE_SECONDS
    from tidegate.temporal.messages import (
        AttributeOrder,
        EffectOrder,
        Exposed,
        JudgeOrder,
        Watched,
        WatchOrder,
    )
    from tidegate.temporal.watching import WATCH_SECONDS

LONG_HISTORY = 1500
"""Events after which a new run takes over: replay stays within a second or two, far from any limit."""

EFFECT_TIME = timedelta(seconds=300)
SILENCE = timedelta(seconds=10)
"""An activity that has not been heard for this long is taken for dead and begun again elsewhere."""

EFFECT_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=0.5),
    maximum_interval=timedelta(seconds=10),
    maximum_attempts=12,
    non_retryable_error_types=["Superseded", "Refused"],
)
"""About a minute and a half of trying, after which a person is asked (or everything is undone)."""

MIGRATION_TIME = timedelta(days=365)
"""A backfill takes as long as it takes: it is heard of all the while, and gives up by itself."""

MIGRATION_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=0.5),
    maximum_interval=timedelta(seconds=10),
    maximum_attempts=1000,
    non_retryable_error_types=["Superseded", "Refused", "EffectFailed"],
)
"""Hours of trying while its database is away or its worker dies. What has failed was patient in itself."""

LOOK_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=0.5), maximum_interval=timedelta(seconds=10))
"""Judging is begun again for as long as it takes: it is the activity itself that knows when to give up."""

ATTRIBUTE_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=0.5), maximum_attempts=3)
"""While nobody is named the harm goes on, so this is not tried for long."""

CLOSE_RETRIES = RetryPolicy(maximum_interval=timedelta(seconds=30))


@workflow.defn(name="Rollout")
class RolloutWorkflow:
    """Carries out one plan. `operate` is how people reach it, `state` how they look at it."""

    @workflow.init
    def __init__(self, rollout: Rollout) -> None:
        """Begin with a rollout just opened, or go on from where an earlier run stood."""
        self._rollout = rollout
        self._events: deque[Event] = deque()
        self._under_way: dict[Command, asyncio.Task[None]] = {}
        self._operated = False

    @workflow.run
    async def run(self, _: Rollout) -> str:
        """Advance until the rollout has ended; the answer is the phase it ended in."""
        while self._rollout.phase not in ENDED:
            self._keep_under_way()
            await workflow.wait_condition(lambda: bool(self._events) or self._operated)
            self._hear()
            if self._is_long():
                await self._hand_over()
        self._keep_under_way()
        await workflow.wait_condition(workflow.all_handlers_finished)
        await workflow.execute_activity(
            "close_rollout",
            self._rollout,
            start_to_close_timeout=timedelta(seconds=60),
            retry_policy=CLOSE_RETRIES,
        )
        return self._rollout.phase

    @workflow.query
    def state(self) -> Rollout:
        """The rollout at this moment."""
        return self._rollout

    @workflow.update
    def operate(self, event: OperatorEvent) -> Rollout:
        """Do what an operator asks; the answer is the rollout afterwards."""
        self._rollout, _ = machine.advance(self._rollout, event)
        self._operated = True
        return self._rollout

    @operate.validator
    def _refuse(self, event: OperatorEvent) -> None:
        if (why := machine.refusal(self._rollout, event)) is not None:
            raise ApplicationError(why, type="Refused", non_retryable=True)

    def _hear(self) -> None:
        self._operated = False
        while self._events:
            self._rollout, _ = machine.advance(self._rollout, self._events.popleft())

    def _keep_under_way(self) -> None:
        """Make the activities under way equal to what the state asks for."""
        wanted = machine.outstanding(self._rollout)
        for command in [c for c in self._under_way if c not in wanted]:
            self._under_way.pop(command).cancel()
        for command in wanted:
            if command not in self._under_way:
                self._under_way[command] = asyncio.create_task(self._carry_out(command))

    async def _carry_out(self, command: Command) -> None:
        try:
            event = await self._asked(command)
        except asyncio.CancelledError:
            return
        except ActivityError as error:
            if is_cancelled_exception(error):
                return
            event = _failed(command, _cause(error))
        self._events.append(event)

    async def _asked(self, command: Command) -> Event:
        step, attempt = command.step, command.attempt
        match command:
            case ApplyStage():
                summary = await self._effect("apply_stage", command)
                return StageApplied(at=_now(), step=step, attempt=attempt, summary=summary)
            case RevertStep():
                summary = await self._effect("revert_step", command)
                return StepReverted(at=_now(), step=step, attempt=attempt, summary=summary)
            case JudgeStage():
                verdict = await self._attributed(command, await self._verdict(command))
                return VerdictReached(at=_now(), step=step, attempt=attempt, verdict=verdict)
            case WatchSymptom():
                seen = await self._watched()
                return SymptomWatched(
                    at=_now(), step=step, attempt=attempt, tally=seen.tally, given_up=seen.given_up
                )

    async def _effect(self, activity: str, command: ApplyStage | RevertStep) -> str:
        order = EffectOrder(
            rollout=self._rollout.id,
            step=self._rollout.step(command.step),
            stage=command.stage,
            attempt=command.attempt,
        )
        migrating = isinstance(order.step.action, Migrate)
        summary: str = await workflow.execute_activity(
            activity,
            order,
            result_type=str,
            start_to_close_timeout=MIGRATION_TIME if migrating else EFFECT_TIME,
            heartbeat_timeout=SILENCE,
            retry_policy=MIGRATION_RETRIES if migrating else EFFECT_RETRIES,
            cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        )
        return summary

    async def _verdict(self, command: JudgeStage) -> Verdict:
        step = self._rollout.step(command.step)
        stage = step.stages[command.stage]
        order = JudgeOrder(
            rollout=self._rollout.id,
            step=step,
            stage=command.stage,
            attempt=command.attempt,
            began_at=self._rollout.steps[command.step].since,
            started_at=self._rollout.started_at,
            evidence_from=self._rollout.steps[command.step].evidence_from,
            live=tuple(each.action.service for each in self._suspects(command.step)),
        )
        verdict: Verdict = await workflow.execute_activity(
            "judge_stage",
            order,
            result_type=Verdict,
            start_to_close_timeout=timedelta(seconds=max(stage.wait, stage.bake) * 2 + 60),
            heartbeat_timeout=SILENCE,
            retry_policy=LOOK_RETRIES,
            cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        )
        return verdict

    async def _attributed(self, command: JudgeStage, verdict: Verdict) -> Verdict:
        """The verdict with whoever is at fault, where it is a failure and others are live at the same time.

        Of data that does not agree no release is suspect.
        """
        suspects = self._suspects(command.step)
        if verdict.gate == DATA:
            return verdict
        if verdict.outcome is not Outcome.FAIL or len(suspects) < 2 or not workflow.patched("attribution"):
            return verdict
        order = AttributeOrder(
            rollout=self._rollout.id,
            step=command.step,
            suspects=suspects,
            evidence_from=self._rollout.steps[command.step].evidence_from,
            failed_at=_now(),
            patience=0.0 if differs(verdict) else PATIENCE_SECONDS,
        )
        return replace(verdict, attribution=await self._attribution(order))

    async def _attribution(self, order: AttributeOrder) -> Attribution:
        try:
            found: Attribution = await workflow.execute_activity(
                "attribute_failure",
                order,
                result_type=Attribution,
                start_to_close_timeout=timedelta(seconds=order.patience + 60),
                heartbeat_timeout=SILENCE,
                retry_policy=ATTRIBUTE_RETRIES,
                cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            reason = f"nobody could be asked: {_cause(error)}"
            return Attribution(answer=Answer.UNDECIDED, basis=Basis.TRACES, reason=reason)
        return found

    def _suspects(self, step: StepId) -> tuple[Exposed, ...]:
        return tuple(_exposed(self._rollout, each) for each in suspects_of(self._rollout, step))

    async def _watched(self) -> Watched:
        search = self._rollout.isolation
        assert search is not None, "only what a search asks for is watched"
        seen: Watched = await workflow.execute_activity(
            "watch_symptom",
            WatchOrder(rollout=self._rollout.id, search=search, began_at=_now()),
            result_type=Watched,
            start_to_close_timeout=timedelta(seconds=WATCH_SECONDS * 2 + 60),
            heartbeat_timeout=SILENCE,
            retry_policy=LOOK_RETRIES,
            cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        )
        return seen

    def _is_long(self) -> bool:
        return workflow.info().get_current_history_length() > LONG_HISTORY

    async def _hand_over(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        for task in self._under_way.values():
            task.cancel()
        workflow.continue_as_new(self._rollout)


def _exposed(rollout: Rollout, step: StepId) -> Exposed:
    """A release as it is live; one that has gone back meanwhile, as it was."""
    state, planned = rollout.steps[step], rollout.step(step)
    assert isinstance(planned.action, Exposing), "only exposures are suspect"
    last = planned.stages[min(state.stage, len(planned.stages) - 1)]
    exposure = state.exposure or last.exposure
    return Exposed(
        step=step,
        action=planned.action,
        exposure=exposure,
        since=state.evidence_from,
        design_effect=max((gate.boundaries.design_effect for gate in last.gates), default=1.0),
    )


def _now() -> float:
    return workflow.now().timestamp()


def _failed(command: Command, reason: str) -> Event:
    kind = RevertFailed if isinstance(command, RevertStep) else ApplyFailed
    return kind(at=_now(), step=command.step, attempt=command.attempt, reason=reason)


def _cause(error: ActivityError) -> str:
    """The innermost message: what the world said, not what Temporal wrapped around it."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    said = (
        cause.message if isinstance(cause, FailureError) else str(cause)
    )  # str() puts a class name before it
    return said or type(cause).__name__
