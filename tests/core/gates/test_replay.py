"""A past step judged again: by its own gate as it was, by another as that would have had it."""

from dataclasses import replace

import pytest

from tidegate.core.gates.evidence import Batch, CallEdge, Counts
from tidegate.core.gates.judge import Subject
from tidegate.core.gates.replay import Recorded, replayed
from tidegate.core.gates.verdict import Outcome
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Boundaries, Gate, OnInsufficient, Stage

CART = Subject(service=ServiceName("cart"), old=Version("1"), new=Version("2"))
GATE = Gate()
STRICT = Gate(boundaries=Boundaries(success_rate=0.99999, worse_by=0.0001))
STAGES = (
    Stage(exposure=0.1, bake=60, wait=600, gates=(GATE,)),
    Stage(exposure=0.15, bake=0, wait=600, gates=(GATE,), on_insufficient=OnInsufficient.ROLLBACK),
)


def look(stage: int, at: float, bad: int = 0) -> Recorded:
    counts = {CART.canary: Counts(requests=100, bad=bad), CART.control: Counts(requests=900, bad=1)}
    edges = {CallEdge(caller=None, callee=callee): each for callee, each in counts.items()}
    return Recorded(stage=stage, at=at, batch=Batch(edges=edges))


CALM = [*(look(0, 1000.0 + 10 * i) for i in range(10)), *(look(1, 1200.0 + 10 * i) for i in range(3))]


@pytest.mark.parametrize(
    ("why", "gates", "looks", "expected"),
    [
        ("as it was", (GATE, GATE), CALM, [(0, "pass", 1060.0), (1, "pass", 1200.0)]),
        (
            "another gate cannot tell",
            (STRICT, STRICT),
            CALM,
            [(0, "insufficient", None), (1, "insufficient", None)],
        ),
        ("each stage its gate", (GATE, STRICT), CALM, [(0, "pass", 1060.0), (1, "insufficient", None)]),
        ("a stage without a gate has no verdict", (None, GATE), CALM, [(1, "pass", 1200.0)]),
        (
            "nothing follows a failure",
            (GATE, GATE),
            [look(0, 1000.0, bad=50), *CALM[1:]],
            [(0, "fail", 1000.0)],
        ),
        ("nothing was looked at", (GATE, GATE), [], []),
    ],
)
def test_stage_by_stage(
    why: str,
    gates: tuple[Gate | None, ...],
    looks: list[Recorded],
    expected: list[tuple[int, str, float | None]],
) -> None:
    stages = [
        replace(stage, gates=(gate,) if gate else ()) for stage, gate in zip(STAGES, gates, strict=True)
    ]
    found = replayed(CART, stages, looks)
    assert [(each.stage, each.verdict.outcome, each.decided_at) for each in found] == expected, why


def test_a_gate_that_only_gives_up_otherwise_keeps_its_case() -> None:
    found = replayed(CART, STAGES, CALM)
    assert [each.verdict.outcome for each in found] == [Outcome.PASS, Outcome.PASS]
    assert found[1].verdict.checks[0].canary_requests == 1100
