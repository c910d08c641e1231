"""Small schemas side by side."""

from typing import Any

from tidegate.core.contracts.differences import Difference, Position
from tidegate.core.contracts.schemas import Dialect, Findings, Flow, Site, compare_schemas
from tidegate.core.contracts.specification import Cursor, Kind, Specification

PART = ("GET /pets", "response")
C, B, U = "compatible", "breaking", "unknown"


def at_root(document: Any, **others: Any) -> Cursor:
    """A cursor at the root of a document; `others` are files beside it."""
    documents = {"root": document, **others}
    return Specification(
        kind=Kind.JSON_SCHEMA, name="root", root="root", documents=documents, texts={}
    ).cursor


def site(
    flow: Flow = Flow.TO_CONSUMER,
    position: Position = Position.RESPONSE,
    dialect: Dialect = Dialect.JSON_SCHEMA,
) -> Site:
    return Site(flow=flow, position=position, path="body", part=PART, dialect=dialect)


def to_consumer(old: Any, new: Any) -> Findings:
    return compare_schemas(at_root(old), at_root(new), site())


def to_provider(old: Any, new: Any) -> Findings:
    return compare_schemas(at_root(old), at_root(new), site(Flow.TO_PROVIDER, Position.REQUEST))


def answer(difference: Difference) -> tuple[str, str]:
    return difference.old_consumer_new_provider.value, difference.new_consumer_old_provider.value


def rules(findings: Findings) -> list[str]:
    assert not findings.doubts
    return sorted(difference.rule for difference in findings.differences)


def told(findings: Findings) -> list[tuple[str, str]]:
    """Rules and places for people."""
    assert not findings.doubts
    return sorted((difference.rule, difference.place.path) for difference in findings.differences)
