"""What keeps a rollout from exposing or removing a flag, judged by what is defined and served at this moment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tidegate.core.errors import Problem
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.facts import required_flags
from tidegate.core.flags.serving import WHY_OFF, Exposure, Switch
from tidegate.core.ids import FlagKey
from tidegate.core.plan.steps import ExposeFlag, RemoveFlag
from tidegate.flags.audience import unsound
from tidegate.sources.words import did_you_mean, listed, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Where flags stand: what is defined, what of it is served, and what people have switched off."""

    defined: FlagSet
    served: FlagSet
    switches: tuple[Switch, ...]


def against_exposing(action: ExposeFlag, present: Present) -> Iterator[Problem]:
    """What keeps a flag from being exposed."""
    flag = present.defined.flags.get(action.flag)
    if flag is None:
        yield undefined(action.flag, present.defined)
        return
    yield from _unknown_variants(flag, (action.on, action.off))
    yield from unsound(action.audience, f"audience {quoted(action.audience_name)} of flag {quoted(flag.key)}")
    if not flag.enabled:
        yield _problem(flag, "is disabled by its definition", 'enable it there: `"state": "ENABLED"`')
    yield from _not_served(flag, present)


def against_removing(action: RemoveFlag, present: Present) -> Iterator[Problem]:
    """What keeps a flag from being removed."""
    flag = present.defined.flags.get(action.flag)
    if flag is None:
        yield undefined(action.flag, present.defined)
        return
    requiring = [each.key for each in present.served.flags.values() if flag.key in required_flags(each)]
    if requiring:
        told = f"is required by {listed(requiring)}, which would be off without it"
        yield _problem(flag, told, "take it out of what they require first")
    yield from _not_served(flag, present)


def against_removing_now(action: RemoveFlag, present: Present) -> Iterator[Problem]:
    """What keeps a flag from being removed at this moment: that not everyone is served the same."""
    flag = present.served.flags.get(action.flag)
    if flag is None:
        return  # it is so already
    yield from against_removing(action, present)
    if flag.targeting:
        yield _problem(flag, "is not the same for everyone", "expose one variant of it to everyone first")


def against_two_rollouts(action: ExposeFlag | RemoveFlag, exposures: Iterable[Exposure]) -> Iterator[Problem]:
    """Who else exposes the flag: of two, none could say whose users fare worse."""
    for exposure in exposures:
        told = f"is exposed at {percent(exposure.share)} by rollout {exposure.rollout}"
        hint = f"wait until it has ended, or abort it: `tidegate abort {exposure.rollout} --reason R`"
        yield Problem(message=f"flag {quoted(action.flag)} {told}", hint=hint)


def undefined(key: FlagKey, defined: FlagSet) -> Problem:
    """There is no such flag."""
    known = did_you_mean(key, defined.flags) or "define it in a file that is given to --flags"
    return Problem(message=f"flag {quoted(key)} is not defined here", hint=known)


def percent(share: float) -> str:
    """A share of one, in percent."""
    return f"{100 * share:g}%"


def _unknown_variants(flag: Flag, variants: Iterable[str]) -> Iterator[Problem]:
    for variant in variants:
        if variant not in flag.variants:
            known = did_you_mean(variant, flag.variants) or f"it has {listed(flag.variants)}"
            yield _problem(flag, f"has no variant {quoted(variant)}", known)


def _not_served(flag: Flag, present: Present) -> Iterator[Problem]:
    served = present.served.flags.get(flag.key)
    if served is None:
        yield _problem(flag, "was removed by a rollout", "define another one, under a new name")
    elif WHY_OFF in served.metadata:
        yield _switched_off(flag, str(served.metadata[WHY_OFF]), present.switches)


def _switched_off(flag: Flag, why: str, switches: Iterable[Switch]) -> Problem:
    if any(switch.flag == flag.key for switch in switches):
        hint = f"once that is mended: `tidegate flags on {flag.key} --reason R`"
        return _problem(flag, f"was switched off by {why}", hint)
    return _problem(flag, f"is off, as it {why}", "switch on the one that it requires: `tidegate flags on`")


def _problem(flag: Flag, told: str, hint: str) -> Problem:
    return Problem(message=f"flag {quoted(flag.key)} {told}", location=flag.location, hint=hint)
