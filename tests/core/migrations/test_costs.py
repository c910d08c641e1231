"""What statements cost others."""

import pytest

from tidegate.core.migrations.costs import GROWS, cost
from tidegate.core.migrations.operations import Pace
from tidegate.core.migrations.statements import Effort, Lock, Statement

PACE = Pace(lock_timeout=0.5, hold_timeout=1.0)


@pytest.mark.parametrize(
    ("lock", "waits", "at_worst"),
    [
        (Lock.NONE, "nobody", 0.0),
        (Lock.SHARE_UPDATE_EXCLUSIVE, "nobody", 0.0),
        (Lock.SHARE, "writers", 1.5),
        (Lock.SHARE_ROW_EXCLUSIVE, "writers", 1.5),
        (Lock.ACCESS_EXCLUSIVE, "readers and writers", 1.5),
    ],
)
def test_who_waits_follows_from_the_lock_and_how_long_from_the_pace(
    lock: Lock, waits: str, at_worst: float
) -> None:
    found = cost(Statement(sql="", summary="", lock=lock, effort=Effort.SCAN), PACE)
    assert (found.waits, found.at_worst, found.grows) == (waits, at_worst, GROWS[Effort.SCAN])


def test_every_effort_has_its_words() -> None:
    assert set(GROWS) == set(Effort)
