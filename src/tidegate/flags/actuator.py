"""Exposes and removes the flags that tidegate serves itself, in the store and from there in every application.

A command is obeyed once it is kept and this process serves it. Applications hear of it at once; those that hear nothing
at that moment go on with what they have until they connect again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from tidegate.core.errors import EffectFailed, Problem
from tidegate.core.flags.serving import WHY_OFF, Exposure
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import Action, ExposeFlag, RemoveFlag
from tidegate.flags.desk import FlagDesk
from tidegate.flags.hindrances import (
    Present,
    against_exposing,
    against_removing,
    against_removing_now,
    against_two_rollouts,
    percent,
)
from tidegate.ports import Receipt, Token

FlagAction = ExposeFlag | RemoveFlag


@dataclass(frozen=True, slots=True)
class _Against:
    """What keeps one kind of action from being planned, and from being done; each gets actions of that kind only."""

    planned: Callable[[Any, Present], Iterator[Problem]]
    done: Callable[[Any, Present], Iterator[Problem]]


_AGAINST: Mapping[type[FlagAction], _Against] = {
    ExposeFlag: _Against(against_exposing, against_exposing),
    RemoveFlag: _Against(against_removing, against_removing_now),
}


class FlagActuator:
    """Every action on flags, at one desk."""

    def __init__(self, desk: FlagDesk) -> None:
        self._desk = desk

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """Is the flag defined and served, and does no other rollout expose it?"""
        await self._desk.refresh()
        ours = _ours(action)
        exposures = await self._exposing(ours.flag)
        found = _AGAINST[type(ours)].planned(ours, self._present())
        return (*found, *against_two_rollouts(ours, exposures))

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        """Serve the flag's variant to that share of the audience, or serve the flag no longer."""
        ours = _ours(action)
        await self._desk.refresh()
        if hindered := tuple(_AGAINST[type(ours)].done(ours, self._present())):
            raise EffectFailed("; ".join(map(str, hindered)))
        if isinstance(ours, RemoveFlag):
            return await self._remove(ours.flag, token)
        return await self._expose(ours, exposure, token)

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Serve what was served before."""
        ours = _ours(action)
        if isinstance(ours, RemoveFlag):
            told = await self._desk.change(lambda store: store.restore(ours.flag, token))
            return Receipt(token=token, summary=told)
        return await self._expose(ours, 0.0, token)

    async def verify(self, action: Action, exposure: float) -> str | None:
        """Is it served as it should be? None if it is, else what is."""
        await self._desk.refresh()
        ours = _ours(action)
        if isinstance(ours, RemoveFlag):
            return self._unremoved(ours.flag, wanted=exposure > 0)
        return await self._unexposed(ours, exposure)

    async def _expose(self, action: ExposeFlag, share: float, token: Token) -> Receipt:
        exposure = Exposure(
            rollout=token.rollout,
            step=token.step,
            flag=action.flag,
            variant=action.on,
            share=share,
            salt=token.rollout,
            audience=action.audience,
        )
        told = f"{action.flag} is {action.on} for {percent(share)} of {action.audience_name or 'everyone'}"
        summary = await self._desk.change(lambda store: store.expose(exposure, token, told))
        return Receipt(token=token, summary=summary)

    async def _remove(self, flag: FlagKey, token: Token) -> Receipt:
        definition = self._desk.defined().flags.get(flag)
        told = await self._desk.change(lambda store: store.remove(flag, token, definition))
        return Receipt(token=token, summary=told)

    async def _exposing(self, flag: FlagKey) -> tuple[Exposure, ...]:
        """How rollouts that have not ended expose a flag."""
        return await self._desk.ask(lambda store: store.exposing(flag))

    async def _unexposed(self, action: ExposeFlag, wanted: float) -> str | None:
        theirs = [
            each.share
            for each in await self._exposing(action.flag)
            if (each.variant, each.audience) == (action.on, action.audience)
        ]
        share = theirs[-1] if theirs else 0.0
        if not isclose(share, wanted):
            return f"{action.flag} is {action.on} for {percent(share)}, wanted is {percent(wanted)}"
        flag = self._desk.served().flags.flags.get(action.flag)
        if wanted and (flag is None or WHY_OFF in flag.metadata):
            why = "is not served" if flag is None else f"is off: {flag.metadata[WHY_OFF]}"
            return f"{action.flag} {why}"
        return None

    def _unremoved(self, flag: FlagKey, *, wanted: bool) -> str | None:
        if (flag not in self._desk.served().flags.flags) == wanted:
            return None
        if wanted:
            return f"{flag} is still served"
        return f"{flag} is not served: no file defines it any more"

    def _present(self) -> Present:
        desk = self._desk
        return Present(defined=desk.defined(), served=desk.served().flags, switches=desk.record.switches)


def _ours(action: Action) -> FlagAction:
    if isinstance(action, ExposeFlag | RemoveFlag):
        return action
    raise EffectFailed(f"flags cannot carry out a step of kind {action.kind!r}")
