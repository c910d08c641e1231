"""Each flag is exposed where it is served: by the flag system that its step names, or by tidegate."""

from collections.abc import Mapping
from typing import Protocol

from tidegate.core.errors import EffectFailed, Problem
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import Action, ExposeFlag, RemoveFlag
from tidegate.ports import Actuator, Receipt, Token
from tidegate.sources.words import did_you_mean, listed, quoted


class System(Actuator, Protocol):
    """A flag system of a team's own."""

    async def switch_off(self, flag: FlagKey) -> str:
        """Nobody is served the flag any more; what was done, in words."""
        ...

    async def switch_on(self, flag: FlagKey) -> str:
        """Lift that; what was done, in words."""
        ...


class FlagSystems:
    """Hands each step of a flag to the system that serves it; `native` serves those of steps that name none."""

    def __init__(self, native: Actuator | None, systems: Mapping[str, System]) -> None:
        self._systems = systems
        self._actuators: dict[str, Actuator] = {**systems, **({"": native} if native else {})}

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """What would keep `action` from working; that there is no such system, first of all."""
        name = _system(action)
        if name in self._actuators:
            return await self._actuators[name].validate(action)
        return (self._unknown(name),)

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        """Bring `action` to `exposure`."""
        return await self._of(action).apply(action, exposure, token)

    async def verify(self, action: Action, exposure: float) -> str | None:
        """None when its system is as `action` at `exposure` wants it, else what is missing."""
        return await self._of(action).verify(action, exposure)

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Bring its system back to before `action`."""
        return await self._of(action).revert(action, token)

    async def switch_off(self, system: str, flag: FlagKey) -> str:
        """Nobody is served a flag of a team's system any more; what was done, in words."""
        return await self._named(system).switch_off(flag)

    async def switch_on(self, system: str, flag: FlagKey) -> str:
        """Lift that; what was done, in words."""
        return await self._named(system).switch_on(flag)

    def _of(self, action: Action) -> Actuator:
        name = _system(action)
        if name not in self._actuators:
            raise EffectFailed(str(self._unknown(name)))
        return self._actuators[name]

    def _named(self, name: str) -> System:
        if name not in self._systems:
            raise EffectFailed(str(self._unknown(name)))
        return self._systems[name]

    def _unknown(self, name: str) -> Problem:
        if not name:
            return Problem(message="tidegate serves no flags here", hint="give `tidegate up --flags FILE`")
        known = did_you_mean(name, self._systems) or f"known: {listed(self._systems) or 'none'}"
        hint = f"{known}; `tidegate up --flag-systems FILE` adds one"
        return Problem(message=f"there is no flag system {quoted(name)}", hint=hint)


def _system(action: Action) -> str:
    if isinstance(action, (ExposeFlag, RemoveFlag)):
        return action.system
    raise EffectFailed(f"a flag system cannot carry out a step of kind {action.kind!r}")
