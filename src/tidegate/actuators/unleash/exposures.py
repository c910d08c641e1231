"""Exposing a flag: one `flexibleRollout` strategy of the rollout's own in our environment, found again by its title.

The strategies of a team are left as they are.

* An environment that is off is turned on once our strategy is there at 0 %, so nobody is let in by mistake. A strategy
  above 0 % in an environment that is off was therefore switched off by somebody, and is not turned on again.
* On the way back the environment is turned off where no other strategy is left: Unleash would serve everyone.
"""

from tidegate.actuators.unleash import marks
from tidegate.actuators.unleash.api import UnleashApi
from tidegate.actuators.unleash.audience import Untranslatable
from tidegate.actuators.unleash.exposing import ON, Target, hindrances, percent, shared, wanted
from tidegate.actuators.unleash.feature import Feature, Place, Strategy
from tidegate.actuators.unleash.fence import Fence
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import FlagKey, RolloutId
from tidegate.core.plan.steps import ExposeFlag
from tidegate.ports import Token
from tidegate.sources.words import quoted


class Exposures:
    """Brings about `ExposeFlag`."""

    def __init__(self, api: UnleashApi, fence: Fence) -> None:
        self._api = api
        self._fence = fence
        self._environment = api.server.environment
        self._target = Target(
            system=str(api), environment=self._environment, stickiness=api.server.stickiness
        )

    async def apply(self, action: ExposeFlag, exposure: float, token: Token) -> str:
        """Expose the flag to a share of its audience; what was done, in words."""
        share = percent(exposure)
        async with self._fence.turn(action.flag):
            feature = await self._there(action.flag)
            self._refuse_switched_off(action.flag, await self._fence.obey(action.flag, token))
            place = feature.places.get(self._environment, Place())
            if problems := tuple(hindrances(action, place, self._target, token.rollout)):
                raise EffectFailed("; ".join(map(str, problems)))
            await self._bring(action.flag, place, await self._wanted(action, token.rollout, share, feature))
        turned = "" if place.enabled else f", and turned {quoted(self._environment)} on for it"
        return f"{self._api} serves {quoted(action.on)} of {_whom(action)} to {share}%{turned}"

    async def revert(self, action: ExposeFlag, token: Token) -> str:
        """Take the rollout's own strategy away; what was done, in words."""
        async with self._fence.turn(action.flag):
            feature = await self._api.feature(action.flag)
            if feature is None and not await self._api.archived(action.flag):
                return f"{self._api} has no flag {quoted(action.flag)} any more, there is nothing to undo"
            await self._fence.obey(action.flag, token)
            place = feature.places.get(self._environment, Place()) if feature else Place()
            mine = tuple(
                each for each in place.exposures(action.audience_name) if _rollout(each) == token.rollout
            )
            await self._withdraw(action.flag, place, mine)
        return f"{self._api} serves {quoted(action.on)} of {_whom(action)} to nobody for {token.rollout}"

    async def verify(self, action: ExposeFlag, exposure: float) -> str | None:
        """What is missing of an exposure."""
        feature = await self._api.feature(action.flag)
        place = feature.places.get(self._environment, Place()) if feature else Place()
        found = place.exposures(action.audience_name)
        if exposure == 0 or not found:
            gone = not found and exposure == 0
            left = f"strategy {quoted(found[0].title)} is still there" if found else "its strategy is missing"
            return None if gone else f"{self._api}: {_whom(action)}: {left}"
        assert feature is not None, "a strategy was found there"
        expected = await self._wanted(action, _rollout(found[0]), percent(exposure), feature)
        missing = self._missing(place, found[0], expected)
        return f"{self._api}: {_whom(action)}: {missing}" if missing else None

    def _missing(self, place: Place, found: Strategy, expected: Strategy) -> str | None:
        if not place.enabled or found.disabled:
            return f"it is off in {quoted(self._environment)}"
        if found.meaning == expected.meaning:
            return None
        alike = shared(found, expected.percent).meaning == expected.meaning
        said = f"has {found.percent}%" if alike else "was changed by hand"
        return f"it should have {expected.percent}%, its strategy {said}"

    # -- parts -------------------------------------------------------------------------------------------------

    async def _there(self, flag: FlagKey) -> Feature:
        feature = await self._api.feature(flag)
        if feature is None:
            raise EffectFailed(f"{self._api} has no flag {quoted(flag)}, or it is archived")
        return feature

    async def _wanted(self, action: ExposeFlag, rollout: RolloutId, share: int, feature: Feature) -> Strategy:
        variants = () if action.on in ON else await self._api.variants(feature)
        try:
            return wanted(action, self._target, rollout, share, variants)
        except Untranslatable as error:
            raise EffectFailed(f"{self._api}: {_whom(action)}: {error}") from None

    async def _bring(self, flag: FlagKey, place: Place, strategy: Strategy) -> None:
        """Have our strategy as it should be, in an environment that is on."""
        own = next((each for each in place.strategies if each.title == strategy.title), None)
        if own and (own.disabled or (not place.enabled and own.percent != "0")):
            raise EffectFailed(
                f"somebody has switched {quoted(flag)} off in {quoted(self._environment)} of {self._api}: "
                f"turn it on there, or roll back"
            )
        id_ = own.id if own else await self._api.add(flag, shared(strategy, "0"))
        if not place.enabled:
            await self._turn_on(flag)
        if own is None or own.meaning != strategy.meaning:
            await self._api.replace(flag, id_, strategy)

    async def _turn_on(self, flag: FlagKey) -> None:
        """Turn our environment on, unless it is switched off in the same moment."""
        await self._api.turn(flag, on=True)
        tags = await self._api.tags(flag)
        if marks.switched_off(self._environment) in tags:
            await self._api.turn(flag, on=False)
        self._refuse_switched_off(flag, tags)

    async def _withdraw(self, flag: FlagKey, place: Place, strategies: tuple[Strategy, ...]) -> None:
        if strategies and place.enabled and not set(_ids(place.active)) - set(_ids(strategies)):
            await self._api.turn(flag, on=False)
        for each in strategies:
            await self._api.remove(flag, each)

    def _refuse_switched_off(self, flag: FlagKey, tags: frozenset[str]) -> None:
        if marks.switched_off(self._environment) in tags:
            raise EffectFailed(
                f"{quoted(flag)} is switched off in {quoted(self._environment)} of {self._api}: "
                f"`tidegate flags on` lifts it"
            )


def _rollout(exposure: Strategy) -> RolloutId:
    assert exposure.owner is not None, "it was found by its owner"
    return exposure.owner.rollout


def _ids(strategies: tuple[Strategy, ...]) -> list[str]:
    return [each.id for each in strategies]


def _whom(action: ExposeFlag) -> str:
    audience = f" for {quoted(action.audience_name)}" if action.audience_name else ""
    return f"{quoted(action.flag)}{audience}"
