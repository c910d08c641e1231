"""Schemas that many operations share: compared once, told everywhere, and in bounded numbers."""

from typing import Any

import pytest
from tests.core.contracts.openapi.documents import openapi

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Position
from tidegate.core.contracts.openapi import compare, shared
from tidegate.core.contracts.openapi.shared import Shared
from tidegate.core.contracts.schemas import Dialect, Flow, Known, Site
from tidegate.core.errors import Problem

SIZES = ("name", "kind", "note")


def pets(paths: int, longest: int) -> Any:
    """An interface whose answers all hold the same schema."""
    answer = {"content": {"a/b": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    texts = {name: {"type": "string", "maxLength": longest} for name in SIZES}
    schemas = {"Pet": {"type": "object", "properties": texts}}
    return openapi(
        {f"/{n}": {"get": {"responses": {"200": answer}}} for n in range(paths)},
        components={"schemas": schemas},
    )


def told(comparison: Comparison) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.rule, str(each.place), each.part) for each in comparison.differences]


def test_a_shared_schema_is_told_wherever_it_stands() -> None:
    assert told(compare(pets(2, 5), pets(2, 9))) == [
        (
            "max-length-raised",
            f"GET /{n} response 200 a/b $.{name}",
            (f"GET /{n}", "response", "200", "a/b", name),
        )
        for n in range(2)
        for name in SIZES
    ]


def test_very_many_differences_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of the whole concerns everybody who uses any of it, and breaks the same consumers."""
    monkeypatch.setattr(shared, "MOST", 3)
    comparison = compare(pets(2, 5), pets(2, 9))
    whole = ("GET /1", "response", "200", "a/b")
    assert told(comparison)[3:] == [("schema-changed", "GET /1 response 200 a/b $", whole)]
    assert comparison.differences[-1].old_consumer_new_provider is Compatibility.BREAKING
    assert comparison.differences[-1].new_consumer_old_provider is Compatibility.COMPATIBLE


def test_work_without_end_is_a_doubt_that_is_told_once() -> None:
    old, new = (openapi({}, least={"minimum": 1}, most={"maximum": n}).cursor for n in range(2))
    site = Site(
        flow=Flow.TO_CONSUMER,
        position=Position.RESPONSE,
        path="GET /",
        part=("GET /",),
        dialect=Dialect.OPENAPI_30,
    )
    exhausted = Shared(known=Known(left=0))
    (doubt,) = exhausted.compare(old.at("most"), new.at("most"), site)
    assert isinstance(doubt, Problem)
    assert doubt.message.startswith("GET /")
    assert list(exhausted.compare(old.at("least"), new.at("most"), site)) == []
