"""What is to be known of flags while they are served, so that none outlives its use: an inventory with remarks.

definitions, what is served, when they were asked ─► Inventory      who refers to them is added by `references`
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.facts import expiry, is_fully_on, off_variant, required_flags
from tidegate.core.flags.serving import Exposure, Switch
from tidegate.core.ids import FlagKey, ServiceName

DAY: Final = 86_400.0
STALE: Final = 30.0
"""Days after which a flag that decides nothing any more is stale."""

SOON: Final = 14
"""Days before it expires from which a flag is said to."""


class Kind(StrEnum):
    """What a remark is about."""

    OFF = "off"
    EXPIRED = "expired"
    EXPIRING = "expiring"
    STALE = "stale"
    DANGLING = "dangling"
    UNDEFINED = "undefined"
    OWNERLESS = "ownerless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about a flag that somebody should see to."""

    kind: Kind
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How flags stand besides their definitions: what rollouts expose, what is switched off, and when each was
    evaluated last, in seconds since 1970.
    """

    exposures: tuple[Exposure, ...] = ()
    switches: tuple[Switch, ...] = ()
    evaluated: Mapping[FlagKey, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    """One flag as people look at it.

    `exposure` is the share of everyone who is served another variant than that of being off; it is unknown where that
    depends on who asks. `evaluated` is when it was last asked through tidegate.
    """

    key: FlagKey
    enabled: bool
    variants: tuple[str, ...]
    default: str | None
    owner: str = ""
    since: date | None = None
    expires: date | None = None
    exposure: float | None = None
    exposures: tuple[Exposure, ...] = ()
    switch: Switch | None = None
    requires: tuple[FlagKey, ...] = ()
    references: tuple[ServiceName, ...] = ()
    evaluated: float | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All flags in the order of their keys, and what is referred to without being defined."""

    flags: tuple[FlagView, ...]
    undefined: Mapping[FlagKey, Remark] = field(default_factory=dict)


def inventory(flag_set: FlagSet, standing: Standing, now: float, stale: float = STALE) -> Inventory:
    """Every flag; `flag_set` is as defined, before exposures and switches, `stale` in days."""
    views = (_view(flag_set, key, standing) for key in sorted(flag_set.flags))
    return Inventory(flags=tuple(_remarked(view, now, stale) for view in views))


# -- one flag ----------------------------------------------------------------------------------------------


def _view(flag_set: FlagSet, key: FlagKey, standing: Standing) -> FlagView:
    flag = flag_set.flags[key]
    said = {**flag_set.metadata, **flag.metadata}
    exposures = tuple(exposure for exposure in standing.exposures if exposure.flag == key)
    switch = next((switch for switch in standing.switches if switch.flag == key), None)
    return FlagView(
        key=key,
        enabled=flag.enabled,
        variants=tuple(flag.variants),
        default=flag.default,
        owner=str(said.get("owner", "")),
        since=_day(said.get("since")),
        expires=expiry(flag_set, key),
        exposure=0.0 if switch or not flag.enabled else _exposure(flag, exposures),
        exposures=exposures,
        switch=switch,
        requires=required_flags(flag),
        evaluated=standing.evaluated.get(key),
    )


def _day(written: object) -> date | None:
    return date.fromisoformat(str(written)) if written else None


def _exposure(flag: Flag, exposures: tuple[Exposure, ...]) -> float | None:
    """Shares of everyone are drawn alike within a rollout, so the greatest holds the others."""
    off = off_variant(flag)
    shares = [each.share for each in exposures if not each.audience and each.variant != off]
    if is_fully_on(flag) or 1.0 in shares:
        return 1.0
    alike = flag.default == off and not flag.targeting and len(shares) == len(exposures)
    return max(shares, default=0.0) if alike else None


# -- remarks -----------------------------------------------------------------------------------------------


def _remarked(view: FlagView, now: float, stale: float) -> FlagView:
    ask = _Asked(view=view, now=now, stale=stale)
    return replace(view, remarks=tuple(remark for check in CHECKS for remark in check(ask)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What remarks are made of."""

    view: FlagView
    now: float
    stale: float

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.now, UTC).date()

    def days_since(self, day: date) -> int:
        return (self.today - day).days


def _off(ask: _Asked) -> Iterator[Remark]:
    if switch := ask.view.switch:
        message = f"{switch.by} has switched it off: {switch.reason}"
        yield Remark(kind=Kind.OFF, message=message)


def _expiring(ask: _Asked) -> Iterator[Remark]:
    if ask.view.expires is None:
        return
    left = -ask.days_since(ask.view.expires)
    if left <= 0:
        yield Remark(kind=Kind.EXPIRED, message=f"it was to be gone from {ask.view.expires} on: remove it")
    elif left <= SOON:
        yield Remark(
            kind=Kind.EXPIRING, message=f"it is to be gone from {ask.view.expires} on, in {_days(left)}"
        )


def _stale(ask: _Asked) -> Iterator[Remark]:
    view = ask.view
    age = None if view.since is None else ask.days_since(view.since)
    if view.exposure == 1.0 and age is not None and age >= ask.stale:
        message = f"fully on, and here for {_days(age)}: remove it from code, then here"
        yield Remark(kind=Kind.STALE, message=message)
    if view.evaluated is not None and ask.now - view.evaluated >= ask.stale * DAY:
        idle = int((ask.now - view.evaluated) / DAY)
        yield Remark(kind=Kind.STALE, message=f"not evaluated for {_days(idle)}: remove it")


def _ownerless(ask: _Asked) -> Iterator[Remark]:
    if not ask.view.owner:
        yield Remark(kind=Kind.OWNERLESS, message="it has no owner: name one in its metadata")


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


CHECKS: Final[tuple[Callable[[_Asked], Iterator[Remark]], ...]] = (_off, _expiring, _stale, _ownerless)
