"""An API of parts: those inside its door need the token, those beside it have doors of their own."""

from collections.abc import Iterable
from typing import Literal, Protocol

from fastapi import APIRouter, FastAPI

from tidegate.server.door import Door
from tidegate.server.problems import answer_problems


class Inside(Protocol):
    """A part for whoever has the token."""

    def router(self) -> APIRouter:
        """Its routes."""
        ...


class Beside(Inside, Protocol):
    """A part that says itself who may enter."""

    @property
    def paths(self) -> Iterable[str]:
        """Where; one that ends with a slash stands for all below it."""
        ...


open_to_all = APIRouter()


@open_to_all.get("/health")
async def health() -> dict[str, Literal["ok"]]:
    """Whether the API answers."""
    return {"status": "ok"}


def api_of(title: str, token: str, inside: Iterable[Inside], beside: Iterable[Beside]) -> FastAPI:
    """The API of these parts, whose door `token` opens."""
    api, apart = FastAPI(title=title, version="v1", openapi_url=None, redirect_slashes=False), tuple(beside)
    api.include_router(open_to_all)
    for part in (*inside, *apart):
        api.include_router(part.router())
    api.add_middleware(Door, token=token, beside=[path for part in apart for path in part.paths])
    answer_problems(api)
    return api
