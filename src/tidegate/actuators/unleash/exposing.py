"""What an exposure is in Unleash, and what stands in its way: pure, from the flag as it is there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from tidegate.actuators.unleash.audience import Untranslatable, constraints
from tidegate.actuators.unleash.feature import Place, Strategy, Variant
from tidegate.actuators.unleash.marks import Owner
from tidegate.core.errors import EffectFailed, Problem
from tidegate.core.ids import RolloutId
from tidegate.core.plan.steps import ExposeFlag
from tidegate.sources.words import did_you_mean, listed, quoted

ON: Final = frozenset({"on", "true", "enabled"})
OFF: Final = frozenset({"off", "false", "disabled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One environment of a flag system, as messages name it, and the field by which it tells users apart."""

    system: str
    environment: str
    stickiness: str


def percent(exposure: float) -> int:
    """A share of one in the whole percents that Unleash draws by; `EffectFailed` where it is between two.

    Rounded up it would expose more than was reviewed; rounded down, perhaps nobody.
    """
    whole = round(exposure * 100)
    if abs(whole - exposure * 100) > 1e-9:
        raise EffectFailed(
            f"Unleash exposes whole percents, not {exposure * 100:g} %: "
            f"roll back, and give the flag stages of whole percents"
        )
    return whole


def wanted(
    action: ExposeFlag, target: Target, rollout: RolloutId, share: int, variants: Iterable[Variant] = ()
) -> Strategy:
    """The strategy that exposes an action's variant to `share` percent of its audience.

    Who is in is drawn by flag, rollout and user alone, so whoever is in stays in while the share grows. `variants`
    are those that the flag has; where it has none, the strategy is what defines one. Raises `Untranslatable`.
    """
    served = next((each for each in variants if each.name == action.on), Variant(name=action.on))
    return Strategy(
        title=Owner(rollout=rollout, audience=action.audience_name).title,
        parameters={
            "rollout": f"{share}",
            "stickiness": target.stickiness,
            "groupId": f"{rollout}/{action.flag}",
        },
        constraints=constraints(action.audience, target.stickiness),
        variants=() if action.on in ON else (served,),
    )


def shared(strategy: Strategy, share: str) -> Strategy:
    """The same strategy for another share, in percent."""
    return replace(strategy, parameters={**strategy.parameters, "rollout": share})


# -- what stands in the way ------------------------------------------------------------------------------------


def hindrances(
    action: ExposeFlag, place: Place, target: Target, rollout: RolloutId | None = None
) -> Iterable[Problem]:
    """What of the present state would make an exposure by `rollout` (or by any) impossible or meaningless."""
    where = f"{quoted(action.flag)} in {quoted(target.environment)} of {target.system}"
    for each in place.exposures(action.audience_name):
        if each.owner and each.owner.rollout != rollout:
            yield Problem(
                message=f"rollout {each.owner.rollout} exposes {where} already, to {each.percent}%",
                hint=f"roll it back, or delete the strategy {quoted(each.title)} there",
            )
    others = [each for each in place.strategies if not each.owner or each.owner.rollout != rollout]
    for each in others:
        if place.enabled and each.for_everyone:
            yield Problem(
                message=f"strategy {_called(each)} serves {where} to everyone, so exposing it means nothing",
                hint="delete or disable that strategy",
            )
    active = [each for each in others if each in place.active]
    if active and not place.enabled:
        yield Problem(
            message=f"{where} is off; turned on, it would also be served by strategy {_called(active[0])}",
            hint="disable that strategy, or turn the environment on yourself",
        )
    if place.enabled and not place.active:
        yield Problem(message=f"{where} is on for everyone: no strategy says for whom", hint="turn it off")


def variant_problems(action: ExposeFlag, known: Iterable[Variant]) -> Iterable[Problem]:
    """Whether Unleash can serve the two variants: a strategy serves its variant, or else the flag is off."""
    if action.off not in OFF:
        yield Problem(
            message=f"Unleash cannot serve variant {quoted(action.off)} of {quoted(action.flag)} to who is not in",
            hint=f"there the flag is off for them: say off: {quoted('off')}",
        )
    names = dict.fromkeys(each.name for each in known)
    if names and action.on not in ON and action.on not in names:
        message = f"{quoted(action.flag)} has no variant {quoted(action.on)} in Unleash"
        yield Problem(message=message, hint=did_you_mean(action.on, names) or f"it has {listed(names)}")


def audience_problems(action: ExposeFlag, target: Target) -> Iterable[Problem]:
    """Whether Unleash can say who the audience is."""
    try:
        constraints(action.audience, target.stickiness)
    except Untranslatable as error:
        yield Problem(
            message=f"Unleash cannot tell audience {quoted(action.audience_name)} of {quoted(action.flag)}: {error}",
            hint="write its rule with and, ==, in, starts_with, ends_with or sem_ver",
        )


def _called(strategy: Strategy) -> str:
    return quoted(strategy.title or strategy.kind)
