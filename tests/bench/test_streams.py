"""Simulated traffic is what its description says: right on average, together where it should be, the same again."""

import numpy as np
import pytest
from bench.gates.streams import Floats, Look, Rollout, Trouble, looks

from tidegate.core.gates.design_effect import design_effect

RUNS = 200


def played(rollout: Rollout, history: int = 0) -> list[Look]:
    return list(looks(rollout, RUNS, 1, history=history))


def rates(seen: list[Look], arm: str) -> Floats:
    """Bad of all requests of one arm, for each run."""
    counts = [getattr(look, arm) for look in seen]
    total: Floats = sum(c.bad for c in counts) / sum(c.requests for c in counts)
    return total


@pytest.mark.parametrize("trouble", [Trouble.NONE, Trouble.CLIENT_BURSTS, Trouble.POD_OFFSETS_SMALL])
def test_both_arms_fail_as_often_as_they_are_told_to(trouble: Trouble) -> None:
    seen = played(Rollout(rate=0.01, share=0.2, ratio=3.0, minutes=5.0, trouble=trouble))
    assert len(seen) == 60
    assert rates(seen, "canary").mean() == pytest.approx(0.03, rel=0.05)
    assert rates(seen, "control").mean() == pytest.approx(0.01, rel=0.05)
    assert all((look.canary.requests + look.control.requests == 5_000).all() for look in seen)


def test_the_canary_has_no_traffic_before_and_no_fault_until_its_onset() -> None:
    seen = played(Rollout(rate=0.01, share=0.2, ratio=5.0, minutes=2.0, onset=1.0), history=3)
    assert [bool(look.canary.requests.any()) for look in seen] == [False] * 3 + [True] * 24
    assert [look.exposed for look in seen] == [False] * 3 + [True] * 24
    assert (seen[3].minutes, seen[-1].minutes) == (5 / 60, 2.0)
    assert rates(seen[3:15], "canary").mean() == pytest.approx(0.01, rel=0.1)
    assert rates(seen[15:], "canary").mean() == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize(
    ("trouble", "least", "most"),
    [
        (Trouble.NONE, 1.0, 1.1),
        (Trouble.CLIENT_BURSTS, 8.0, 10.0),
        (Trouble.POD_BURSTS, 1.5, 4.0),
        (Trouble.POD_OFFSETS_LARGE, 1.0, 1.1),
    ],
)
def test_failures_come_together_as_they_should(trouble: Trouble, least: float, most: float) -> None:
    effect = design_effect(RUNS)
    for look in played(Rollout(rate=0.005, share=0.05, minutes=30.0, trouble=trouble)):
        effect = effect.with_batch(look.control)
    assert least <= effect.phi.mean() <= most


def test_a_source_that_knows_clients_counts_bursts() -> None:
    seen = played(Rollout(rate=0.01, share=0.2, minutes=5.0, trouble=Trouble.CLIENT_BURSTS))
    bad = sum(float(look.control.bad.sum()) for look in seen)
    assert sum(float(look.deduplicated[1].bad.sum()) for look in seen) == pytest.approx(bad / 5.0, rel=0.05)


@pytest.mark.parametrize(
    ("trouble", "sd"), [(Trouble.POD_OFFSETS_SMALL, 0.1), (Trouble.POD_OFFSETS_LARGE, 0.3)]
)
def test_pods_differ_for_good(trouble: Trouble, sd: float) -> None:
    """Two pods of forty are the canary's: the logarithm of their mean rate varies by sd over root two."""
    seen = played(Rollout(rate=0.05, share=0.05, minutes=20.0, trouble=trouble))
    assert np.log(rates(seen, "canary")).std() == pytest.approx(sd / np.sqrt(2), rel=0.25)


def test_drift_moves_both_arms_alike() -> None:
    seen = played(Rollout(rate=0.01, share=0.5, minutes=5.0, trouble=Trouble.DRIFT))
    canary, control = rates(seen, "canary"), rates(seen, "control")
    assert canary.std() > 0.5 * canary.mean()
    assert np.corrcoef(canary, control)[0, 1] > 0.98


def test_a_seed_repeats_everything() -> None:
    rollout = Rollout(rate=0.01, share=0.05, minutes=1.0, trouble=Trouble.POD_BURSTS)
    first, second = played(rollout), played(rollout)
    assert all((a.canary.bad == b.canary.bad).all() for a, b in zip(first, second, strict=True))
