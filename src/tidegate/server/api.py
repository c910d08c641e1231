"""The local HTTP API: what the command line speaks to. Every call carries the bearer token of the state directory.

Errors are problem documents, as `problems` has them.
"""

import time
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel, ConfigDict

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout.events import Operation, OperatorEvent
from tidegate.server.app import Beside, Inside, api_of
from tidegate.server.asking import By, Why
from tidegate.server.culprits_view import CulpritsView
from tidegate.server.service import RolloutService
from tidegate.server.views import EvidenceView, RolloutLine, RolloutView
from tidegate.store.records import JournalEntry
from tidegate.temporal.forms import OPERATOR_FORM


class Begin(BaseModel):
    """A plan to carry out, and who asks for it."""

    model_config = ConfigDict(extra="forbid")
    plan: Plan
    by: By


class Operate(BaseModel):
    """What an operator asks of a rollout, who asks, and why."""

    model_config = ConfigDict(extra="forbid")
    by: By
    reason: Why
    step: str | None = None
    owner: str | None = None


class Noted(BaseModel):
    """One entry of the journal."""

    sequence: int
    at: float
    actor: str
    kind: str
    subject: str
    summary: str

    @classmethod
    def of(cls, entry: JournalEntry) -> "Noted":
        """The entry as the API shows it."""
        return cls(
            sequence=entry.sequence,
            at=entry.at.timestamp(),
            actor=entry.actor,
            kind=entry.kind,
            subject=entry.subject,
            summary=entry.summary,
        )


def make_api(
    service: RolloutService, token: str, inside: Iterable[Inside] = (), beside: Iterable[Beside] = ()
) -> FastAPI:
    """The API over `service`, open to whoever has `token`, with more `inside` that door, and `beside` it."""
    api = api_of("Tidegate", token, inside, beside)
    api.state.service = service
    api.include_router(guarded)
    return api


def _service(request: Request) -> RolloutService:
    service: RolloutService = request.app.state.service
    return service


Service = Annotated[RolloutService, Depends(_service)]

guarded = APIRouter(prefix="/v1")


@guarded.post("/rollouts", status_code=201)
async def begin(service: Service, body: Begin) -> RolloutView:
    """Begin a rollout, once every step was found possible."""
    return await service.begin(body.plan, by=body.by)


@guarded.get("/rollouts")
async def rollouts(service: Service) -> list[RolloutLine]:
    """Every rollout, newest first."""
    return await service.all()


@guarded.get("/rollouts/{id_}")
async def rollout(service: Service, id_: str) -> RolloutView:
    """A rollout as it stands."""
    return await service.one(RolloutId(id_))


@guarded.get("/rollouts/{id_}/journal")
async def journal(service: Service, id_: str) -> list[Noted]:
    """What was decided and done in a rollout, in order."""
    return [Noted.of(entry) for entry in await service.journal(RolloutId(id_))]


@guarded.get("/rollouts/{id_}/evidence/{step:path}")
async def evidence(service: Service, id_: str, step: str) -> EvidenceView:
    """What the gates of a step have seen, and how their evidence came about."""
    return await service.evidence(RolloutId(id_), StepId(step))


@guarded.get("/rollouts/{id_}/culprits")
async def culprits(service: Service, id_: str) -> CulpritsView:
    """Which release is at fault, and the failing journeys that were kept."""
    return await service.culprits(RolloutId(id_))


@guarded.post("/rollouts/{id_}/{operation}")
async def operate(service: Service, id_: str, operation: Operation, body: Operate) -> RolloutView:
    """Do what an operator asks of a rollout."""
    return await service.operate(RolloutId(id_), _event(operation, body))


_FOR_ONE_STEP = ("promote", "rollback", "approve")


def _event(operation: Operation, body: Operate) -> OperatorEvent:
    if why := _unfit(operation, body):
        raise Refused([Problem(message=why)])
    named = body.model_dump(include={"step", "owner"}, exclude_none=True)
    fields = {"kind": operation, "at": time.time(), "by": body.by, "reason": body.reason, **named}
    return OPERATOR_FORM.validate_python(fields)


def _unfit(operation: Operation, body: Operate) -> str:
    """Why what was said does not make the operation, or nothing."""
    if operation == "approve":
        return "" if body.step and body.owner else "an approval names its step and the owner that approves"
    if body.owner is not None:
        return f"{operation} is not done for an owner"
    if body.step is not None and operation not in _FOR_ONE_STEP:
        return f"{operation} concerns the whole rollout, not one step"
    return ""
