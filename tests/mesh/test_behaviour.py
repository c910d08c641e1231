"""What a version does, as its file says."""

import pytest

from tidegate.mesh.behaviour import Fault, Moment, behaviour, emptied, empty, filled, learned, missing

SPEC = {
    "version": "1",
    "latency": {"medianMs": 10},
    "errorRate": 0.1,
    "endpoints": {"/do": None},
    "faults": [{"errorRate": 0.5, "when": {"callee": "b@2.*"}}, {"latencyMs": 5}],
}


@pytest.mark.parametrize(
    ("wanted", "present", "lacking"),
    [
        (["a", "b"], {"a": 1, "b": 1}, ()),
        (["a", "b"], {"b": 1, "c": 1}, ("a",)),
        (["a|b"], {"b": 1}, ()),
        (["a|b"], {}, ("a|b",)),
    ],
)
def test_fields(wanted: list[str], present: dict[str, int], lacking: tuple[str, ...]) -> None:
    assert missing(wanted, present) == lacking


@pytest.mark.parametrize(
    ("known", "answers", "expected"),
    [
        ({}, [], {}),
        ({"a": "a"}, [{"b": "b"}], {"a": "a", "b": "b"}),
        ({"a": "a"}, [{"a": None}], {"a": None}),
        ({"a": None}, [{"a": "a"}], {"a": None}),
        ({}, [{"a": None}, {"a": "a"}], {"a": None}),
        ({}, [{"a": "a"}, {"a": None}], {"a": None}),
    ],
)
def test_an_empty_field_stays_empty_whoever_else_knows_it(
    known: dict[str, object], answers: list[dict[str, object]], expected: dict[str, object]
) -> None:
    assert learned(known, answers) == expected


def test_an_empty_field_travels_to_who_checks_it() -> None:
    spoils = Fault(empties=("amount",), when={})
    told = filled(["amount", "item"], emptied({"item": "book"}, [spoils]))
    passed_on = filled(["amount", "by"], told)
    assert (told, passed_on) == ({"amount": None, "item": "book"}, {"amount": None, "by": "by"})
    assert missing(["amount"], passed_on) == ()  # it is there
    assert empty(["amount", "by", "other"], passed_on) == ("amount",)


@pytest.mark.parametrize(
    ("when", "now", "strikes"),
    [
        ({}, Moment(), True),
        ({"caller": "a@2.0.0"}, Moment(caller="a@2.0.0"), True),
        ({"caller": "a@2.0.0"}, Moment(caller="a@2.0.01"), False),
        ({"caller": "a@2.*"}, Moment(caller="a@2.1.0"), True),
        ({"callee": "b@1.0.0"}, Moment(callees=["c@1", "b@1.0.0"]), True),
        ({"callee": "b@1.0.0"}, Moment(), False),
        ({"flag": "new-page"}, Moment(flags=["other", "new-page"]), True),
        ({"flag": "new-page"}, Moment(flags=["other"]), False),
        ({"concurrency": 3}, Moment(concurrency=3), False),
        ({"concurrency": 3}, Moment(concurrency=4), True),
        ({"rate": 10}, Moment(rate=11), True),
        ({"afterRequests": 5}, Moment(requests=4), False),
        ({"afterRequests": 5}, Moment(requests=5), True),
        ({"afterSeconds": 2}, Moment(seconds=1.9), False),
        ({"afterSeconds": 2, "caller": "a@1"}, Moment(seconds=2, caller="a@1"), True),
        ({"afterSeconds": 2, "caller": "a@1"}, Moment(seconds=2), False),
        ({"share": 0.25}, Moment(dice=0.24), True),
        ({"share": 0.25}, Moment(dice=0.25), False),
    ],
)
def test_faults_strike_when_all_their_conditions_hold(
    when: dict[str, object], now: Moment, strikes: bool
) -> None:
    assert Fault(when=when).strikes(now) is strikes


def test_what_depends_on_callees_is_known_after_the_calls() -> None:
    made = behaviour(SPEC)
    now = Moment(callees=["b@2.0.0"])
    assert [fault.latency_ms for fault in made.striking(now, after_calls=False)] == [5]
    assert [fault.error_rate for fault in made.striking(now, after_calls=True)] == [0.5]


def test_the_dice_decide_on_errors() -> None:
    made = behaviour(SPEC)
    faults = made.striking(Moment(callees=["b@2.0.0"]), after_calls=True)
    assert made.fails(faults, lambda: 0.3, itself=False)
    assert not made.fails(faults, lambda: 0.6, itself=False)
    assert made.fails((), lambda: 0.05, itself=True)
    assert not made.fails((), lambda: 0.05, itself=False)


def test_half_of_the_requests_take_longer_than_the_median() -> None:
    scattered = behaviour({**SPEC, "latency": {"medianMs": 10, "jitter": 0.5}})
    assert (scattered.work_ms(lambda: 0.0), behaviour(SPEC).work_ms(lambda: 3.0)) == (10, 10)
    assert scattered.work_ms(lambda: 1.0) == pytest.approx(16.49, abs=0.01)
