"""Limits that a schema sets to values, and what nobody can tell."""

from typing import Any

import pytest
from tests.core.contracts.pact.documents import specification

from tidegate.core.contracts.pact.fits import misfits
from tidegate.core.contracts.pact.readers import readers
from tidegate.core.contracts.schemas.known import Known
from tidegate.core.contracts.schemas.site import Dialect, Flow
from tidegate.core.contracts.specification import Kind

CASES: list[tuple[dict[str, Any], Any, list[str]]] = [
    ({"minimum": 2}, 1, ["$ is 1, beyond `minimum`"]),
    ({"minimum": 1, "exclusiveMinimum": True}, 1, ["$ is 1, beyond `minimum`"]),
    ({"maximum": 1.5}, 1.5, []),
    ({"maximum": 1.5}, "text", []),
    ({"minLength": 2}, "é", ['$ is "é", beyond `minLength`']),
    ({"minItems": 1}, [], ["$ is [], beyond `minItems`"]),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, ['$ is {"a": 1, "b": 2}, beyond `maxProperties`']),
    ({"multipleOf": 0.1}, 0.35, ["$ is 0.35, not a multiple of 1/10"]),
    ({"multipleOf": 0.1}, 0.3, []),
    ({"const": 1}, 2, ["$ is 2, which is not one of the values"]),
    ({"enum": [1]}, 1.0, []),
    ({"pattern": "^a"}, "ab", []),
    ({"pattern": "^a"}, "ba", ['$ is "ba", not of the pattern ^a']),
    ({"pattern": "(?!a)"}, "b", ['?$ is "b", not of the pattern (?!a)']),
    ({"not": {}}, 1, ["?$ is under `not`, which is not judged"]),
    ({"anyOf": [{"enum": [2]}, {"not": {}}]}, 1, ["?$ is under `not`, which is not judged"]),
    (
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
        [1, 1],
        ["$[0] is 1, not of type string"],
    ),
    (
        {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"b": 1},
        ["$.b is not allowed at all"],
    ),
    ({"type": "number"}, "a", ['$ is "a", not of type number']),
    ({"type": "string", "minLength": 1}, "a", []),
]


@pytest.mark.parametrize(("schema", "value", "wrong"), CASES)
def test_a_value_and_a_schema(schema: dict[str, Any], value: Any, wrong: list[str]) -> None:
    cursor = specification(schema, Kind.JSON_SCHEMA).cursor
    reader = readers(
        Flow.TO_PROVIDER, Dialect.OPENAPI_30 if "exclusiveMinimum" in schema else Dialect.JSON_SCHEMA, Known()
    ).body
    found = misfits(value, (cursor,), cursor, reader)
    assert [f"{'?' * misfit.undecided}{misfit.path} {misfit.reason}" for misfit in found] == wrong
