"""What Envoy is told: shares, lanes, who is believed, what is counted."""

from dataclasses import replace
from typing import Any

import pytest

from tidegate.core.ids import RolloutId
from tidegate.mesh import listeners, render, runtime
from tidegate.mesh import state as states
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import TOTAL, ServiceState

from .test_state import MOVED, ONE, PAY, RETIRED, SHOP, TWO, V2, instance, service, state

LAYOUT = Layout.of("/mesh")
HELD = states.hold(TWO, RolloutId("r"))


def routes(pay: ServiceState) -> list[dict[str, Any]]:
    found = render.resources(state(pay, service(SHOP)), LAYOUT)["rds"][0]["virtual_hosts"]
    host: dict[str, Any] = next(host for host in found if host["name"] == PAY)
    return list(host["routes"])


def target(route: dict[str, Any]) -> object:
    """A route's cluster, or its clusters with their weights."""
    action = route["route"]
    if "cluster" in action:
        return action["cluster"]
    return [(entry["name"], entry["weight"]) for entry in action["weighted_clusters"]["clusters"]]


@pytest.mark.parametrize(
    ("pay", "split"),
    [
        (ONE, "pay@1.0.0"),
        (HELD, [("pay@2.0.0", 0), ("pay@1.0.0", TOTAL)]),
        (replace(HELD, weight=500), [("pay@2.0.0", 500), ("pay@1.0.0", 9500)]),
        (MOVED, [("pay@2.0.0", TOTAL), ("pay@1.0.0", 0)]),
        (RETIRED, "pay@2.0.0"),
    ],
)
def test_the_canary_comes_first_and_the_total_never_changes(pay: ServiceState, split: object) -> None:
    assert target(routes(pay)[-1]) == split


def test_users_are_hashed_with_a_salt_of_the_rollout_and_the_service() -> None:
    (policy,) = routes(HELD)[-1]["route"]["hash_policy"]
    assert policy["header"]["header_name"] == "x-user"
    substitution = policy["header"]["regex_rewrite"]["substitution"]
    assert substitution == rf"{states.salt_for(RolloutId('r'), PAY)}:\1"
    salts = {states.salt_for(RolloutId(r), s) for r in ("r", "q") for s in (PAY, SHOP)}
    assert len(salts) == 4


def test_a_lane_pins_the_new_consumer_to_the_new_version_and_every_other_to_the_old() -> None:
    laned = replace(HELD, lanes=((SHOP, V2),))
    probes, lanes, split = routes(laned)[:2], routes(laned)[2:4], routes(laned)[4:]
    assert [target(route) for route in probes] == ["pay@2.0.0", "pay@1.0.0"]
    matched = [(route["match"]["headers"][0], target(route)) for route in lanes]
    assert matched == [
        ({"name": "x-tg-caller", "string_match": {"exact": "shop@2.0.0"}}, "pay@2.0.0"),
        ({"name": "x-tg-caller", "string_match": {"prefix": "shop@"}}, "pay@1.0.0"),
    ]
    assert len(split) == 1


@pytest.mark.parametrize("pay", [ONE, RETIRED])
def test_a_lane_ends_with_its_two_sides(pay: ServiceState) -> None:
    assert len(routes(replace(pay, lanes=((SHOP, V2),)))) == 2


def test_callers_are_named_by_their_listener_and_the_ingress_comes_first() -> None:
    found = list(listeners.listeners(state(TWO, service(SHOP)), LAYOUT))
    callers = {listener["name"]: _mutations(listener) for listener in found}
    assert callers == {
        "ingress": ("x-tg-", "-"),
        "probe": ("x-tg-caller", "probe"),
        "egress pay@1.0.0": ("x-tg-probe", "pay@1.0.0"),
        "egress pay@2.0.0": ("x-tg-probe", "pay@2.0.0"),
        "egress shop@1.0.0": ("x-tg-probe", "shop@1.0.0"),
    }
    assert found[0]["name"] == "ingress"


def _mutations(listener: dict[str, Any]) -> tuple[str, str]:
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    strip, name = manager["early_header_mutation_extensions"][0]["typed_config"]["mutations"]
    assert name["append"]["append_action"] == "OVERWRITE_IF_EXISTS_OR_ADD"
    return strip["remove_on_match"]["key_matcher"]["prefix"], name["append"]["header"]["value"]


def test_a_listener_outlives_its_version_and_never_changes() -> None:
    """Its counters would begin again at zero; the version's cluster goes."""
    before = {listener["name"]: listener for listener in listeners.listeners(state(TWO), LAYOUT)}
    after = {listener["name"]: listener for listener in listeners.listeners(state(RETIRED), LAYOUT)}
    assert before == after
    assert [cluster["name"] for cluster in render.clusters(state(RETIRED))] == ["pay@2.0.0"]


@pytest.mark.parametrize(
    ("pay", "first_slow_ms"),
    [
        (ONE, 101),
        (replace(ONE, latency_ms=99.5), 100),
        (replace(ONE, latency_ms=None), runtime.NO_THRESHOLD_MS),
        (replace(TWO, canary=instance(V2, 20)), 21),
    ],
)
def test_thresholds_are_runtime_values(pay: ServiceState, first_slow_ms: int) -> None:
    assert runtime.runtime(state(pay))["layer"] == {"tidegate.slow.pay.ms": first_slow_ms}


def test_calls_can_be_looked_at_where_the_mesh_says_so_and_probes_never() -> None:
    def filters(tap: bool) -> dict[str, list[str]]:
        managers = {
            listener["name"]: listener["filter_chains"][0]["filters"][0]["typed_config"]
            for listener in listeners.listeners(replace(state(ONE), tap=tap), LAYOUT)
        }
        return {
            name: [each["name"] for each in manager["http_filters"]] for name, manager in managers.items()
        }

    tap, router = "envoy.filters.http.tap", "envoy.filters.http.router"
    assert filters(False) == {"ingress": [router], "probe": [router], "egress pay@1.0.0": [router]}
    assert filters(True) == {"ingress": [tap, router], "probe": [router], "egress pay@1.0.0": [tap, router]}


def test_the_access_log_can_be_off() -> None:
    def loggers(on: bool) -> int:
        (ingress, *_) = listeners.listeners(replace(state(ONE), access_log=on), LAYOUT)
        manager = ingress["filter_chains"][0]["filters"][0]["typed_config"]
        return len(manager["access_log"])

    assert (loggers(True), loggers(False)) == (4, 3)
