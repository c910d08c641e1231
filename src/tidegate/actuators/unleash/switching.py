"""Switching a flag off in our environment at once, and lifting that."""

from tidegate.actuators.unleash import marks
from tidegate.actuators.unleash.api import UnleashApi
from tidegate.actuators.unleash.feature import Place
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import FlagKey
from tidegate.sources.words import quoted


class Switching:
    """Turns the environment of a flag off and on. It waits for no rollout."""

    def __init__(self, api: UnleashApi) -> None:
        self._api = api
        self._environment = api.server.environment

    async def off(self, flag: FlagKey) -> str:
        """Nobody is served the flag any more; what was done, in words.

        The mark comes first, so that an exposure of the same moment sees it; without it the flag still goes off.
        """
        place = await self._place(flag)
        before = {marks.was_on(self._environment)} if place.enabled else set()
        try:
            await self._api.mark(flag, add={marks.switched_off(self._environment), *before})
        finally:
            await self._api.turn(flag, on=False)
        return f"{self._where(flag)} is off"

    async def on(self, flag: FlagKey) -> str:
        """As it was before it was switched off, where strategies still say for whom; in words."""
        place, tags = await self._place(flag), await self._api.tags(flag)
        if marks.switched_off(self._environment) not in tags:
            return f"{self._where(flag)} had not been switched off by tidegate"
        back = marks.was_on(self._environment) in tags and bool(place.active)
        if back:
            await self._api.turn(flag, on=True)
        ours = {marks.switched_off(self._environment), marks.was_on(self._environment)}
        await self._api.mark(flag, remove=ours & tags)
        return f"{self._where(flag)} is on again" if back else f"{self._where(flag)} may be turned on again"

    async def _place(self, flag: FlagKey) -> Place:
        feature = await self._api.feature(flag)
        if feature is None or self._environment not in feature.places:
            raise EffectFailed(f"there is no {self._where(flag)}, or it is archived")
        return feature.places[self._environment]

    def _where(self, flag: FlagKey) -> str:
        return f"{quoted(flag)} in {quoted(self._environment)} of {self._api}"
