"""What is measured against bounds: the bounds themselves, and that ours come near them."""

from math import log

import pytest
from bench.gates.bounds import efficiency, information, promotion, throughput


def test_information_is_the_canary_s_alone_where_its_share_is_small() -> None:
    """I is about w p0 (r ln r - r + 1) for small rates and shares."""
    w, p0, r = 0.001, 0.0001, 5.0
    assert information(p0, r * p0, w) == pytest.approx(w * p0 * (r * log(r) - r + 1), rel=0.02)
    assert information(0.01, 0.01, 0.5) == 0.0


def test_a_fault_takes_little_more_requests_than_it_must() -> None:
    found = efficiency(0.01, 0.5, 5.0, 100)
    assert 1.0 < found.times < 1.6
    assert found.excess == pytest.approx(found.requests * 0.5 * 0.04)


def test_a_good_canary_is_let_through_with_about_as_many_as_the_bound() -> None:
    assert promotion(0.001, 0.05, 0.005, 100).times < 1.1


def test_throughput_counts_something() -> None:
    speed = throughput(streams=50, looks=5)
    assert speed.plain > 0.0 < speed.tempered
