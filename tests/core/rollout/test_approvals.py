"""What cannot be undone waits for its owners; data that does not agree waits for a person."""

from dataclasses import replace

import pytest
from tests.core.plan.cases import FOR_GOOD
from tests.core.rollout.script import Script, verdict
from tests.core.worlds import catalog_of, change_of, migration_use, release_of, service_of

from tidegate.core.change import MigrationUse, OnFailure
from tidegate.core.gates.data import DATA
from tidegate.core.gates.verdict import Outcome
from tidegate.core.ids import OwnerName, StepId
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout import machine
from tidegate.core.rollout.explain import Explanation, explain
from tidegate.core.rollout.state import Approval, Phase, StepStatus
from tidegate.core.strategy import GateAction
from tidegate.temporal.forms import ROLLOUT_FORM

USE = migration_use("m", writers=["w"], approvals=["data-team", "shop"])
CONTRACT = StepId("migration/m/contract")
SWITCH = StepId("migration/m/switch")
MISMATCH = replace(verdict(Outcome.FAIL, "m: 3 rows differ", GateAction.HOLD), gate=DATA)


def planned(use: MigrationUse = USE, on_failure: OnFailure = OnFailure.AFFECTED) -> Plan:
    change = change_of(*([release_of("w")] if use.writers else []), migrations=[use], on_failure=on_failure)
    made = make_plan(catalog_of(service_of("w")), change)
    assert isinstance(made, Plan), made
    return made


def soaking(on_failure: OnFailure = OnFailure.AFFECTED) -> Script:
    """Everything is out and switched; both shapes are compared."""
    play = Script(planned(on_failure=on_failure))
    play.applies("migration/m/expand").applied()
    play.applies("migration/m/backfill").applied()
    play.through("w")
    play.applies(SWITCH).applied()
    return play


def awaiting() -> Script:
    """All is done but contract."""
    play = soaking()
    play.judges(SWITCH).passed()
    play.applies("retire/w").applied()
    return play


def said(play: Script, step: StepId = CONTRACT) -> Explanation:
    (found,) = [each for each in explain(play.rollout) if each.step == step]
    return found


def test_a_step_waits_until_each_of_its_owners_has_approved() -> None:
    play = awaiting()
    assert machine.outstanding(play.rollout) == ()
    assert said(play).waits_for == "approval by data-team, shop"
    assert said(play).why == (
        "its way back is none: the old shape goes for good, but for the dump that is taken and checked before; "
        "give one with: tidegate approve r migration/m/contract --owner data-team --reason TEXT"
    )
    assert said(play).possible == ("approve",)
    play.operator("approve", step=CONTRACT, owner="data-team")
    assert said(play).waits_for == "approval by shop"
    assert "--owner shop" in said(play).why
    play.operator("approve", step=CONTRACT, owner="shop")
    play.applies(CONTRACT).applied()
    assert play.phase is Phase.COMPLETED
    given = [
        Approval(owner=OwnerName(owner), by="someone", at=at, reason="because")
        for owner, at in [("data-team", play.now - 2), ("shop", play.now - 1)]
    ]
    assert list(play.rollout.steps[CONTRACT].approved) == given


def test_an_approval_may_come_early_and_is_asked_for_while_others_are_awaited() -> None:
    play = Script(planned())
    assert said(play).waits_for.startswith("migration/m/switch, which is waiting")
    assert said(play).possible == ("approve",)
    play.operator("approve", step=CONTRACT, owner="data-team")
    play.operator("pause")
    play.operator("approve", step=CONTRACT, owner="shop")
    assert (play.phase, said(play).possible) == (Phase.PAUSED, ())


@pytest.mark.parametrize(
    ("step", "owner", "why"),
    [
        ("expose/w", "shop", "expose/w needs nobody's approval"),
        (CONTRACT, "w-team", f"{CONTRACT} needs no approval of 'w-team'; it needs that of data-team, shop"),
        (CONTRACT, "data-team", f"someone has approved of {CONTRACT} for data-team already"),
        ("nothing", "shop", "no step 'nothing' in this rollout"),
    ],
)
def test_an_approval_that_does_not_fit_is_refused(step: str, owner: str, why: str) -> None:
    play = awaiting()
    play.operator("approve", step=CONTRACT, owner="data-team")
    before = play.rollout
    play.operator("approve", step=step, owner=owner, refused=why)
    assert play.rollout == before


def test_what_is_going_back_needs_no_approval() -> None:
    play = awaiting()
    play.operator("rollback", step="expose/w")
    why = f"{CONTRACT} awaits no approval: it is skipped"
    play.operator("approve", step=CONTRACT, owner="shop", refused=why)
    play.operator("rollback")
    why = "cannot approve while the rollout is undoing; possible now: resume, promote, rollback"
    play.operator("approve", step=CONTRACT, owner="shop", refused=why)


def test_until_contract_everything_goes_back_in_order() -> None:
    play = awaiting()
    play.operator("rollback")
    play.reverts("retire/w").reverted()
    play.reverts(SWITCH).reverted()
    play.reverts("migration/m/backfill").reverted()
    play.reverts("expose/w").reverted()
    play.reverts("deploy/w").reverted()
    play.reverts("migration/m/expand").reverted()
    assert play.phase is Phase.ROLLED_BACK


@pytest.mark.parametrize("on_failure", OnFailure)
def test_an_old_shape_that_would_not_go_is_no_fault_of_the_change(on_failure: OnFailure) -> None:
    play = soaking(on_failure)
    play.judges(SWITCH).passed()
    play.applies("retire/w").applied()
    for owner in USE.approvals:
        play.operator("approve", step=CONTRACT, owner=owner)
    play.applies(CONTRACT).apply_failed("the dump could not be read back")
    assert (play.phase, play.status(CONTRACT)) == (Phase.RUNNING, StepStatus.BLOCKED)
    assert said(play).possible == ("resume", "promote")
    play.operator("resume")
    play.applies(CONTRACT).applied()
    assert play.phase is Phase.COMPLETED


@pytest.mark.parametrize("on_failure", OnFailure)
def test_data_that_does_not_agree_holds_everything_and_undoes_nothing(on_failure: OnFailure) -> None:
    play = soaking(on_failure)
    play.judges(SWITCH).judged(MISMATCH)
    assert (play.phase, play.status(SWITCH)) == (Phase.RUNNING, StepStatus.HOLDING)
    assert machine.outstanding(play.rollout) == ()
    assert (said(play, SWITCH).waits_for, said(play, SWITCH).why) == (
        "a person to decide",
        "m: 3 rows differ",
    )
    play.operator("resume")
    play.judges(SWITCH).passed()
    play.applies("retire/w")


def test_a_migration_that_cannot_be_undone_is_approved_before_it_begins_and_then_stays() -> None:
    play = Script(planned(migration_use("m", operations=[FOR_GOOD])))
    assert said(play, StepId("migration/m/expand")).waits_for == "approval by data-team"
    play.operator("approve", step="migration/m/expand")
    play.applies("migration/m/expand").applied()
    play.operator("rollback")
    play.reverts("migration/m/backfill").reverted()
    assert (play.status("migration/m/expand"), play.phase) == (StepStatus.DONE, Phase.PARTIAL)


def test_a_rollout_that_was_kept_before_there_were_approvals_is_read() -> None:
    kept = ROLLOUT_FORM.dump_python(soaking().rollout, mode="json")
    for state in kept["steps"].values():
        del state["approved"]
    assert ROLLOUT_FORM.validate_python(kept, strict=False) == soaking().rollout
