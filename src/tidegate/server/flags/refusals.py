"""Why a question is refused, as OFREP says it. Source: open-feature/protocol, service/openapi.yaml."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from starlette.responses import JSONResponse

from tidegate.core.flags.evaluation import ErrorCode


class Reason(IntEnum):
    """A kind of refusal, by its status."""

    BAD = 400
    WHO = 401
    FORBIDDEN = 403
    SLOW = 408
    BUSY = 429


_HEADERS: Final[Mapping[Reason, Mapping[str, str]]] = {
    Reason.WHO: {"WWW-Authenticate": "Bearer"},
    Reason.SLOW: {"Connection": "close"},
    Reason.BUSY: {"Retry-After": "1"},
}


class Refusal(Exception):  # noqa: N818 - the field says "refused", not "refused error"
    """The question is not answered; `code` is OpenFeature's word for why, where it has one."""

    def __init__(self, reason: Reason, told: str, code: ErrorCode | None = None) -> None:
        self.reason = reason
        self.code = code
        super().__init__(told)

    def response(self, key: str | None) -> JSONResponse:
        """What is answered to whoever asked, for the flag `key` or for all."""
        told = {"key": key, "errorCode": self.code, "errorDetails": str(self)}
        content = {name: value for name, value in told.items() if value is not None}
        return JSONResponse(content, self.reason, _HEADERS.get(self.reason))
