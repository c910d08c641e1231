"""The actuator of a team's Unleash: each kind of step is carried out by a part of its own."""

from tidegate.actuators.unleash.api import UnleashApi
from tidegate.actuators.unleash.exposures import Exposures
from tidegate.actuators.unleash.fence import Fence
from tidegate.actuators.unleash.removals import Removals
from tidegate.actuators.unleash.switching import Switching
from tidegate.actuators.unleash.validating import FlagAction, Validator
from tidegate.core.errors import EffectFailed, Problem
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import Action, ExposeFlag, RemoveFlag
from tidegate.ports import Receipt, Token
from tidegate.sources.flag_systems import FlagSystem


class UnleashActuator:
    """Exposes, removes and switches off flags of one Unleash."""

    def __init__(self, system: FlagSystem) -> None:
        self._api = UnleashApi(system)
        fence = Fence(self._api)
        self._validator = Validator(self._api)
        self._exposures = Exposures(self._api, fence)
        self._removals = Removals(self._api, fence)
        self._switching = Switching(self._api)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """What would keep `action` from working; raises `Unavailable` when Unleash does not answer."""
        return await self._validator.validate(_ours(action))

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        """Bring `action` to `exposure`."""
        ours = _ours(action)
        if isinstance(ours, ExposeFlag):
            summary = await self._exposures.apply(ours, exposure, token)
        else:
            summary = await self._removals.apply(ours, token)
        return Receipt(token=token, summary=summary)

    async def verify(self, action: Action, exposure: float) -> str | None:
        """None when Unleash is as `action` at `exposure` wants it, else what is missing."""
        ours = _ours(action)
        if isinstance(ours, ExposeFlag):
            return await self._exposures.verify(ours, exposure)
        return await self._removals.verify(ours, exposure)

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Bring Unleash back to before `action`."""
        ours = _ours(action)
        if isinstance(ours, ExposeFlag):
            summary = await self._exposures.revert(ours, token)
        else:
            summary = await self._removals.revert(ours, token)
        return Receipt(token=token, summary=summary)

    async def switch_off(self, flag: FlagKey) -> str:
        """Nobody is served the flag any more; what was done, in words."""
        return await self._switching.off(flag)

    async def switch_on(self, flag: FlagKey) -> str:
        """Lift that; what was done, in words."""
        return await self._switching.on(flag)


def _ours(action: Action) -> FlagAction:
    if isinstance(action, (ExposeFlag, RemoveFlag)):
        return action
    raise EffectFailed(f"a flag system cannot carry out a step of kind {action.kind!r}")
