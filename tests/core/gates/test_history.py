"""How the evidence of a gate came about: points over time, the effect, what would be enough."""

from dataclasses import replace

from tidegate.core.gates.case import opened
from tidegate.core.gates.evidence import Batch, CallEdge, Counts, Signal, Tally, together
from tidegate.core.gates.history import History, begun
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.replay import Recorded, histories
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Gate, GateAction, Stage

CART = Subject(service=ServiceName("cart"), old=Version("1"), new=Version("2"))
GATE = Gate()
TRIAL = replace(GATE, name="trial", action=GateAction.OBSERVE)
STAGES = (
    Stage(exposure=0.1, wait=60.0, gates=(GATE, TRIAL)),
    Stage(exposure=0.5, wait=60.0, gates=(GATE, TRIAL)),
)


def calls(canary: int, control: int, bad: int = 0) -> Batch:
    return Batch(
        edges={
            CallEdge(caller=None, callee=CART.canary): Counts(requests=canary, bad=bad),
            CallEdge(caller=None, callee=CART.control): Counts(requests=control, bad=2),
        }
    )


def after(looks: int) -> History:
    history = begun(opened(CART, GATE)).with_stage_begun(0.1)
    for number in range(looks):
        history = history.observed(float(number), calls(10, 90, bad=number % 2))
    return history


def test_nothing_seen_shows_nothing() -> None:
    nothing = begun(opened(CART, GATE))
    assert (nothing.over_time, nothing.effect, nothing.enough(STAGES[0])) == ((), None, None)


def test_however_long_it_goes_on_little_is_kept_and_the_last_look_always() -> None:
    for looks in (1, 7, 257, 600):
        points = after(looks).over_time
        assert points[-1].at == looks - 1
        assert points[-1].canary.requests == 10 * looks
        assert len(points) <= 257
        assert [point.at for point in points] == sorted({point.at for point in points})


def test_the_effect_has_its_interval() -> None:
    effect = after(100).effect
    assert effect is not None
    assert (effect.canary_rate, round(effect.control_rate, 4), effect.ratio) == (0.05, 0.0222, 2.25)
    assert effect.difference_low < effect.difference < effect.difference_high


def test_what_would_be_enough() -> None:
    found = after(3).enough(STAGES[0])
    assert found is not None
    assert found.claim == "it is not more than 1.5 times worse than 1"
    assert found.canary_requests is not None
    assert found.canary_requests > 1000


def test_each_gate_of_a_step_has_its_own_over_all_stages() -> None:
    looks = [Recorded(stage=number // 5, at=float(number), batch=calls(50, 50)) for number in range(10)]
    first, second = histories(CART, STAGES, looks)
    assert [each.case.gate.name for each in (first, second)] == ["boundaries", "trial"]
    assert (first.looks, first.canary.requests, first.case.fresh_requests) == (10, 500, 250)
    assert histories(CART, STAGES, []) == ()


def test_batches_of_several_sources_are_one() -> None:
    orders = {Signal(name="orders", version=CART.canary): Tally(requests=3)}
    found = together([replace(calls(1, 2), seconds=5.0), Batch(ratios=orders, seconds=2.0)])
    assert found == replace(calls(1, 2), ratios=orders, seconds=5.0)
