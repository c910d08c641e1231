"""The API of a tidegate that serves flags alone: reading beside the door, switching behind it."""

from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter, FastAPI

from tidegate.server.door import Door
from tidegate.server.flags.reading import PATHS, Reading
from tidegate.server.problems import answer_problems

open_to_all = APIRouter()


@open_to_all.get("/health")
async def health() -> dict[str, Literal["ok"]]:
    """Whether the API answers."""
    return {"status": "ok"}


def flags_api(token: str, reading: Reading, routers: Iterable[APIRouter]) -> FastAPI:
    """What `reading` answers to those it lets in itself, and `routers` to whoever has `token`."""
    api = FastAPI(title="Tidegate flags", version="v1", openapi_url=None, redirect_slashes=False)
    api.router.routes.extend(reading.routes())
    for router in (open_to_all, *routers):
        api.include_router(router)
    api.add_middleware(Door, token=token, beside=PATHS)
    answer_problems(api)
    return api
