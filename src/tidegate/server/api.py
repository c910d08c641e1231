"""The local HTTP API: what the command line speaks to. Every call carries the bearer token of the state directory.

Errors are problem documents (RFC 9457), `application/problem+json`, each with the list of its `problems`: 401 is a
wrong token, 404 something that does not exist, 409 a wish that does not fit where a rollout stands, 413 a body too
large, 422 input to be mended with every problem listed, 503 something that should be running and does not answer.
"""

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from tidegate.core.errors import Problem, Refused, TidegateError
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout.events import Operation, OperatorEvent
from tidegate.server.culprits_view import CulpritsView
from tidegate.server.live import LiveGraph
from tidegate.server.otlp.http import Receiver
from tidegate.server.service import DoesNotFit, NoSuchRollout, RolloutService
from tidegate.server.views import EvidenceView, RolloutLine, RolloutView
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
    reason: str = Field(min_length=1, max_length=LONGEST_REASON, pattern=r"\S")
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


def make_api(
    service: RolloutService, token: str, receiver: Receiver | None = None, live: LiveGraph | None = None
) -> FastAPI:
    """The API over `service`, open to whoever has `token`; `receiver` itself says who may push."""
    api = FastAPI(title="Tidegate", version="v1", openapi_url=None, redirect_slashes=False)
    api.state.service = service
    api.include_router(open_to_all)
    api.include_router(guarded)
    if live is not None:
        api.include_router(live.router())
    if receiver is not None:
        api.include_router(receiver.router())
    api.add_middleware(_Door, token=token, beside=receiver.paths if receiver else ())
    for error in (TidegateError, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(error, _answer)
    return api


class _Door:
    """Lets in who has the token and brings a body of bounded size; nothing of a body is read before.

    The paths `beside` it have doors of their own.
    """

    def __init__(self, app: ASGIApp, token: str, beside: Collection[str]) -> None:
        self._app = app
        self._beside = beside
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        passes = scope["type"] != "http" or scope["path"] in self._beside
        refusal = None if passes else self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), self._token)
        if not known and scope["path"] != "/health":
            told = "the token of the state directory is needed"
            return _problems(401, [told], {"WWW-Authenticate": "Bearer"})
        length = headers.get("content-length", "0")
        if not (length.isdecimal() and int(length) <= MOST_BYTES) or "transfer-encoding" in headers:
            return _problems(413, [f"a body of known length, at most {MOST_BYTES} bytes, is needed"])
        return None


def _service(request: Request) -> RolloutService:
    service: RolloutService = request.app.state.service
    return service


Service = Annotated[RolloutService, Depends(_service)]

open_to_all = APIRouter()
guarded = APIRouter(prefix="/v1")


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


_FOR_ONE_STEP = ("promote", "rollback")


def _event(operation: Operation, body: Operate) -> OperatorEvent:
    fields = {"kind": operation, "at": time.time(), "by": body.by, "reason": body.reason}
    if body.step is not None:
        if operation not in _FOR_ONE_STEP:
            raise Refused([Problem(message=f"{operation} concerns the whole rollout, not one step")])
        fields["step"] = body.step
    return OPERATOR_FORM.validate_python(fields)


_STATUSES = ((NoSuchRollout, 404), (DoesNotFit, 409), (Refused, 422), (TidegateError, 503))
_TITLES = {
    401: "Unauthorised",
    404: "Not found",
    409: "Does not fit",
    413: "Too large",
    422: "Refused",
    500: "A defect of tidegate",
    503: "Unavailable",
}


async def _answer(_: Request, error: Exception) -> JSONResponse:
    """Every error in the one form that clients read."""
    match error:
        case Refused():
            return _problems(_status(error), [str(problem) for problem in error.problems])
        case TidegateError():
            return _problems(_status(error), [str(error)])
        case RequestValidationError():
            return _problems(422, [_wrong(each) for each in error.errors()])
        case HTTPException():
            return _problems(error.status_code, [str(error.detail)], error.headers)
        case _:
            return _problems(500, [f"{type(error).__name__}: what tidegate up printed tells where"])


def _status(error: TidegateError) -> int:
    return next(status for kind, status in _STATUSES if isinstance(error, kind))


def _wrong(found: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in found["loc"] if part != "body")
    return f"{place or 'body'}: {found['msg']}"


def _problems(status: int, problems: Sequence[str], headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
        content={
            "type": "about:blank",
            "title": _TITLES.get(status, "Error"),
            "status": status,
            "detail": "\n".join(problems),
            "problems": problems,
        },
    )
