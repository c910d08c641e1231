"""The matrix: releases that go out together, which of them are guilty, and of what.

Every fault is at three places or more, each time as the same kind of mistake would look there. Who else is released
with it is drawn from its name, so that a run can be repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final

from bench.attribution.matrix.shop import HARMLESS, NEW, SERVICES, Release

from tidegate.core.ids import ServiceName

FEWEST, MOST = 4, 6
"""Canaries at once."""


class Kind(StrEnum):
    """What is wrong."""

    ERROR = "error"
    LATENCY = "latency"
    MALFORMED = "malformed request"
    INTERACTION = "interaction"
    LEAK = "slow leak"
    RETRIES = "retry amplification"
    WRONG_DATA = "wrong data, two hops"
    EXHAUSTION = "shared-store exhaustion"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is released together; `guilty` are those at fault."""

    name: str
    kind: Kind
    wrong: Mapping[str, Release] = field(default_factory=dict)

    @property
    def guilty(self) -> frozenset[ServiceName]:
        """The services whose releases are at fault."""
        return frozenset(map(ServiceName, self.wrong))

    @property
    def releases(self) -> Mapping[ServiceName, Release]:
        """All releases, guilty and innocent; who is overwhelmed has no second version to share the load."""
        dice = Random(self.name)
        spared = {release.callee for release in self.wrong.values()}
        others = [service for service in SERVICES if service not in self.guilty | spared]
        innocent = dice.sample(others, dice.randint(FEWEST, MOST) - len(self.wrong))
        together = {service: self.wrong.get(service, HARMLESS) for service in (*self.guilty, *innocent)}
        return {service: together[service] for service in SERVICES if service in together}


def _own(share: float = 1.0, **what: Any) -> Release:
    """A version that does something wrong to a share of its requests."""
    return Release(faults=({**what, "when": {"share": share}},))


def _alone(kind: Kind, releases: Mapping[str, Release]) -> tuple[Fault, ...]:
    """One guilty release each."""
    word = kind.split(maxsplit=1)[0].strip(",-")
    return tuple(
        Fault(name=f"{word}-{service}", kind=kind, wrong={service: release})
        for service, release in releases.items()
    )


def _where(side: str, other: str) -> Release:
    return Release(faults=({"errorRate": 1.0, "when": {side: f"{other}@{NEW}"}},))


def _pair(one: str, release: Release, other: str) -> Fault:
    """`one` fails where it meets the new version of `other`, which does nothing wrong by itself."""
    return Fault(
        name=f"interaction-{one}-{other}", kind=Kind.INTERACTION, wrong={one: release, other: HARMLESS}
    )


def _amplified(callee: str, empties: str) -> Release:
    """Sends what cannot be taken, and again and again."""
    spoilt = {"empties": [empties], "when": {"share": 0.8}}
    return Release(faults=(spoilt,), callee=callee, retries=5)


MATRIX: Final[tuple[Fault, ...]] = (
    *_alone(
        Kind.ERROR,
        {
            "catalog": _own(errorRate=0.3),
            "ledger": _own(errorRate=0.5),
            "stock": _own(errorRate=0.2),
            "web": _own(errorRate=0.2),
        },
    ),
    *_alone(
        Kind.LATENCY,
        {
            "pricing": _own(latencyMs=150),
            "ledger": _own(latencyMs=200),
            "cart": _own(latencyMs=100),
            "stock": _own(share=0.3, latencyMs=2500),
        },
    ),
    *_alone(
        Kind.MALFORMED,
        {
            "checkout": _own(share=0.5, empties=["amount"]),
            "catalog": _own(share=0.3, empties=["item"]),
            "cart": _own(empties=["item"]),
        },
    ),
    _pair("payments", _where("caller", "checkout"), "checkout"),
    _pair("pricing", _where("caller", "cart"), "cart"),
    _pair("catalog", _where("callee", "stock"), "stock"),
    *_alone(
        Kind.LEAK,
        {
            "payments": _own(latencyGrowthMs=2000),
            "pricing": _own(latencyGrowthMs=1000),
            "web": _own(latencyGrowthMs=1000),
        },
    ),
    *_alone(
        Kind.RETRIES,
        {
            "checkout": _amplified("payments", "amount"),
            "payments": _amplified("ledger", "currency"),
            "catalog": _amplified("stock", "item"),
        },
    ),
    *_alone(
        Kind.WRONG_DATA,
        {
            "web": _own(share=0.4, empties=["amount"]),
            "pricing": _own(share=0.3, empties=["price"]),
            "checkout": _own(share=0.5, empties=["currency"]),
            "stock": _own(share=0.3, empties=["have"]),
        },
    ),
    *_alone(
        Kind.EXHAUSTION,
        {
            "cart": Release(callee="pricing", times=9),
            "catalog": Release(callee="stock", times=9),
            "payments": Release(callee="ledger", times=7),
        },
    ),
    *(Fault(name=f"none-{number}", kind=Kind.NONE) for number in range(1, 7)),
)
