"""A canary must get what was ordered before it can be compared."""

from math import exp, inf

import numpy as np
import pytest

from tidegate.core.gates.evidence import Batch, CallEdge, Counts, VersionedService
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.traffic import Traffic
from tidegate.core.ids import ServiceName, Version

CART = Subject(
    service=ServiceName("cart"), old=Version("1"), new=Version("2"), laned=(ServiceName("checkout"),)
)


def calls(caller: str | None, canary: int, control: int) -> Batch:
    who = VersionedService(service=ServiceName(caller), version=Version("1")) if caller else None
    return Batch(
        edges={
            CallEdge(caller=who, callee=CART.canary): Counts(requests=canary),
            CallEdge(caller=who, callee=CART.control): Counts(requests=control),
            CallEdge(
                caller=CART.canary, callee=VersionedService(service=ServiceName("db"), version=Version("1"))
            ): Counts(requests=7),
        }
    )


@pytest.mark.parametrize(
    ("why", "exposure", "batch", "lacking"),
    [
        ("as ordered", 0.2, calls("web", 200, 800), []),
        ("somewhat less, as old connections linger", 0.2, calls("web", 130, 870), []),
        ("next to nothing", 0.2, calls("web", 2, 998), ["web"]),
        ("nothing from outside", 0.2, calls(None, 0, 500), [None]),
        ("too few calls to tell", 0.05, calls("web", 0, 60), []),
        ("more than ordered", 0.05, calls("web", 500, 500), []),
        ("everything was moved", 1.0, calls("web", 0, 1000), []),
        ("nothing was ordered", 0.0, calls("web", 0, 1000), []),
        ("a caller in a lane goes its own way", 0.2, calls("checkout", 0, 1000), []),
    ],
)
def test_each_caller_deals_as_ordered(
    why: str, exposure: float, batch: Batch, lacking: list[str | None]
) -> None:
    found = Traffic(exposure=exposure).with_batch(CART, batch).lacking(0.01)
    assert list(found) == lacking, why


def test_one_caller_that_stopped_calling_shows_among_others() -> None:
    traffic = Traffic(exposure=0.5)
    for _ in range(10):
        traffic = traffic.with_batch(CART, calls("web", 50, 50)).with_batch(CART, calls("app", 0, 10))
    (caller, dealt), *others = traffic.lacking(0.01).items()
    assert (caller, dealt.canary, dealt.calls, others) == ("app", 0, 100, [])


def test_it_is_a_fair_bet_that_the_share_is_at_least_half() -> None:
    """At the border the expected wealth after any number of calls is one, and looking often is free."""
    dice, runs, ever = np.random.default_rng(5), 2000, 0
    for _ in range(runs):
        traffic, highest = Traffic(exposure=0.2), -inf
        for canary in dice.binomial(20, 0.1, 30):
            traffic = traffic.with_batch(CART, calls("web", int(canary), 20 - int(canary)))
            (dealt,) = traffic.callers.values()
            highest = max(highest, dealt.log_e)
        ever += exp(highest) >= 20
    assert ever / runs <= 0.05
