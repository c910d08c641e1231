"""A flag as Unleash has it: per environment whether it is on, and the strategies of which any lets somebody in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tidegate.actuators.unleash.audience import Constraint
from tidegate.actuators.unleash.marks import Owner, owner
from tidegate.core.ids import FlagKey

GRADUAL: Final = "flexibleRollout"
WHOLE: Final = 1000
"""The weights of the variants of a strategy add up to this."""

_SHARES: Final = {
    "default": "",
    GRADUAL: "rollout",
    **dict.fromkeys(
        ("gradualRolloutUserId", "gradualRolloutSessionId", "gradualRolloutRandom"), "percentage"
    ),
}
"""Which parameter says the share, by kind of strategy; other kinds let in whom they list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A variant of a flag or strategy, with the payload that applications get, if it has one."""

    name: str
    payload: tuple[str, str] | None = None

    def wire(self, stickiness: str) -> dict[str, Any]:
        """As Unleash's API takes it: for all whom its strategy lets in."""
        payload = dict(zip(("type", "value"), self.payload, strict=True)) if self.payload else None
        shared = {"name": self.name, "weight": WHOLE, "weightType": "variable", "stickiness": stickiness}
        return shared | ({"payload": payload} if payload else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """Who is let in: a percentage of those for whom all constraints hold; `segmented` ones have more elsewhere."""

    id: str = ""
    kind: str = GRADUAL
    title: str = ""
    disabled: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    variants: tuple[Variant, ...] = ()
    segmented: bool = False

    @property
    def owner(self) -> Owner | None:
        """Whose exposure it is, if it is a rollout's."""
        return owner(self.title)

    @property
    def percent(self) -> str:
        """The share that it lets in, as it is written; empty where it has none."""
        return self.parameters.get(_SHARES[self.kind], "100") if self.kind in _SHARES else ""

    @property
    def for_everyone(self) -> bool:
        """Whether nobody is left out."""
        return self.percent == "100" and not (self.disabled or self.constraints or self.segmented)

    @property
    def meaning(self) -> tuple[object, ...]:
        """What it does; two strategies that mean the same serve the same users the same."""
        return self.kind, dict(self.parameters), self.constraints, self.variants, self.segmented

    @property
    def wire(self) -> dict[str, Any]:
        """As Unleash's API takes it."""
        return {
            "name": self.kind,
            "title": self.title,
            "disabled": self.disabled,
            "parameters": dict(self.parameters),
            "constraints": [each.wire for each in self.constraints],
            "variants": [each.wire(self.parameters["stickiness"]) for each in self.variants],
            "segments": [],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A flag in one environment."""

    enabled: bool = False
    strategies: tuple[Strategy, ...] = ()

    @property
    def active(self) -> tuple[Strategy, ...]:
        """The strategies that count."""
        return tuple(each for each in self.strategies if not each.disabled)

    def exposures(self, audience: str) -> tuple[Strategy, ...]:
        """Those by which rollouts expose the flag to an audience."""
        return tuple(each for each in self.strategies if each.owner and each.owner.audience == audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A flag that is not archived; `children` are the flags that depend on it."""

    key: FlagKey
    places: Mapping[str, Place]
    children: tuple[str, ...] = ()

    def variants(self, environment: str) -> tuple[Variant, ...]:
        """Those that strategies of the team's own serve, first in one environment, then in the others."""
        places = sorted(self.places.items(), key=lambda item: item[0] != environment)
        strategies = [each for _, place in places for each in place.strategies if not each.owner]
        return tuple(variant for each in strategies for variant in each.variants)


# -- from the API's JSON; wrong shapes raise LookupError, TypeError, ValueError or AttributeError --------------


def feature_of(key: FlagKey, body: Mapping[str, Any]) -> Feature:
    """A flag from what the API says of it."""
    return Feature(
        key=key,
        places={str(each["name"]): _place(each) for each in body["environments"]},
        children=tuple(map(str, body.get("children", ()))),
    )


def variant_of(body: Mapping[str, Any]) -> Variant:
    """A variant from what the API says of it."""
    payload = body.get("payload")
    pair = (str(payload["type"]), str(payload["value"])) if payload else None
    return Variant(name=str(body["name"]), payload=pair)


def _place(body: Mapping[str, Any]) -> Place:
    return Place(enabled=bool(body["enabled"]), strategies=tuple(map(_strategy, body["strategies"])))


def _strategy(body: Mapping[str, Any]) -> Strategy:
    return Strategy(
        id=str(body["id"]),
        kind=str(body["name"]),
        title=str(body.get("title") or ""),
        disabled=bool(body.get("disabled")),
        parameters={str(name): str(value) for name, value in (body.get("parameters") or {}).items()},
        constraints=tuple(map(_constraint, body.get("constraints") or ())),
        variants=tuple(map(variant_of, body.get("variants") or ())),
        segmented=bool(body.get("segments")),
    )


def _constraint(body: Mapping[str, Any]) -> Constraint:
    values = tuple(map(str, body.get("values") or ()))
    return Constraint(
        field=str(body["contextName"]),
        operator=str(body["operator"]),
        values=values or (str(body.get("value", "")),),
        inverted=bool(body.get("inverted")),
    )
