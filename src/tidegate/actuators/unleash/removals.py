"""Removing a flag: it goes to the archive, where it keeps its strategies, and comes back from there.

Unleash brings it back switched off everywhere, so tags say where it was on.
"""

from tidegate.actuators.unleash import marks
from tidegate.actuators.unleash.api import UnleashApi
from tidegate.actuators.unleash.feature import Feature
from tidegate.actuators.unleash.fence import Fence
from tidegate.core.errors import EffectFailed
from tidegate.core.plan.steps import RemoveFlag
from tidegate.ports import Token
from tidegate.sources.words import quoted


class Removals:
    """Brings about `RemoveFlag`."""

    def __init__(self, api: UnleashApi, fence: Fence) -> None:
        self._api = api
        self._fence = fence

    async def apply(self, action: RemoveFlag, token: Token) -> str:
        """Archive the flag; what was done, in words."""
        async with self._fence.turn(action.flag):
            feature = await self._api.feature(action.flag)
            if feature is not None:
                on, off = _places(feature)
                await self._fence.obey(action.flag, token, add=on, remove=off)
                await self._api.archive(action.flag)
            elif await self._api.archived(action.flag):
                await self._fence.obey(action.flag, token)
            else:
                raise EffectFailed(f"{self._api} has no flag {quoted(action.flag)}")
        return f"{self._api} has archived {quoted(action.flag)}"

    async def revert(self, action: RemoveFlag, token: Token) -> str:
        """Take the flag out of the archive, as it was; what was done, in words."""
        async with self._fence.turn(action.flag):
            archived = await self._api.archived(action.flag)
            if not archived and await self._api.feature(action.flag) is None:
                raise EffectFailed(f"{self._api} has no flag {quoted(action.flag)} to revive: it was deleted")
            tags = await self._fence.obey(action.flag, token)
            if archived:
                await self._api.revive(action.flag)
            await self._back(action, tags)
        return f"{self._api} serves {quoted(action.flag)} as before it was archived"

    async def verify(self, action: RemoveFlag, exposure: float) -> str | None:
        """What is missing of the removal, or of the way back from it."""
        feature = await self._api.feature(action.flag)
        if exposure > 0:
            return f"{self._api} still serves {quoted(action.flag)}" if feature else None
        if feature is None:
            return f"{self._api} does not serve {quoted(action.flag)}"
        left = _places(feature)[0] | _places(feature)[1]
        if left & await self._api.tags(action.flag):
            return f"{self._api} does not serve {quoted(action.flag)} everywhere yet"
        return None

    async def _back(self, action: RemoveFlag, tags: frozenset[str]) -> None:
        """Turn the flag on where it was, unless it was switched off there."""
        feature = await self._api.feature(action.flag)
        environments = feature.places if feature else {}
        for environment in environments:
            if marks.back(environment) in tags and marks.switched_off(environment) not in tags:
                await self._api.turn(action.flag, on=True, environment=environment)
        await self._api.mark(action.flag, remove=tags & set(map(marks.back, environments)))


def _places(feature: Feature) -> tuple[frozenset[str], frozenset[str]]:
    """The tags of the environments where it is on, and those of the others."""
    on = frozenset(marks.back(name) for name, place in feature.places.items() if place.enabled)
    return on, frozenset(map(marks.back, feature.places)) - on
