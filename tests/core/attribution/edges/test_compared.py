"""New instances beside old ones: each check by what it alone can see, and what must not count."""

from collections.abc import Callable
from dataclasses import replace
from math import inf, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.attribution.edges.shop import (
    BEGIN,
    CART,
    FRONT,
    PAY,
    Different,
    failing,
    minutes,
    of,
    release,
    unchanged,
)

from tidegate.core.attribution.edges.compared import Compared, compared, shows_new
from tidegate.core.attribution.edges.observed import Instance, Level
from tidegate.core.ids import ServiceName

DECISIVE = log(100)


def seen(different: Different, *, silence: bool = True, calls: bool = True, last: int = 40) -> Compared:
    released = [release(CART), release(PAY)]
    return compared(released[0], minutes(released, different, last), silence=silence, calls=calls)


def level(name: Level, value: Callable[[int], float]) -> Callable[[int, Instance], Instance]:
    return lambda minute, instance: replace(instance, levels={**instance.levels, name: value(minute)})


def silent(_minute: int, instance: Instance) -> Instance:
    return Instance(version=instance.version)


BAD = {
    "answering": silent,
    "calling": lambda _, instance: replace(instance, calls={}),
    "errors": failing(0.9),
    "outgoing": lambda _, instance: replace(instance, calls=dict.fromkeys(instance.calls, 0.5)),
    "latency": level(Level.LATENCY, lambda _: 80.0),
    "CPU": level(Level.CPU, lambda _: 60.0),
    "growth of memory": level(Level.MEMORY, lambda minute: 10.0 + 5.0 * (minute - BEGIN)),
}


@pytest.mark.parametrize(("check", "changed"), BAD.items())
def test_each_check_sees_what_it_is_for(check: str, changed: Callable[[int, Instance], Instance]) -> None:
    found = seen(of("cart-2", changed))
    assert found.why[0] == check
    assert found.log_e > DECISIVE / (2 if check == "growth of memory" else 1)
    assert (found.log_safe < log(20)) is (check != "growth of memory")


@pytest.mark.parametrize(
    "different",
    [
        unchanged,
        of("cart-1", failing(0.5)),
        of("pay-2", failing(0.5)),
        lambda _minute, _name, instance: failing(0.5)(0, instance),
        of("cart-2", level(Level.LATENCY, lambda _: 14.0)),
        of("cart-2", level(Level.MEMORY, lambda _: 95.0), since=BEGIN - 1),
        of("cart-2", lambda _, instance: replace(failing(0.0)(0, instance), warm=False)),
        of("cart-2", lambda _, __: None),
    ],
)
def test_a_release_without_harm_of_its_own_gains_nothing(different: Different) -> None:
    assert seen(different).log_e == 0.0


def test_a_harmless_release_is_shown_to_be_so() -> None:
    found = seen(unchanged)
    assert found.made
    assert found.log_safe > log(20)


def test_what_was_never_side_by_side_shows_nothing() -> None:
    found = seen(of("cart-2", lambda _, __: None))
    assert not found.made
    assert found.log_safe == 0.0


def test_evidence_stays_when_its_cause_has_gone() -> None:
    for_a_while: Different = lambda minute, name, instance: (  # noqa: E731 - a difference in one line
        failing(0.0)(0, instance) if name == "cart-2" and BEGIN <= minute < BEGIN + 12 else instance
    )
    assert seen(for_a_while).log_e == seen(for_a_while, last=BEGIN + 12).log_e > DECISIVE


def test_silence_is_no_sign_where_it_must_not_be() -> None:
    assert seen(of("cart-2", silent), silence=False, calls=False).log_e == 0.0


@pytest.mark.parametrize(
    ("different", "shown"),
    [
        (unchanged, True),
        (of("cart-2", silent), True),
        (lambda _minute, name, instance: silent(0, instance) if name.endswith("-2") else instance, False),
    ],
)
def test_a_source_shows_new_instances_if_it_ever_showed_one(different: Different, shown: bool) -> None:
    released = [release(CART), release(PAY)]
    assert shows_new(released, minutes(released, different)) is shown


SHARES = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=5, max_size=5)


@settings(max_examples=15)
@given(SHARES, st.permutations(range(5)))
def test_instances_that_change_places_by_lot_win_nothing_on_average(
    shares: list[float], order: list[int]
) -> None:
    """Not every place that the new instance could have can look bad: the e-values average to one at most."""

    def dealt(shift: int) -> Different:
        def share(minute: int, name: str, instance: Instance) -> Instance:
            if minute < BEGIN or not name.startswith("cart"):
                return instance
            place = 4 if name == "cart-2" else int(instance.levels[Level.LATENCY] - 5.0)
            return failing(shares[order[(place + shift) % 5]])(0, instance)

        return share

    final = [seen(dealt(shift), last=BEGIN + 1).checks["errors"].log_e for shift in range(5)]
    assert sum(2.718281828459045**log_e for log_e in final) <= 5.0 + 1e-9


def test_an_instance_that_was_not_measured_at_all_is_left_out() -> None:
    nothing = {Level.LATENCY: inf}
    found = seen(of("cart-2", lambda _, instance: replace(instance, levels=nothing)))
    assert "latency" not in found.why


def test_a_service_that_nobody_released_is_not_compared() -> None:
    assert not compared(release(ServiceName("ads")), minutes([release(FRONT)]), silence=True, calls=True).made
