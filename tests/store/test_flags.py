"""What is served of flags is kept, one state a generation; late commands do nothing, repeated ones are answered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tidegate.core.errors import Location, Superseded
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.serving import Exposure, Removal, Switch
from tidegate.core.ids import FlagKey, RolloutId, StepId
from tidegate.ports import Token
from tidegate.store.database import Store
from tidegate.store.flags import FlagsRecord

from .examples import NOON, R1, R2, entry, rollout, sqlite_url

KEY, OTHER = FlagKey("refund"), FlagKey("basket")
STEP, STAFF = StepId("flag/refund"), StepId("flag/refund/staff")
FLAG = Flag(
    key=KEY,
    variants={"on": {"limit": [1, 2.5, None]}, "off": False},
    default="off",
    targeting={"if": [{"var": "beta"}, "on"]},
    enabled=False,
    metadata={"owner": "group:payments"},
    location=Location(file="flags.yaml", line=3),
)
BASE = FlagSet(flags={KEY: FLAG}, metadata={"version": 2})
OFF = Switch(flag=KEY, variant="off", by="ada\udc80", reason="twice\0", at=1.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(sqlite_url(tmp_path))
    yield opened
    opened.close()


def token(attempt: int, step: StepId = STEP, rollout: RolloutId = R1) -> Token:
    return Token(rollout=rollout, step=step, attempt=attempt)


def exposure(share: float, **changes: Any) -> Exposure:
    made = Exposure(rollout=R1, step=STEP, flag=KEY, variant="on", share=share, salt="r-1", audience="")
    return replace(made, **changes)


def removal() -> Removal:
    return Removal(rollout=R1, step=STEP, flag=KEY)


def test_a_new_store_serves_nothing_besides_what_is_defined(store: Store) -> None:
    assert store.flags.flags() == FlagsRecord(generation=0)
    assert store.flags.base() is None


def test_what_is_defined_comes_back_as_it_was_with_its_places(store: Store) -> None:
    store.flags.set_base(BASE)
    found = store.flags.base()
    assert found == BASE
    assert found.flags[KEY].location == Location(file="flags.yaml", line=3)


def test_it_is_there_after_the_store_was_opened_again(store: Store, tmp_path: Path) -> None:
    store.flags.set_base(BASE)
    store.flags.expose(exposure(0.25), token(1), "on for 25%")
    store.flags.switch_off(OFF, entry("off"))
    before = store.flags.flags()
    again = Store.open(sqlite_url(tmp_path))
    assert (again.flags.flags(), again.flags.base()) == (before, BASE)
    again.close()


# Exposure


def test_each_state_has_a_generation_of_its_own_and_what_is_so_already_makes_none(store: Store) -> None:
    told = []
    for attempt, share in enumerate((0.05, 0.05, 0.25, 0.0, 0.0, 0.05), start=1):
        receipt = store.flags.expose(exposure(share), token(attempt), f"{share:.0%}")
        told.append((receipt, store.flags.generation()))
    so_already = "it was so already"
    assert told == [("5%", 1), (so_already, 1), ("25%", 2), ("0%", 3), (so_already, 3), ("5%", 4)]


def test_the_same_token_has_its_receipt_again_and_a_late_one_does_nothing(store: Store) -> None:
    store.flags.expose(exposure(0.25), token(2), "on for 25%")
    before = store.flags.flags()
    assert store.flags.expose(exposure(0.5), token(2), "on for 50%") == "already done: on for 25%"
    late = r"r-1/flag/refund/1 comes too late for flag 'refund': r-1/flag/refund/2 was obeyed since"
    with pytest.raises(Superseded, match=late):
        store.flags.expose(exposure(0.0), token(1), "off")
    assert store.flags.flags() == before


def test_the_exposure_that_began_last_comes_last_also_when_it_had_gone_back(store: Store) -> None:
    staff = exposure(1.0, step=STAFF, audience='{"var": "staff"}')
    store.flags.expose(exposure(0.05), token(1), "")
    store.flags.expose(staff, token(1, STAFF), "")
    store.flags.expose(exposure(0.25), token(2), "")
    assert store.flags.flags().exposures == (exposure(0.25), staff)
    store.flags.expose(exposure(0.0), token(3), "")
    assert store.flags.flags().exposures == (staff,)
    store.flags.expose(exposure(0.25), token(4), "")
    assert store.flags.flags().exposures == (staff, exposure(0.25))


def test_rollouts_that_have_ended_expose_nothing_any_more_but_are_served(store: Store) -> None:
    store.add_rollout(rollout())
    later = exposure(0.5, rollout=R2)
    store.flags.expose(exposure(1.0), token(1), "")
    store.flags.expose(later, token(1, rollout=R2), "")
    assert store.flags.exposing(KEY) == (exposure(1.0), later)
    assert store.flags.exposing(OTHER) == ()
    store.finish_rollout(R1, phase="completed", ended=NOON, state={})
    assert store.flags.exposing(KEY) == (later,)
    assert store.flags.flags().exposures == (exposure(1.0), later)


@pytest.mark.parametrize(
    ("defined", "stays"),
    [
        ({"default": "on", "targeting": {}, "enabled": True}, False),
        ({"default": "on", "enabled": True}, True),
        ({"default": "on", "targeting": {}}, True),
        ({"default": "off", "targeting": {}, "enabled": True}, True),
    ],
)
def test_once_everyone_is_served_a_variant_by_definition_the_definition_says_what_is_served(
    store: Store, defined: dict[str, Any], stays: bool
) -> None:
    store.flags.expose(exposure(1.0), token(1), "")
    store.flags.set_base(FlagSet(flags={KEY: replace(FLAG, **defined)}))
    assert store.flags.flags().exposures == ((exposure(1.0),) if stays else ())


def test_writers_side_by_side_make_a_generation_each(store: Store) -> None:
    def expose(number: int) -> None:
        step = StepId(f"flag/{number}")
        store.flags.expose(exposure(0.5, step=step), token(1, step), "")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(expose, range(20)))
    assert store.flags.generation() == 20
    assert len(store.flags.flags().exposures) == 20


# Removal


def test_a_removed_flag_is_served_again_as_it_was_once_its_removal_is_undone(store: Store) -> None:
    store.flags.set_base(BASE)
    assert store.flags.remove(KEY, token(1), FLAG) == "refund is not served any more"
    assert store.flags.flags().removals == (removal(),)
    store.flags.set_base(FlagSet())
    assert store.flags.flags().removals == ()
    assert store.flags.restore(KEY, token(2)) == "refund is served again"
    assert store.flags.flags().restored == (FLAG,)
    assert store.flags.flags().restored[0].location == FLAG.location


def test_a_removal_is_fenced_as_exposures_are(store: Store) -> None:
    store.flags.remove(KEY, token(2), FLAG)
    assert store.flags.remove(KEY, token(2), FLAG) == "already done: refund is not served any more"
    assert store.flags.remove(KEY, token(3), FLAG) == "it was so already"
    with pytest.raises(Superseded, match="r-1/flag/refund/2 comes too late"):
        store.flags.restore(KEY, token(2))
    assert store.flags.generation() == 1


def test_a_restored_flag_that_a_file_defines_again_is_not_kept_beside_it(store: Store) -> None:
    store.flags.set_base(FlagSet())
    store.flags.remove(KEY, token(1), FLAG)
    store.flags.restore(KEY, token(2))
    store.flags.set_base(BASE)
    store.flags.set_base(FlagSet())
    assert store.flags.flags().restored == ()


def test_whoever_defines_a_flag_anew_that_was_removed_and_gone_is_served(store: Store) -> None:
    store.flags.remove(KEY, token(1), FLAG)
    for base in (FlagSet(), BASE):
        store.flags.set_base(base)
    assert store.flags.flags().removals == ()


# Switches and evaluations


def test_a_switch_is_kept_and_noted_at_once_and_so_is_that_it_was_lifted(store: Store) -> None:
    store.flags.switch_off(OFF, entry("off", kind="flag off"))
    kept = replace(OFF, by="ada\\udc80", reason="twice\\x00")
    assert store.flags.flags() == FlagsRecord(generation=1, switches=(kept,))
    store.flags.switch_off(replace(OFF, by="bob"), entry("again", kind="flag off"))
    assert [switch.by for switch in store.flags.flags().switches] == ["bob"]
    assert store.flags.switch_on(KEY, entry("on", kind="flag on"))
    assert not store.flags.switch_on(KEY, entry("not", kind="flag on"))
    assert store.flags.flags() == FlagsRecord(generation=3)
    assert [each.key for each in store.journal()] == ["off", "again", "on"]
    assert store.verify_journal() is None


def test_the_last_evaluations_are_kept(store: Store) -> None:
    store.flags.note_evaluated({KEY: 1.0, OTHER: 2.0})
    store.flags.note_evaluated({KEY: 3.0})
    assert store.flags.evaluated() == {KEY: 3.0, OTHER: 2.0}
    assert store.flags.generation() == 0
