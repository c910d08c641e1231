"""Several gates on one stage: each judges by itself, its action says what that means."""

from dataclasses import replace

import pytest

from tidegate.core.gates.evidence import Batch, CallEdge, Counts
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.panel import Panel, convened
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Boundaries, Gate, GateAction, Ratio, Stage

CART = Subject(service=ServiceName("cart"), old=Version("1"), new=Version("2"))
LAX = Gate(
    name="lax", boundaries=Boundaries(success_rate=0.5, offset_times=10.0, worse_times=10.0, worse_by=0.2)
)
STRICT = Gate(name="strict")
BLIND = replace(LAX, name="blind", ratios=(Ratio(name="orders"),))
"""What it asks for is nowhere counted."""
STAGE = Stage(exposure=0.1, bake=10.0, wait=60.0)


def acts(gate: Gate, action: GateAction) -> Gate:
    return replace(gate, action=action)


def calls(bad: int) -> Batch:
    """A canary that fails `bad` of a hundred and a control that fails two of nine hundred."""
    return Batch(
        edges={
            CallEdge(caller=None, callee=CART.canary): Counts(requests=100, bad=bad),
            CallEdge(caller=None, callee=CART.control): Counts(requests=900, bad=2),
        }
    )


def after(*gates: Gate, bad: int = 5) -> Panel:
    panel = convened(CART, gates).with_stage_begun(0.1)
    for _ in range(10):
        panel = panel.observed(calls(bad))
    return panel


def told(verdict: Verdict) -> tuple[str, Outcome, list[tuple[str, Outcome]]]:
    return verdict.gate, verdict.outcome, [(each.gate, each.outcome) for each in verdict.beside]


FAIL, PASS, UNCLEAR = Outcome.FAIL, Outcome.PASS, Outcome.INSUFFICIENT
ROLLBACK, HOLD, OBSERVE = GateAction.ROLLBACK, GateAction.HOLD, GateAction.OBSERVE


@pytest.mark.parametrize(
    ("why", "gates", "expected"),
    [
        ("one gate alone", (LAX,), ("lax", PASS, [])),
        ("harm decides", (LAX, STRICT), ("strict", FAIL, [("lax", PASS)])),
        (
            "going back before holding",
            (acts(STRICT, HOLD), replace(STRICT, name="b")),
            ("b", FAIL, [("strict", FAIL)]),
        ),
        ("holding before passing", (LAX, acts(STRICT, HOLD)), ("strict", FAIL, [("lax", PASS)])),
        (
            "what only observes decides nothing",
            (acts(STRICT, OBSERVE), LAX),
            ("lax", PASS, [("strict", FAIL)]),
        ),
        ("what is missing before a pass", (LAX, BLIND), ("blind", UNCLEAR, [("lax", PASS)])),
        ("nothing acts", (acts(STRICT, OBSERVE),), ("", PASS, [("strict", FAIL)])),
    ],
)
def test_who_decides(
    why: str, gates: tuple[Gate, ...], expected: tuple[str, Outcome, list[tuple[str, Outcome]]]
) -> None:
    assert told(after(*gates).judged(STAGE, 30.0)) == expected, why


def test_without_a_gate_that_acts_a_stage_bakes() -> None:
    panel = after(acts(STRICT, OBSERVE))
    early = panel.judged(STAGE, 4.0)
    assert (early.outcome, early.reason) == (UNCLEAR, "6 s of its bake time are left")
    assert early.beside[0].action is OBSERVE


def test_with_early_a_stage_goes_on_as_soon_as_it_is_proven() -> None:
    panel = after(LAX)
    assert panel.judged(STAGE, 4.0).outcome is UNCLEAR
    assert panel.judged(replace(STAGE, early=True), 4.0).outcome is PASS


def test_the_panel_knows_its_gates() -> None:
    assert convened(CART, [LAX, STRICT]).gates == (LAX, STRICT)
