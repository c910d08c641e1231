"""The contest: every policy sees the same, at its own pace, and is scored by when it rolled back."""

import numpy as np
import pytest
from bench.gates import contest
from bench.gates.contest import contestants, detections, evidence, false_alarms, proofs, ways
from bench.gates.streams import Rollout, Trouble

RUNS = 50


def test_a_broken_canary_is_found_by_each_policy_in_its_own_time() -> None:
    """A third of answers bad: one look for us, a minute and more for the others."""
    rollout = Rollout(rate=0.01, share=0.05, ratio=30.0, minutes=12.0)
    found = {row.policy: row.minutes for row in detections(rollout, contestants(0.01), RUNS)}
    assert found == {
        "tidegate": pytest.approx(5 / 60),
        "Argo default": 1.0,
        "Argo documented": 4.0,
        "Argo tuned": 4.0,
        "Flagger default": 2.0,
        "Flagger documented": 11.0,
        "Flagger tuned": 6.0,
        "Kayenta, once": None,
        "Kayenta, every 30 min": None,
        "Kayenta, every 5 min": 5.0,
        "z-test 5 %": 1.0,
        "z-test 1 %": 1.0,
    }


def test_policies_that_know_no_control_blame_the_base_rate() -> None:
    """A control that fails 2 % of its calls, and a canary that does so too."""
    harmless = Rollout(rate=0.02, share=0.05, minutes=20.0)
    alarms = {row.policy: row.share for row in false_alarms(harmless, contestants(0.02), RUNS)}
    assert alarms["tidegate"] <= 0.06
    assert (alarms["Flagger default"], alarms["Argo documented"], alarms["Flagger documented"]) == (
        1.0,
        0.0,
        1.0,
    )


def test_history_and_clients_are_what_bursts_call_for() -> None:
    """A quarter of an hour of client bursts, harmless: only tests that know of them stay calm."""
    rollout = Rollout(rate=0.005, share=0.05, minutes=15.0, trouble=Trouble.CLIENT_BURSTS)
    alarms = {row.policy: row.share for row in false_alarms(rollout, ways(), RUNS)}
    assert alarms["exact"] > 0.8
    assert 0.05 < alarms["tempered, no history"] < 0.5
    assert max(alarms[way] for way in ("tempered", "clients known", "tempered, margin of 1.3")) <= 0.06


def test_bursts_prove_nothing_safe_that_is_not() -> None:
    """A canary at the margin of 0.5 points, with failures in bursts."""
    rollout = Rollout(rate=0.005, share=0.05, ratio=2.0, minutes=10.0, trouble=Trouble.CLIENT_BURSTS)
    passed = {row.policy: row.share for row in false_alarms(rollout, proofs(), RUNS)}
    assert passed["exact"] > 0.4
    assert passed["tempered"] <= 0.1


def test_a_detection_is_timed_from_the_onset_and_priced_by_the_canary_s_requests() -> None:
    """Runs rolled back before the fault are left out; medians of what is left."""
    rollout = Rollout(rate=0.001, share=0.1, ratio=3.0, requests=1_000, onset=10.0)
    scored = contest._detection("any", rollout, np.array([4.0, 11.0, 12.0, np.inf]))
    assert (scored.found, scored.minutes, scored.excess) == pytest.approx((2 / 3, 2.0, 4.8))


@pytest.mark.parametrize("failed", [[4.0, np.inf, np.inf], [4.0]])
def test_what_fewer_than_half_of_the_runs_find_has_no_median(failed: list[float]) -> None:
    scored = contest._detection("any", Rollout(rate=0.001, share=0.1, onset=10.0), np.array(failed))
    assert (scored.found, scored.minutes, scored.excess) == (0.0, None, None)


def test_evidence_of_a_fault_rises_and_of_none_does_not() -> None:
    harmless, faulty = (
        evidence(Rollout(rate=0.01, share=0.1, ratio=r, minutes=3.0), RUNS) for r in (1.0, 3.0)
    )
    assert harmless.shape == faulty.shape == (36, RUNS)
    assert np.median(harmless[-1]) < 0.0
    assert np.median(faulty[-1]) > 20.0
