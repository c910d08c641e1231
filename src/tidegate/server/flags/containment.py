"""Once a flag is switched off, the rollouts that expose it are asked to take it back.

The flag is off already: what fails here is noted and told, and changes nothing for users.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tidegate.core.errors import TidegateError
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.steps import Action, ExposeFlag
from tidegate.core.rollout.events import RollbackRequested
from tidegate.flags.switching import Request
from tidegate.server.problems import DoesNotFit
from tidegate.server.service import RolloutService
from tidegate.store.records import Entry, RolloutRecord
from tidegate.temporal.forms import PLAN_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """Asks rollouts to take back the steps of a flag."""

    service: RolloutService
    tell: Callable[[str], None]

    async def contain(self, request: Request) -> None:
        """Ask every rollout that has not ended and has steps of this flag."""
        try:
            records = await asyncio.to_thread(self.service.store.rollouts)
        except TidegateError as error:
            self.tell(f"no rollout could be asked to go back, though {request.flag} is off: {error}")
            return
        await asyncio.gather(
            *(
                self._take_back(record.id, _steps(record, request), request)
                for record in records
                if record.state is None
            )
        )

    async def _take_back(self, id_: RolloutId, steps: tuple[StepId, ...], request: Request) -> None:
        for step in steps:
            wish = RollbackRequested(at=self.service.clock(), by=request.by, reason=_why(request), step=step)
            try:
                await self.service.operate(id_, wish)
            except DoesNotFit:
                continue  # it has not begun, or goes back already
            except TidegateError as error:
                await self._failed(id_, step, request, str(error))

    async def _failed(self, id_: RolloutId, step: StepId, request: Request, why: str) -> None:
        told = f"{step} of rollout {id_} could not be asked to go back, though {request.flag} is off: {why}"
        self.tell(told)
        entry = Entry(
            at=datetime.fromtimestamp(self.service.clock(), UTC),
            actor="tidegate",
            kind="not rolled back",
            rollout=id_,
            subject=step,
            summary=told,
            key=f"{id_}/{step}/not rolled back/{secrets.token_hex(8)}",
            detail={},
        )
        await asyncio.to_thread(self.service.store.record, entry)


def _steps(record: RolloutRecord, request: Request) -> tuple[StepId, ...]:
    """The steps that expose the flag, the last one first: what builds on another goes back before it."""
    plan = PLAN_FORM.validate_python(record.plan, strict=False)
    return tuple(step.id for step in reversed(plan.steps) if _exposes(step.action, request))


def _exposes(action: Action, request: Request) -> bool:
    wanted = (request.flag, request.system)
    return isinstance(action, ExposeFlag) and (action.flag, action.system) == wanted


def _why(request: Request) -> str:
    return f"flag {request.flag} was switched off: {request.reason}"
