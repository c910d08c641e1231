"""Where flags are switched and shown: behind the door of the API, without rollouts or a workflow engine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from fastapi import APIRouter, BackgroundTasks
from pydantic import BaseModel, ConfigDict

from tidegate.core.flags.hygiene import FlagView, Inventory, Standing, inventory
from tidegate.core.ids import FlagKey
from tidegate.flags.hindrances import undefined
from tidegate.flags.switching import Position, Request, Switching
from tidegate.server.asking import By, Why
from tidegate.server.problems import NotFound

PATH: Final = "/v1/flags"

Contain = Callable[[Request], Awaitable[None]]


class Wish(BaseModel):
    """Who wants a flag switched, and why; `system` names the flag system that serves it, none being tidegate."""

    model_config = ConfigDict(extra="forbid")
    by: By
    reason: Why
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What was done to a flag, in words."""

    flag: FlagKey
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The switches of one desk. After one is off, `contain` is told; `clock` gives seconds since 1970."""

    switching: Switching
    clock: Callable[[], float]
    contain: Contain | None = None

    def router(self) -> APIRouter:
        """The paths to switch flags and to see how they stand."""
        router = APIRouter(prefix=PATH)
        router.add_api_route("", self.all, methods=["GET"])
        router.add_api_route("/{key:path}/off", self.off, methods=["POST"])
        router.add_api_route("/{key:path}/on", self.on, methods=["POST"])
        router.add_api_route("/{key:path}", self.one, methods=["GET"])
        return router

    async def all(self) -> Inventory:
        """Every flag that is not removed, and what should be seen to."""
        desk = self.switching.desk
        record, defined = desk.record, desk.defined()
        gone = {removal.flag for removal in record.removals}
        standing = Standing(
            exposures=record.exposures, switches=record.switches, evaluated=await desk.evaluations()
        )
        flags = {key: flag for key, flag in defined.flags.items() if key not in gone}
        return inventory(replace(defined, flags=flags), standing, self.clock())

    async def one(self, key: str) -> FlagView:
        """One flag."""
        found = next((flag for flag in (await self.all()).flags if flag.key == key), None)
        if found is None:
            raise NotFound([undefined(FlagKey(key), self.switching.desk.defined())])
        return found

    async def off(self, key: str, body: Wish, after: BackgroundTasks) -> Switched:
        """Switch a flag off for everyone; rollouts that expose it are asked to go back once this is answered."""
        request = self._request(key, "off", body)
        done = await self._switch(request)
        if self.contain is not None:
            after.add_task(self.contain, request)
        return done

    async def on(self, key: str, body: Wish) -> Switched:
        """Lift that a flag was switched off."""
        return await self._switch(self._request(key, "on", body))

    async def _switch(self, request: Request) -> Switched:
        defined = self.switching.desk.defined()
        if not request.system and request.flag not in defined.flags:
            raise NotFound([undefined(request.flag, defined)])
        return Switched(flag=request.flag, summary=await self.switching.switch(request))

    def _request(self, key: str, position: Position, body: Wish) -> Request:
        return Request(
            flag=FlagKey(key),
            position=position,
            by=body.by,
            reason=body.reason,
            at=self.clock(),
            system=body.system,
        )
