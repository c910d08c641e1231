"""What stands before every question: who may ask, and how many at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tidegate.server.flags.places import Places
from tidegate.server.flags.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """An endpoint that answers by `handler` whom `check` lets in, while there are places.

    A place is held until the answer is read, as what is read slowly stays in memory.
    """

    handler: Callable[[Request], Awaitable[Response]]
    check: Callable[[Request], None]
    places: Places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            self.check(request)
            with self.places.one():
                response = await self.handler(request)
                await response(scope, receive, send)
        except Refusal as error:
            await error.response(request.path_params.get("key"))(scope, receive, send)
