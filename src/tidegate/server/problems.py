"""How an API says what is wrong: problem documents (RFC 9457), `application/problem+json`, each with the list of its
`problems`.

401 is a wrong token, 404 something that does not exist, 409 a wish that does not fit the present, 413 a body too large,
422 input to be mended with every problem listed, 503 something that should be running and does not answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tidegate.core.errors import Refused, TidegateError


class NotFound(Refused):
    """What was named does not exist."""


class DoesNotFit(Refused):
    """What was asked does not fit the present."""


_STATUSES = ((NotFound, 404), (DoesNotFit, 409), (Refused, 422), (TidegateError, 503))
_TITLES = {
    401: "Unauthorised",
    404: "Not found",
    409: "Does not fit",
    413: "Too large",
    422: "Refused",
    500: "A defect of tidegate",
    503: "Unavailable",
}


def problems(status: int, told: Sequence[str], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The document that says what is wrong."""
    return JSONResponse(
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
        content={
            "type": "about:blank",
            "title": _TITLES.get(status, "Error"),
            "status": status,
            "detail": "\n".join(told),
            "problems": told,
        },
    )


def answer_problems(api: FastAPI) -> None:
    """Let `api` answer every error in the one form that clients read."""
    for error in (TidegateError, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(error, _answer)


async def _answer(_: Request, error: Exception) -> JSONResponse:
    match error:
        case Refused():
            return problems(_status(error), [str(problem) for problem in error.problems])
        case TidegateError():
            return problems(_status(error), [str(error)])
        case RequestValidationError():
            return problems(422, [_wrong(each) for each in error.errors()])
        case HTTPException():
            return problems(error.status_code, [str(error.detail)], error.headers)
        case _:
            return problems(500, [f"{type(error).__name__}: what tidegate up printed tells where"])


def _status(error: TidegateError) -> int:
    return next(status for kind, status in _STATUSES if isinstance(error, kind))


def _wrong(found: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in found["loc"] if part != "body")
    return f"{place or 'body'}: {found['msg']}"
