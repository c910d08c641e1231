"""What is on record of live versions decides what can be checked."""

import pytest

from tidegate.core.contracts.conformance.check import Outcome
from tidegate.core.contracts.records import Record
from tidegate.core.gates.evidence import CallEdge
from tidegate.core.ids import InterfaceName, Version
from tidegate.observers.contracts.library import Library

from .worlds import (
    NEW,
    OLD,
    PAY,
    WEB,
    call,
    load,
    offers,
    recorded,
    records,
    specified,
    version,
)

THIRD = Version("3.0.0")
GRAPH, EVENTS = InterfaceName("graph-api"), InterfaceName("events")
GOOD = {"paid": "x", "receipt": "y"}


def library(*more: Record) -> Library:
    return Library(records(*more), load)


@pytest.mark.parametrize(
    ("answered", "path", "body", "outcome"),
    [
        (OLD, "/v1/pay", GOOD, Outcome.KEPT),
        (OLD, "/v1/pay", {"paid": "x"}, Outcome.BROKEN),
        (OLD, "/v2/pay", GOOD, Outcome.BROKEN),
        (NEW, "/v2/pay", {"paid": "x"}, Outcome.KEPT),
        (NEW, "/v1/pay", {"paid": "x"}, Outcome.BROKEN),
        (THIRD, "/v1/pay", GOOD, Outcome.UNKNOWN),
    ],
)
def test_an_answer_is_held_against_what_its_version_offers(
    answered: Version, path: str, body: dict[str, str], outcome: Outcome
) -> None:
    tapped = call(answered, body, path=path)
    assert library().checked(tapped.edge.callee, tapped.exchange).outcome is outcome


@pytest.mark.parametrize(
    ("more", "gaps"),
    [
        ((), ("nothing is on record of pay@3.0.0: tidegate contracts record version pay 3.0.0 …",)),
        ((recorded(PAY, THIRD),), ("pay@3.0.0 offers no HTTP interface on record",)),
        (
            (recorded(PAY, THIRD, offers(pay_api="9.0.0")),),
            ("no specification of pay-api 9.0.0 is on record",),
        ),
        (
            (recorded(PAY, THIRD, offers(pay_api="9.0.0")), specified("9.0.0", "gone.json")),
            ("pay-api 9.0.0: gone.json is damaged",),
        ),
        (
            (recorded(PAY, THIRD, offers(graph_api="1.0.0")), specified("1.0.0", "graph", GRAPH)),
            ("graph-api 1.0.0 is of kind graphql, which says nothing of answers",),
        ),
        (
            (
                recorded(PAY, THIRD, offers(pay_api="1.0.0", events="1.0.0")),
                specified("1.0.0", "events.json", EVENTS),
            ),
            (),
        ),
    ],
)
def test_what_is_not_known_is_a_gap(more: tuple[Record, ...], gaps: tuple[str, ...]) -> None:
    assert library(*more).offer(version(PAY, THIRD)).gaps == gaps


def test_an_operation_that_is_in_no_contract_is_unknown_while_one_of_them_is() -> None:
    half = library(recorded(PAY, THIRD, offers(pay_api="1.0.0 9.0.0")))
    known, other = (call(THIRD, {}, path=path) for path in ("/v1/pay", "/elsewhere"))
    assert half.checked(known.edge.callee, known.exchange).outcome is Outcome.BROKEN
    assert half.checked(other.edge.callee, other.exchange).outcome is Outcome.UNKNOWN


def test_a_caller_is_held_to_what_it_declared() -> None:
    asked = call(NEW, GOOD, caller=version(WEB, OLD))
    assert library().mismatch(asked.edge, asked.exchange) == (
        "web 1.0.0 declares pay-api ^2.0.0 but calls POST /v1/pay of pay-api, which only 1.0.0 has"
    )


@pytest.mark.parametrize(
    ("caller", "callee", "said"),
    [
        (None, OLD, ""),
        (WEB, THIRD, ""),
        (WEB, OLD, "web 9.0.0 calls POST /v1/pay of pay-api, and nothing is on record of what it consumes"),
    ],
)
def test_a_caller_or_callee_that_is_not_on_record(caller: str | None, callee: Version, said: str) -> None:
    asked = call(callee, GOOD)
    edge = CallEdge(
        caller=version(WEB, "9.0.0") if caller else None,
        callee=asked.edge.callee,
    )
    assert library().mismatch(edge, asked.exchange) == said


def test_a_specification_is_read_once() -> None:
    read: list[str] = []

    def noting(file: str) -> object:
        read.append(file)
        return load(file)

    counted = Library(records(), noting)  # type: ignore[arg-type]  # it answers as `load` does
    for _ in range(2):
        counted.offer(version(PAY, OLD))
        counted.offer(version(PAY, NEW))
    assert read == ["1.json", "2.json"]
