"""Readings become batches, whatever the counters do."""

import pytest

from tidegate.core.gates.evidence import Batch, CallEdge, Counts, Reading, VersionedService, increase
from tidegate.core.ids import ServiceName, Version

PAYMENTS = VersionedService(service=ServiceName("payments"), version=Version("2.0.0"))
EDGE = CallEdge(caller=None, callee=PAYMENTS)

SEEN = Counts(requests=100, bad=5, rejected=3, slow=2)
MORE = Counts(requests=130, bad=6, rejected=3, slow=4)


@pytest.mark.parametrize(
    ("why", "before", "after", "expected"),
    [
        ("the difference", SEEN, MORE, Counts(requests=30, bad=1, slow=2)),
        ("an edge never seen before", None, SEEN, SEEN),
        ("requests fell", MORE, SEEN, SEEN),
        ("only failures fell", SEEN, Counts(requests=120, bad=4), Counts(requests=120, bad=4)),
        (
            "only rejections fell",
            SEEN,
            Counts(requests=120, bad=5, slow=2),
            Counts(requests=120, bad=5, slow=2),
        ),
        ("nothing happened", SEEN, SEEN, None),
        ("an edge is gone", SEEN, None, None),
    ],
)
def test_increase_within_an_epoch(
    why: str, before: Counts | None, after: Counts | None, expected: Counts | None
) -> None:
    grown = increase(_reading(before, "a"), _reading(after, "a"))
    assert grown == Batch(edges={EDGE: expected} if expected else {}), why


def test_a_new_epoch_counts_from_zero() -> None:
    assert increase(_reading(SEEN, "a"), _reading(MORE, "b")) == Batch(edges={EDGE: MORE})


def test_versions_are_written_as_people_write_them() -> None:
    assert str(PAYMENTS) == "payments@2.0.0"


def _reading(counts: Counts | None, epoch: str) -> Reading:
    return Reading(at=0.0, epoch=epoch, edges={EDGE: counts} if counts else {})
