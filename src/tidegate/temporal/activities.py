"""What a rollout does in the world. Each activity may be begun again at any time, anywhere.

Apply and revert carry a token, so repeating them is safe, and are answered only when the world was looked at
and is as it should be. What was done is noted in the journal under the token: once, however often it was done.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from tidegate.core.attribution.answer import Attribution
from tidegate.core.errors import EffectFailed, Superseded
from tidegate.core.gates.verdict import Verdict
from tidegate.core.gates.words import failures
from tidegate.core.ids import RolloutId
from tidegate.core.plan.steps import Exposing, Step
from tidegate.core.rollout.state import Rollout
from tidegate.ports import Actuator, Receipt, Token
from tidegate.store.database import Store
from tidegate.store.records import Entry
from tidegate.temporal.attributing import Attributor
from tidegate.temporal.forms import ROLLOUT_FORM
from tidegate.temporal.judging import Judge
from tidegate.temporal.messages import AttributeOrder, EffectOrder, JudgeOrder, Watched, WatchOrder
from tidegate.temporal.watching import watched

VERIFY_SECONDS = 60.0
"""How long an effect may take to show in the world before it counts as failed and is ordered again."""

GLANCE_SECONDS = 0.05
HEARTBEAT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """The activities of rollouts, over the adapters given by `bootstrap`; `actuators` is by kind of action."""

    actuators: Mapping[str, Actuator]
    judge: Judge
    attributor: Attributor
    store: Store
    clock: Callable[[], float]

    @activity.defn(name="apply_stage")
    async def apply_stage(self, order: EffectOrder) -> str:
        """Bring a stage into effect and verify it; the answer is the receipt in words."""
        step, exposure = order.step, order.step.stages[order.stage].exposure
        actuator, token = self.actuators[step.action.kind], _token(order)

        def effect() -> Awaitable[Receipt]:
            return actuator.apply(step.action, exposure, token)

        return await self._effect(step, "applied", token, exposure, effect)

    @activity.defn(name="revert_step")
    async def revert_step(self, order: EffectOrder) -> str:
        """Undo a step and verify that; the answer is the receipt in words."""
        step = order.step
        actuator, token = self.actuators[step.action.kind], _token(order)

        def effect() -> Awaitable[Receipt]:
            return actuator.revert(step.action, token)

        return await self._effect(step, "reverted", token, 0.0, effect)

    @activity.defn(name="judge_stage")
    async def judge_stage(self, order: JudgeOrder) -> Verdict:
        """Look until the gate can tell."""
        async with _heartbeats(), _translated():
            verdict = await self.judge.verdict(order)
        await self._note(
            kind="judged",
            rollout=order.rollout,
            subject=order.step.id,
            summary=f"{verdict.outcome} at {order.step.stages[order.stage].exposure:.0%}: {verdict.reason}",
            key=f"{order.rollout}/{order.step.id}/{order.attempt}/judged",
            detail=asdict(verdict),
        )
        return verdict

    @activity.defn(name="attribute_failure")
    async def attribute_failure(self, order: AttributeOrder) -> Attribution:
        """Say which of several releases is at fault."""
        async with _heartbeats(), _translated():
            found = await self.attributor.attribution(order)
        await self._note(
            kind="attributed",
            rollout=order.rollout,
            subject=order.step,
            summary=f"at fault: {found.answer}{_culprits(found)}, by {found.basis}: {found.reason}",
            key=f"{order.rollout}/{order.step}/{order.failed_at}/attributed",
            detail=asdict(found),
        )
        return found

    @activity.defn(name="watch_symptom")
    async def watch_symptom(self, order: WatchOrder) -> Watched:
        """See whether a symptom is still there with some releases switched off."""
        async with _heartbeats(), _translated():
            seen = await watched(order, self.judge.observers.values(), self.clock)
        off = ", ".join(map(str, order.search.toggles.off))
        counted = failures((seen.tally.requests, seen.tally.bad), "requests")
        await self._note(
            kind="watched",
            rollout=order.rollout,
            subject=order.search.step,
            summary=f"with {off} switched off {counted} into {order.search.symptom.service} were bad",
            key=f"{order.rollout}/{order.search.attempt}/watched",
            detail=asdict(seen),
        )
        return seen

    @activity.defn(name="close_rollout")
    async def close_rollout(self, rollout: Rollout) -> None:
        """Keep the end of a rollout, and the journeys that failed in it, where people look for it."""
        await self._keep_journeys(rollout)
        await asyncio.to_thread(
            self.store.finish_rollout,
            rollout.id,
            phase=rollout.phase,
            ended=datetime.fromtimestamp(rollout.ended_at or self.clock(), UTC),
            state=ROLLOUT_FORM.dump_python(rollout, mode="json"),
        )
        await self._note(
            kind="ended",
            rollout=rollout.id,
            subject=rollout.id,
            summary=f"{rollout.phase}{f': {rollout.reason}' if rollout.reason else ''}",
            key=f"{rollout.id}/ended",
            detail={},
        )

    async def _keep_journeys(self, rollout: Rollout) -> None:
        if self.judge.witness is not None:
            actions = (step.action for step in rollout.plan.steps)
            services = [action.service for action in actions if isinstance(action, Exposing)]
            await self.judge.witness.keep(rollout.id, services, rollout.started_at)
            self.judge.witness.forget(rollout.id)

    async def _effect(
        self, step: Step, kind: str, token: Token, exposure: float, effect: Callable[[], Awaitable[Receipt]]
    ) -> str:
        async with _heartbeats(), _translated():
            receipt = await effect()
            await self._verified(step, exposure)
        await self._note(
            kind=kind,
            rollout=token.rollout,
            subject=step.id,
            summary=receipt.summary,
            key=f"{token}/{kind}",
            detail={"exposure": exposure, "attempt": token.attempt},
        )
        return receipt.summary

    async def _verified(self, step: Step, exposure: float) -> None:
        actuator = self.actuators[step.action.kind]
        deadline = self.clock() + VERIFY_SECONDS
        while (missing := await actuator.verify(step.action, exposure)) is not None:
            if self.clock() > deadline:
                raise EffectFailed(f"{step.id}: not as ordered after {VERIFY_SECONDS:g} s: {missing}")
            await asyncio.sleep(GLANCE_SECONDS)

    async def _note(
        self,
        *,
        kind: str,
        rollout: RolloutId,
        subject: str,
        summary: str,
        key: str,
        detail: Mapping[str, object],
    ) -> None:
        entry = Entry(
            at=datetime.fromtimestamp(self.clock(), UTC),
            actor="tidegate",
            kind=kind,
            rollout=rollout,
            subject=subject,
            summary=summary,
            key=key,
            detail=detail,
        )
        await asyncio.to_thread(self.store.record, entry)


def _culprits(found: Attribution) -> str:
    return f" ({' with '.join(map(str, found.culprits))})" if found.culprits else ""


def _token(order: EffectOrder) -> Token:
    return Token(rollout=order.rollout, step=order.step.id, attempt=order.attempt)


@asynccontextmanager
async def _heartbeats() -> AsyncIterator[None]:
    """Tell the server that this activity is alive, until it is done; that is also how it hears of its end."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """What is superseded is not tried again: something newer was ordered."""
    try:
        yield
    except Superseded as error:
        raise ApplicationError(str(error), type="Superseded", non_retryable=True) from error
