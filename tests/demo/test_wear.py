"""What requests do to a process that answers them."""

import pytest

from tidegate.demo.wear import Arrivals, Damage
from tidegate.mesh.behaviour import GROWTH_LIMIT_MS, Fault


def test_the_rate_is_what_came_in_the_last_second() -> None:
    arrivals = Arrivals()
    for moment in (10.0, 10.5, 10.5, 11.2):
        arrivals.came(moment)
    assert [arrivals.rate(now) for now in (11.2, 11.5, 11.6, 12.3)] == [3, 3, 1, 0]
    assert arrivals.first == 10.0


@pytest.mark.parametrize(
    ("growth", "requests", "slower"),
    [(0.0, 5, 0.0), (50.0, 1, 0.05), (50.0, 1000, 50.0), (60_000.0, 500, GROWTH_LIMIT_MS)],
)
def test_a_slow_leak_costs_every_request_a_little_more_than_the_one_before(
    growth: float, requests: int, slower: float
) -> None:
    damage, fault = Damage(), Fault(latency_growth_ms=growth, when={})
    assert [damage.slower(fault) for _ in range(requests)][-1] == pytest.approx(slower)
