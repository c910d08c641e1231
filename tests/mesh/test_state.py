"""From one state to the next: what may be done from where, and what repeating does."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tidegate.core.errors import EffectFailed
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.mesh import state as states
from tidegate.mesh.state import FENCES, TOTAL, Fence, Instance, Ports, ServiceState, State

V1, V2, V3 = Version("1.0.0"), Version("2.0.0"), Version("3.0.0")
PAY, SHOP = ServiceName("pay"), ServiceName("shop")


def instance(version: Version, latency_ms: float | None = None) -> Instance:
    return Instance(
        version=version, artifact="a", digest=f"sha256:{version}", port=1, behaviour={}, latency_ms=latency_ms
    )


def service(name: ServiceName = PAY) -> ServiceState:
    return ServiceState(name=name, timeout=1, latency_ms=100, stable=instance(V1), egress={V1: 2})


def state(*services: ServiceState) -> State:
    listed = services or (service(), service(SHOP))
    return State(
        generation=1,
        entry=SHOP,
        ports=Ports(admin=1, ingress=2, probe=3),
        access_log=True,
        services={each.name: each for each in listed},
    )


ONE = service()
TWO = states.deploy(ONE, instance(V2), 9, ())
MOVED = states.expose(TWO, V1, V2, TOTAL)
RETIRED = states.retire(state(MOVED), PAY, V1)

Move = Callable[[ServiceState], ServiceState]
MOVES: dict[str, Move] = {
    "deploy 2": lambda s: states.deploy(s, instance(V2), 9, ()),
    "deploy 3": lambda s: states.deploy(s, instance(V3), 9, ()),
    "deploy 1": lambda s: states.deploy(s, instance(V1), 9, ()),
    "undeploy 2": lambda s: states.undeploy(state(s), PAY, V2),
    "expose 0": lambda s: states.expose(s, V1, V2, 0),
    "expose 1/4": lambda s: states.expose(s, V1, V2, TOTAL // 4),
    "expose all": lambda s: states.expose(s, V1, V2, TOTAL),
    "retire 1": lambda s: states.retire(state(s), PAY, V1),
    "unretire 1": lambda s: states.unretire(s, V1),
}
SAME = "same"


@pytest.mark.parametrize(
    ("start", "move", "expected"),
    [
        (ONE, "deploy 2", TWO),
        (TWO, "deploy 2", SAME),
        (TWO, "deploy 3", "runs 2.0.0 beside 1.0.0 already"),
        (ONE, "deploy 1", "is the live version already"),
        (TWO, "undeploy 2", replace(TWO, canary=None)),
        (ONE, "undeploy 2", SAME),
        (MOVED, "undeploy 2", "still has 100.00% of the traffic"),
        (RETIRED, "undeploy 2", "is the only live version"),
        (TWO, "expose 0", SAME),
        (TWO, "expose all", MOVED),
        (MOVED, "expose 0", TWO),
        (ONE, "expose 0", SAME),
        (ONE, "expose 1/4", "1.0.0 is running"),
        (RETIRED, "expose all", SAME),
        (RETIRED, "expose 0", "2.0.0 is running"),
        (MOVED, "retire 1", RETIRED),
        (TWO, "retire 1", "still has 100.00% of the traffic"),
        (ONE, "retire 1", "has no successor"),
        (RETIRED, "retire 1", SAME),
        (RETIRED, "unretire 1", MOVED),
        (MOVED, "unretire 1", SAME),
        (replace(RETIRED, retired=None), "unretire 1", "was not retired here"),
    ],
)
def test_moves(start: ServiceState, move: str, expected: ServiceState | str) -> None:
    if isinstance(expected, str) and expected != SAME:
        with pytest.raises(EffectFailed, match=expected):
            MOVES[move](start)
    else:
        assert MOVES[move](start) == (start if expected == SAME else expected)


def test_the_same_version_from_other_content_is_refused_with_both_digests() -> None:
    other = replace(instance(V2), digest="sha256:other")
    with pytest.raises(EffectFailed, match=r"sha256:2\.0\.0, not sha256:other"):
        states.deploy(TWO, other, 9, ())


def test_a_service_is_held_by_one_rollout() -> None:
    held = states.hold(ONE, RolloutId("r1"))
    assert states.hold(held, RolloutId("r1")) == held
    with pytest.raises(EffectFailed, match="pay is held by rollout r1"):
        states.hold(held, RolloutId("r2"))


@pytest.mark.parametrize(
    ("consumer", "move", "complaint"),
    [
        (MOVED, "undeploy", "pay 2.0.0 cannot stop: a lane pins shop@2.0.0 to it, which has traffic"),
        (TWO, "undeploy", None),
        (TWO, "retire", "pay 1.0.0 cannot stop: a lane pins shop@1.0.0 to it, which has traffic"),
        (MOVED, "retire", None),
    ],
)
def test_a_side_to_which_a_lane_pins_traffic_stays(
    consumer: ServiceState, move: str, complaint: str | None
) -> None:
    """Only the consumer's shares count: a version that runs without traffic calls nobody."""
    shop = replace(consumer, name=SHOP)
    pay = replace(MOVED if move == "retire" else TWO, lanes=((SHOP, V2),))
    world = state(pay, shop)

    def moved() -> ServiceState:
        return states.retire(world, PAY, V1) if move == "retire" else states.undeploy(world, PAY, V2)

    if complaint:
        with pytest.raises(EffectFailed, match=complaint):
            moved()
    else:
        assert not moved().canary


def test_the_threshold_is_the_new_releases_then_the_old_ones_then_the_meshs() -> None:
    assert ONE.threshold_ms == 100
    assert replace(TWO, canary=instance(V2, 50)).threshold_ms == 50
    assert replace(TWO, stable=instance(V1, 70)).threshold_ms == 70


def test_a_state_survives_its_json() -> None:
    fenced = states.with_fence(RETIRED, RolloutId("r"), Fence(attempt=3, step=StepId("s"), summary="did"))
    whole = state(replace(fenced, lanes=((SHOP, V2),)), service(SHOP))
    assert states.from_json(states.to_json(whole)) == whole


def test_fences_of_old_rollouts_are_forgotten_at_last() -> None:
    fenced = ONE
    for number in range(FENCES + 20):
        fenced = states.with_fence(fenced, RolloutId(f"r{number}"), Fence(attempt=1, step=StepId("s")))
    assert len(fenced.fences) == FENCES
    assert RolloutId(f"r{FENCES + 19}") in fenced.fences


def test_notes_alone_do_not_make_a_new_generation() -> None:
    noted = states.with_fence(ONE, RolloutId("r"), Fence(attempt=1, step=StepId("s")))
    assert state().with_service(noted).generation == 1
    assert state().with_service(TWO).generation == 2
