"""The door of an API: the bearer token, and a body of bounded size."""

import secrets
from collections.abc import Iterable
from typing import Final

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tidegate.server.problems import problems

MOST_BYTES: Final = 32 << 20
"""Of one request body: the plan of ten thousand services fits."""


class Door:
    """Lets in who has the token and brings a body of bounded size; nothing of a body is read before.

    The paths `beside` it have doors of their own; one that ends with a slash stands for all below it.
    """

    def __init__(self, app: ASGIApp, token: str, beside: Iterable[str]) -> None:
        self._app = app
        self._beside = frozenset(beside)
        self._below = tuple(path for path in self._beside if path.endswith("/"))
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        passes = scope["type"] != "http" or self._stands_beside(scope["path"])
        refusal = None if passes else self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _stands_beside(self, path: str) -> bool:
        return path in self._beside or path.startswith(self._below)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), self._token)
        if not known and scope["path"] != "/health":
            told = "the token of the state directory is needed"
            return problems(401, [told], {"WWW-Authenticate": "Bearer"})
        length = headers.get("content-length", "0")
        if not (length.isdecimal() and int(length) <= MOST_BYTES) or "transfer-encoding" in headers:
            return problems(413, [f"a body of known length, at most {MOST_BYTES} bytes, is needed"])
        return None
