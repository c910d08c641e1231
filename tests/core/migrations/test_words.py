"""How far a migration has come, as people read it."""

from dataclasses import replace

import pytest

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.state import Backfilled, Course, MigrationState
from tidegate.core.migrations.words import amount, lasting, progress, under_way

BEGUN = MigrationState(
    name=MigrationName("m"), schema="public", digest="", phase=None, course=Course.FORTH, started_at=1.0
)
HALFWAY = Backfilled(table="bookings", done=860_000, rows=2_000_000, rate=12_300.0)
FEW = Backfilled(table="owners", done=3, rows=12)
BACKFILLING = replace(BEGUN, phase=Phase.DUAL_WRITE)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (BEGUN, "expand under way"),
        (
            replace(BEGUN, phase=Phase.EXPAND, waiting="a lock on bookings"),
            "dual-write under way; waits: a lock on bookings",
        ),
        (BACKFILLING, "backfill under way"),
        (
            replace(BACKFILLING, backfills=(HALFWAY,)),
            "backfill 43 %: 0.9 of 2.0 million rows, 12,300 rows/s, 2 min left",
        ),
        (replace(BACKFILLING, backfills=(FEW,)), "backfill 25 %: 3 of 12 rows"),
        (
            replace(BACKFILLING, backfills=(replace(FEW, rate=4.0),)),
            "backfill 25 %: 3 of 12 rows, 4 rows/s, 3 s left",
        ),
        (replace(BACKFILLING, backfills=(replace(FEW, finished=True),)), "backfill 100 %: 3 of 3 rows"),
        (
            replace(BACKFILLING, backfills=(replace(FEW, done=20, rate=1.0),)),
            "backfill 100 %: 20 of 20 rows, 1 rows/s",
        ),
        (replace(BEGUN, phase=Phase.BACKFILL, backfills=(FEW,)), "verify under way"),
        (replace(BEGUN, phase=Phase.CONTRACT), "contract is through"),
        (replace(BEGUN, course=Course.STILL), "nothing of it is through"),
        (replace(BEGUN, course=Course.STILL, phase=Phase.SWITCH), "switch is through"),
        (replace(BEGUN, course=Course.BACK, phase=Phase.VERIFY), "on its way back: verify is undone"),
        (replace(BEGUN, course=Course.BACK), "on its way back: expand is undone"),
        (
            replace(BEGUN, course=Course.FAILED, phase=Phase.BACKFILL, problem="2 rows differ"),
            "stopped, backfill is through: 2 rows differ",
        ),
    ],
)
def test_progress_says_where_it_is_and_why_it_waits(state: MigrationState, words: str) -> None:
    assert progress(state) == words


def test_a_phase_is_under_way_only_on_the_way_forth() -> None:
    courses = {each: under_way(replace(BEGUN, course=each, phase=Phase.VERIFY)) for each in Course}
    assert courses == {**dict.fromkeys(Course), Course.FORTH: Phase.SWITCH}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59.0, "59 s"), (60.0, "1 min"), (61.0, "2 min"), (7200.0, "2 h"), (86_400.0, "1 d")],
)
def test_a_time_is_rounded_up(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


def test_millions_are_rounded() -> None:
    assert (amount(999_999), amount(2_049_999)) == ("999,999", "2.0 million")
