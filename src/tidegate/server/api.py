"""The local HTTP API: what the command line speaks to. Every call carries the bearer token of the state directory.

Errors are problem documents (RFC 9457), `application/problem+json`: 404 and 409 are refusals, 422 is input to be
mended with every problem listed, 503 something that should be running and does not answer.
"""

import secrets
import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.ids import RolloutId
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout.events import Operation, OperatorEvent
from tidegate.server.service import RolloutService
from tidegate.server.views import RolloutLine, RolloutView
from tidegate.store.records import JournalEntry
from tidegate.temporal.forms import OPERATOR_FORM

LONGEST_REASON = 2000
MOST_BYTES = 32 << 20
"""Of one request body: the plan of ten thousand services fits."""


class Begin(BaseModel):
    """A plan to carry out, and who asks for it."""

    model_config = ConfigDict(extra="forbid")
    plan: Plan
    by: str = Field(min_length=1, max_length=200)


class Operate(BaseModel):
    """What an operator asks of a rollout, who asks, and why."""

    model_config = ConfigDict(extra="forbid")
    by: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)
    step: str | None = None


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


def make_api(service: RolloutService, token: str) -> FastAPI:
    """The API over `service`, open to whoever has `token`."""
    api = FastAPI(title="Tidegate", version="v1", docs_url=None, redoc_url=None)
    api.state.service, api.state.token = service, token
    api.include_router(open_to_all)
    api.include_router(guarded)
    api.add_exception_handler(Refused, _problem)
    api.add_exception_handler(Unavailable, _problem)
    return api


def _authorised(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> None:
    token: str = request.app.state.token
    if given is None or not secrets.compare_digest(given.credentials.encode(), token.encode()):
        raise HTTPException(401, "the token of the state directory is needed", {"WWW-Authenticate": "Bearer"})


def _of_bounded_size(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if request.method == "POST" and not (length.isdigit() and int(length) <= MOST_BYTES):
        raise HTTPException(413, f"a body of known length, at most {MOST_BYTES} bytes, is needed")


def _service(request: Request) -> RolloutService:
    service: RolloutService = request.app.state.service
    return service


Service = Annotated[RolloutService, Depends(_service)]

open_to_all = APIRouter()
guarded = APIRouter(prefix="/v1", dependencies=[Depends(_authorised), Depends(_of_bounded_size)])


@open_to_all.get("/health")
async def health() -> dict[str, Literal["ok"]]:
    """Whether the API answers."""
    return {"status": "ok"}


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


@guarded.post("/rollouts/{id_}/{operation}")
async def operate(service: Service, id_: str, operation: Operation, body: Operate) -> RolloutView:
    """Do what an operator asks of a rollout."""
    return await service.operate(RolloutId(id_), _event(operation, body))


_FOR_ONE_STEP = ("promote", "rollback")


def _event(operation: Operation, body: Operate) -> OperatorEvent:
    fields = {"kind": operation, "at": time.time(), "by": body.by, "reason": body.reason}
    if body.step is not None:
        if operation not in _FOR_ONE_STEP:
            raise Refused([Problem(message=f"{operation} concerns the whole rollout, not one step")])
        fields["step"] = body.step
    return OPERATOR_FORM.validate_python(fields)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    refused = isinstance(error, Refused)
    problems = [str(problem) for problem in error.problems] if isinstance(error, Refused) else [str(error)]
    return JSONResponse(
        status_code=422 if refused else 503,
        media_type="application/problem+json",
        content={
            "type": "about:blank",
            "title": "Refused" if refused else "Unavailable",
            "status": 422 if refused else 503,
            "detail": "\n".join(problems),
            "problems": problems,
        },
    )
