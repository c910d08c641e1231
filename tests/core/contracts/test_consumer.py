"""A comparison for one consumer: what counts, what does not and why, and what decides."""

from typing import Any

import pytest
from tests.core.contracts.pact.documents import contract
from tests.core.contracts.pact.test_check import INTEGER, STRING, answering, expecting, openapi, pet

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.consumer import Narrowed, affected, narrow, with_outer
from tidegate.core.contracts.differences import Comparison, Difference, Part, Position
from tidegate.core.contracts.pact.model import Contract
from tidegate.core.contracts.specification import Kind, Place, Specification

COMPATIBLE, BREAKING, UNKNOWN = Compatibility.COMPATIBLE, Compatibility.BREAKING, Compatibility.UNKNOWN
GET, ANSWER = "GET /pets", ("GET /pets", "response", "200", "application/json")


def difference(
    *part: str, spared_by: Part | None = None, position: Position = Position.RESPONSE
) -> Difference:
    return Difference(
        rule="r",
        position=position,
        place=Place(path="p"),
        reason="why",
        old_consumer_new_provider=BREAKING,
        new_consumer_old_provider=COMPATIBLE,
        part=part,
        spared_by=spared_by,
    )


def reads(**fields: Any) -> Contract:
    """A contract that reads fields of a pet by their type."""
    asked = {
        "description": "a pet",
        "request": {"path": "/pets"},
        "response": expecting(fields, {"$": {"match": "type"}}),
    }
    return contract(interactions=[asked])


def narrowed(asked: Contract, old: Any, new: Any, *differences: Difference) -> Narrowed:
    comparison = Comparison(kind=Kind.OPENAPI, differences=differences)
    return narrow(comparison, asked, openapi(answering(old)), openapi(answering(new)))


USED = {"a pet": with_outer({(*ANSWER, "name"), (*ANSWER, "tags", "rex", "id")})}
AFFECTED: list[tuple[Difference, bool]] = [
    (difference(*ANSWER, "name"), True),
    (difference(GET), True),
    (difference(), True),
    (difference(*ANSWER, "age"), False),
    (difference(*ANSWER, "name", "first"), False),
    (difference(*ANSWER, "tags", "{}", "id"), True),
    (difference(*ANSWER, "tags", "{}", "size"), False),
    (difference(*ANSWER, spared_by=(*ANSWER, "name")), False),
    (difference(*ANSWER, spared_by=(*ANSWER, "age")), True),
]


@pytest.mark.parametrize(("changed", "wanted"), AFFECTED)
def test_a_difference_touches_what_uses_its_part(changed: Difference, wanted: bool) -> None:
    assert affected(changed, USED) == (("a pet",) if wanted else ())


def test_removing_a_field_that_nobody_reads_is_fine() -> None:
    removed = difference(*ANSWER, "age")
    found = narrowed(reads(name="Rex"), pet(name=STRING, age=INTEGER), pet(name=STRING), removed)
    assert (found.old_consumer_new_provider, found.new_consumer_old_provider) == (COMPATIBLE, COMPATIBLE)
    (counted,) = found.differences
    assert (counted.counts, counted.because) == (False, "no interaction of checkout uses it")
    assert (
        found.evidence == "1 interaction of checkout checked against openapi.json, and against openapi.json"
    )


def test_what_the_consumer_uses_already_spares_it() -> None:
    required = difference(*ANSWER, spared_by=(*ANSWER, "name"))
    found = narrowed(reads(name="Rex"), pet(name=STRING), pet(name=STRING), required)
    assert [(counted.counts, counted.because) for counted in found.differences] == [
        (False, "checkout uses name already")
    ]


def test_removing_a_field_that_is_read_breaks() -> None:
    removed = difference(*ANSWER, "age")
    found = narrowed(reads(name="Rex", age=3), pet(name=STRING, age=INTEGER), pet(name=STRING), removed)
    assert (found.old_consumer_new_provider, found.new_consumer_old_provider) == (BREAKING, COMPATIBLE)
    (counted,) = found.differences
    assert (counted.counts, counted.interactions) == (True, ('"a pet"',))


def test_what_the_contract_takes_all_the_same_is_tolerated() -> None:
    added = difference(*ANSWER, "kind")
    old, new = (
        pet(kind={"type": "string", "enum": ["cat"]}),
        pet(kind={"type": "string", "enum": ["cat", "dog"]}),
    )
    found = narrowed(reads(kind="cat"), old, new, added)
    assert found.old_consumer_new_provider is COMPATIBLE
    (counted,) = found.differences
    assert (counted.counts, counted.because) == (
        False,
        "what checkout sends and expects there holds in both versions",
    )


def test_security_is_not_seen_by_the_check_and_decides_itself() -> None:
    secured = difference(GET, "security", position=Position.SECURITY)
    found = narrowed(reads(name="Rex"), pet(name=STRING), pet(name=STRING), secured)
    assert (found.old_consumer_new_provider, found.new_consumer_old_provider) == (BREAKING, COMPATIBLE)


def test_of_other_kinds_every_difference_counts_and_nothing_is_known() -> None:
    other = Specification(kind=Kind.GRAPHQL, name="schema", documents={}, texts={})
    comparison = Comparison(kind=Kind.GRAPHQL, differences=(difference("Query", "pets"),))
    found = narrow(comparison, reads(name="Rex"), other, other)
    assert (found.old_consumer_new_provider, found.new_consumer_old_provider) == (UNKNOWN, UNKNOWN)
    assert found.differences[0].counts


def test_of_a_contract_that_is_read_in_part_nobody_can_tell_what_it_uses() -> None:
    half = contract(interactions=[{}])
    found = narrowed(half, pet(), pet(), difference(*ANSWER, "age"))
    assert (found.differences[0].counts, found.old_consumer_new_provider) == (True, UNKNOWN)


def test_pending_interactions_use_nothing() -> None:
    asked = {
        "description": "a pet",
        "pending": True,
        "request": {"path": "/pets"},
        "response": {"status": 200},
    }
    found = narrowed(contract(interactions=[asked]), pet(), pet(), difference(GET))
    assert found.differences[0].interactions == ()
    assert found.old_consumer_new_provider is UNKNOWN
