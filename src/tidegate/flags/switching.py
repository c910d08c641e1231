"""The kill switch: a flag is off for everyone at once, before all else, until somebody lifts that.

It needs the store and nothing else: no rollout, calendar or workflow engine has a say. First it is kept, then served.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

from tidegate.core.errors import Problem, Refused
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.facts import off_variant
from tidegate.core.flags.serving import Switch
from tidegate.core.ids import FlagKey
from tidegate.flags.desk import FlagDesk
from tidegate.flags.hindrances import undefined
from tidegate.sources.words import quoted
from tidegate.store.database import Store
from tidegate.store.flags import FlagStore
from tidegate.store.records import Entry

_UNNAMED: Final = ": their code has its default"
Position = Literal["off", "on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who wants a flag switched, and why; `system` names the flag system that serves it, none being tidegate."""

    flag: FlagKey
    position: Position
    by: str
    reason: str
    at: float
    system: str = ""


class Systems(Protocol):
    """Flag systems of teams' own, by name."""

    async def switch_off(self, system: str, flag: FlagKey) -> str:
        """Nobody is served the flag any more; what was done, in words."""
        ...

    async def switch_on(self, system: str, flag: FlagKey) -> str:
        """Lift that; what was done, in words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """Switches the flags of a desk, and those of `systems`."""

    desk: FlagDesk
    store: Store
    systems: Systems | None = None

    async def switch(self, request: Request) -> str:
        """Do as requested; what was done, in words. Raises `Refused` for a flag that is not there, or not off."""
        if request.system:
            return await self._elsewhere(request)
        defined = self.desk.defined()
        return await self.desk.change(lambda store: switched(store, defined, request))

    async def _elsewhere(self, request: Request) -> str:
        if self.systems is None:
            hint = "name none for a flag that tidegate serves"
            raise Refused(
                [Problem(message=f"no flag system {quoted(request.system)} is known here", hint=hint)]
            )
        act = self.systems.switch_off if request.position == "off" else self.systems.switch_on
        told = await act(request.system, request.flag)
        await asyncio.to_thread(self.store.record, _entry(request))
        return told


def switched(store: FlagStore, defined: FlagSet, request: Request) -> str:
    """Keep in the store what was requested, and what was done, in words; in effect wherever the store is served."""
    flag = defined.flags.get(request.flag)
    if request.position == "on":
        if store.switch_on(request.flag, _entry(request)):
            return f"{request.flag} is served again as defined and exposed"
        raise Refused([Problem(message=f"flag {quoted(request.flag)} is not switched off")])
    if flag is None:
        raise Refused([undefined(request.flag, defined)])
    switch = _switch(flag, request)
    store.switch_off(switch, _entry(request))
    return f"{request.flag} is {switch.variant or 'off'} for everyone{_UNNAMED if not switch.variant else ''}"


def _switch(flag: Flag, request: Request) -> Switch:
    return Switch(
        flag=flag.key,
        variant=off_variant(flag) or "",
        by=request.by,
        reason=request.reason,
        at=request.at,
    )


def _entry(request: Request) -> Entry:
    return Entry(
        at=datetime.fromtimestamp(request.at, UTC),
        actor=request.by,
        kind=f"flag {request.position}",
        subject=request.flag,
        summary=request.reason,
        key=f"flag/{request.flag}/{request.position}/{secrets.token_hex(8)}",
        detail={"system": request.system},
    )
