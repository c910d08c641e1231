"""The evidence of a gate as people read it."""

from dataclasses import replace

import pytest

from tidegate.cli.gate_text import evidence_text
from tidegate.core.gates.evidence import Tally
from tidegate.core.gates.history import Effect, Enough, Point
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.server.views import EvidenceView, GateView

CHECK = CheckResult(
    name="errors",
    outcome=Outcome.INSUFFICIENT,
    canary_requests=1_200,
    canary_bad=4,
    control_requests=4_800,
    control_bad=3,
    log_harm=2.5,
    log_harm_needed=5.0,
    log_safe=-0.25,
    log_safe_needed=3.69,
)
GATE = GateView(
    gate="boundaries",
    action="rollback",
    alpha=0.01,
    looks=240,
    verdict=Verdict(
        outcome=Outcome.INSUFFICIENT, reason="cart 2.0.0 has 1,200 requests of about 2,400", checks=(CHECK,)
    ),
    log_harm_needed=5.0,
    effect=Effect(
        canary_rate=4 / 1200,
        control_rate=3 / 4800,
        ratio=5.33,
        difference=0.0027,
        difference_low=-0.001,
        difference_high=0.02,
    ),
    enough=Enough(claim="it is not more than 0.5 points worse than 1.0.0", canary_requests=2400),
    over_time=tuple(
        Point(
            at=float(number),
            canary=Tally(requests=number),
            control=Tally(requests=number),
            log_harm={"errors": number / 20 - 1, "outgoing": 0.0},
            log_safe={},
        )
        for number in range(121)
    ),
)
TEXT = """\
expose/cart, gate boundaries (rollback), 240 looks
insufficient: cart 2.0.0 has 1,200 requests of about 2,400
bad: canary 0.3333 %, control 0.0625 %, 5.33 times
difference: +0.27 points, 95 % confidence -0.1 to +2
about 2,400 canary requests would have been enough to show that it is not more
  than 0.5 points worse than 1.0.0

check                       canary           control    harm, ln E    safe, ln E
errors                     4/1,200           3/4,800  2.50 of 5.00 -0.25 of 3.69

evidence of harm over time, decisive at 5.00 (full height)
errors           ▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▆▆▆▆▆▇▇▇▇█ 5.00
outgoing         ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ 0.00
"""


def test_a_gate() -> None:
    assert evidence_text(EvidenceView(step="expose/cart", status="judging", gates=(GATE,))) == TEXT


def test_what_was_bad_is_shown_below_the_checks() -> None:
    said = "GET /pets answered 200: the body lacks 'name' in {<key>: <number>}"
    verdict = Verdict(
        outcome=Outcome.FAIL, reason="", checks=(CHECK, replace(CHECK, name="conformance", example=said))
    )
    shown = evidence_text(
        EvidenceView(step="expose/cart", status="judging", gates=(replace(GATE, verdict=verdict),))
    )
    assert (
        """
conformance                4/1,200           3/4,800  2.50 of 5.00 -0.25 of 3.69

conformance, for example: GET /pets answered 200: the body lacks 'name' in
  {<key>: <number>}
"""
        in shown
    )


@pytest.mark.parametrize(
    ("gates", "begins"), [((), "expose/cart is waiting; no gate of it has looked"), ((GATE, GATE), TEXT)]
)
def test_none_and_several(gates: tuple[GateView, ...], begins: str) -> None:
    found = evidence_text(EvidenceView(step="expose/cart", status="waiting", gates=gates))
    assert found.startswith(begins)
    assert found.count("gate boundaries") == len(gates)
