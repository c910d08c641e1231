"""Everything that would keep a step from working in Unleash, found before anything is changed."""

from collections.abc import Iterable
from typing import Final

from tidegate.actuators.unleash import marks
from tidegate.actuators.unleash.api import UnleashApi
from tidegate.actuators.unleash.exposing import Target, audience_problems, hindrances, variant_problems
from tidegate.actuators.unleash.feature import Feature
from tidegate.core.errors import EffectFailed, Problem
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag, RemoveFlag
from tidegate.sources.words import did_you_mean, listed, quoted

FlagAction = ExposeFlag | RemoveFlag

ANYTHING: Final = "ADMIN"
NEEDED: Final = {
    "flag": (
        "CREATE_FEATURE_STRATEGY",
        "DELETE_FEATURE_STRATEGY",
        "UPDATE_FEATURE",
        "UPDATE_FEATURE_ENVIRONMENT",
        "UPDATE_FEATURE_STRATEGY",
    ),
    "flag-removal": ("DELETE_FEATURE", "UPDATE_FEATURE", "UPDATE_FEATURE_ENVIRONMENT"),
}
"""The permissions of Unleash that a token needs, by kind of step."""


class Validator:
    """Asks Unleash what a step needs to know."""

    def __init__(self, api: UnleashApi) -> None:
        self._api = api
        self._server = api.server
        self._target = Target(
            system=str(api), environment=api.server.environment, stickiness=api.server.stickiness
        )

    async def validate(self, action: FlagAction) -> tuple[Problem, ...]:
        """What is in the way; raises `Unavailable` when Unleash does not answer."""
        try:
            return (*await self._around(action), *await self._flag(action))
        except EffectFailed as refusal:
            return (Problem(message=str(refusal), hint="see spec.unleash of the flag system"),)

    async def _around(self, action: FlagAction) -> tuple[Problem, ...]:
        around = await self._api.surroundings()
        held = await self._api.permissions()
        missing = () if ANYTHING in held else [each for each in NEEDED[action.kind] if each not in held]
        return (
            *self._environment_problems(around.environments, around.approvals),
            *self._permission_problems(missing),
        )

    async def _flag(self, action: FlagAction) -> tuple[Problem, ...]:
        feature = await self._api.feature(action.flag)
        if feature is None:
            return (self._absent(action.flag, archived=await self._api.archived(action.flag)),)
        if isinstance(action, RemoveFlag):
            return tuple(self._removal_problems(feature))
        place = feature.places.get(self._server.environment)
        if place is None:
            return ()  # the environment is told already
        variants = await self._api.variants(feature)
        return (
            *self._switched_off(action.flag, await self._api.tags(action.flag)),
            *variant_problems(action, variants),
            *audience_problems(action, self._target),
            *hindrances(action, place, self._target),
        )

    def _environment_problems(self, known: tuple[str, ...], approvals: int) -> Iterable[Problem]:
        ours = self._server.environment
        if ours not in known:
            message = (
                f"project {quoted(self._server.project)} of {self._api} has no environment {quoted(ours)}"
            )
            yield Problem(message=message, hint=did_you_mean(ours, known) or f"it has {listed(known)}")
        if approvals:
            message = f"environment {quoted(ours)} of {self._api} asks people to approve of every change"
            yield Problem(message=message, hint="let the token skip change requests there")

    def _permission_problems(self, missing: Iterable[str]) -> Iterable[Problem]:
        if words := listed(missing):
            yield Problem(
                message=f"the token in {self._server.token} may not {words} in {self._api}",
                hint="give the token's user a role that may",
            )

    def _absent(self, flag: FlagKey, *, archived: bool) -> Problem:
        where = f"project {quoted(self._server.project)} of {self._api}"
        if archived:
            return Problem(
                message=f"{quoted(flag)} is archived in {where}", hint="revive it, or leave it out"
            )
        return Problem(
            message=f"{where} has no flag {quoted(flag)}", hint="create it there, or correct its key"
        )

    def _removal_problems(self, feature: Feature) -> Iterable[Problem]:
        if feature.children:
            message = f"flags of {self._api} depend on {quoted(feature.key)}: {listed(feature.children)}"
            yield Problem(message=message, hint="remove them first")

    def _switched_off(self, flag: FlagKey, tags: frozenset[str]) -> Iterable[Problem]:
        if marks.switched_off(self._server.environment) in tags:
            message = f"{quoted(flag)} is switched off in {quoted(self._server.environment)} of {self._api}"
            yield Problem(message=message, hint="`tidegate flags on` lifts it")
