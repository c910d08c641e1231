"""What is stored of a look comes back as it was."""

from tidegate.core.gates.evidence import (
    Batch,
    CallEdge,
    Counts,
    Gap,
    Levels,
    Missing,
    Reading,
    Signal,
    Tally,
    VersionedService,
)
from tidegate.core.ids import ServiceName, Version
from tidegate.store.batches import BATCHES, READINGS

CART = VersionedService(service=ServiceName("cart"), version=Version("2.0.0"))
SIGNAL = Signal(name="conformance", version=CART)
EDGES = {CallEdge(caller=None, callee=CART): Counts(requests=3, bad=1)}
RATIOS = {SIGNAL: Tally(requests=2, bad=1)}
LEVELS = {SIGNAL: Levels(at=1.0, values={"pod": 2.0})}
MISSING = (Missing(gap=Gap.NO_DATA, what="nothing"),)


def test_a_batch_and_a_reading() -> None:
    batch = Batch(
        edges=EDGES,
        ratios=RATIOS,
        levels=LEVELS,
        missing=MISSING,
        examples={SIGNAL: "GET /pets answered 200: the body lacks 'name'"},
        seconds=2.0,
    )
    reading = Reading(at=1.0, epoch="a", edges=EDGES, ratios=RATIOS, levels=LEVELS, missing=MISSING)
    assert BATCHES.decoded(BATCHES.encoded(batch)) == batch
    assert READINGS.decoded(READINGS.encoded(reading)) == reading
