"""Whether a contract allows an answer: kept, broken, unknown, or no evidence at all."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.contracts.openapi.documents import openapi, swagger

from tidegate.core.contracts.conformance import check, schemas
from tidegate.core.contracts.conformance.check import Checked, Contract, Outcome, checked_by_any
from tidegate.core.contracts.conformance.exchange import Exchange

KEPT, BROKEN, UNKNOWN, NONE = Outcome.KEPT, Outcome.BROKEN, Outcome.UNKNOWN, Outcome.NONE
PET = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
}


def answer(schema: Any, type_: str = "application/json") -> dict[str, Any]:
    return {"description": "", "content": {type_: {"schema": schema}}}


PATHS: dict[str, Any] = {
    "/pets/{id}": {
        "get": {
            "responses": {
                "200": {
                    "description": "",
                    "content": {
                        "application/json": {"schema": PET},
                        "application/hal+json": {"schema": PET},
                        "text/plain": {},
                        "application/x-any+json": {},
                    },
                },
                "4XX": {"description": "no body"},
            }
        },
        "delete": {"responses": {"204": answer(PET)}},
        "patch": {"responses": {"200": answer({"$ref": "#/nothing"})}},
        "put": {"responses": {"200": {"$ref": "#/nothing"}}},
        "post": {"responses": {"default": answer({"$ref": "#/components/schemas/Twice0"})}},
    }
}
TWICE = {f"Twice{i}": {"allOf": [{"$ref": f"#/components/schemas/Twice{i + 1}"}] * 2} for i in range(60)}
CONTRACT = Contract.of(
    openapi(PATHS, servers=[{"url": "https://x/v1"}], components={"schemas": {**TWICE, "Twice60": {}}})
)
OTHER = "which is not declared (declared: application/json, application/hal+json, text/plain, application/x-any+json)"
PLACE = "api.yaml#/paths/~1pets~1{id}"
LOST = "the $ref '#/nothing' leads to nothing"
GOOD = Exchange(
    method="GET", path="/pets/7", status=200, content_type="application/json", body=b'{"name": "x"}'
)


@pytest.fixture(autouse=True)
def _soon_tired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "MOST_STEPS", 2_000)


@pytest.mark.parametrize(
    ("changed", "outcome", "findings"),
    [
        ({}, KEPT, ()),
        ({"path": "/v1/pets/7"}, KEPT, ()),
        ({"content_type": "application/hal+json; charset=utf-8"}, KEPT, ()),
        ({"content_type": "application/x-any+json", "body": b"?"}, KEPT, ()),
        ({"content_type": "text/plain", "body": b"?"}, KEPT, ()),
        ({"method": "HEAD", "body": b""}, KEPT, ()),
        ({"method": "DELETE", "status": 204, "content_type": "", "body": b""}, KEPT, ()),
        ({"status": 404, "content_type": "text/html", "body": b"<p>"}, KEPT, ()),
        (
            {"body": b'{"age": "old"}'},
            BROKEN,
            ("the body lacks 'name'", "/age is <string of 3>, not integer"),
        ),
        ({"body": b"{"}, BROKEN, ("the body is not JSON",)),
        ({"body": b'{"name": NaN}'}, BROKEN, ("the body is not JSON",)),
        ({"body": b"\xff"}, BROKEN, ("the body is not JSON",)),
        ({"body": b""}, BROKEN, ("the body is not JSON",)),
        ({"status": 201}, BROKEN, ("the status is not declared (declared: 200, 4XX)",)),
        ({"content_type": "text/html"}, BROKEN, (f"it came as text/html, {OTHER}",)),
        ({"content_type": "", "method": "DELETE", "status": 204}, KEPT, ()),
        ({"content_type": ""}, BROKEN, (f"it came without a content type, {OTHER}",)),
        ({"path": "/cats/7"}, BROKEN, ("the operation is not declared",)),
        (
            {"body": None, "unread": "it is longer than 64 KiB"},
            UNKNOWN,
            ("the body was not read: it is longer than 64 KiB",),
        ),
        (
            {"body": b"[" * 60_000},
            UNKNOWN,
            ("the body nests too deeply, or has too long a number, to be read",),
        ),
        (
            {"body": b"9" * 5_000},
            UNKNOWN,
            ("the body nests too deeply, or has too long a number, to be read",),
        ),
        (
            {"method": "PATCH"},
            UNKNOWN,
            (f"{PLACE}/patch/responses/200/content/application~1json/schema: {LOST}",),
        ),
        ({"method": "POST"}, UNKNOWN, ("its schema takes too many steps to check",)),
        (
            {"method": "PUT", "status": 201},
            UNKNOWN,
            (f"{PLACE}/put/responses/200: {LOST} (mend the reference)",),
        ),
        ({"status": 500}, NONE, ()),
        ({"path": "/cats/7", "status": 500}, NONE, ()),
        ({"path": "/cats/7", "status": 404}, NONE, ()),
        ({"path": "/cats/7", "method": "OPTIONS"}, NONE, ()),
        ({"path": "/cats/7", "method": "HEAD"}, NONE, ()),
    ],
)
def test_an_answer_is_held_against_its_contract(
    changed: dict[str, Any], outcome: Outcome, findings: tuple[str, ...]
) -> None:
    found = CONTRACT.checked(replace(GOOD, **changed))
    assert (found.outcome, found.findings) == (outcome, findings)


def test_no_more_than_so_many_paths_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MOST_CALLED", 3)
    contract = Contract.of(openapi(PATHS))
    for number in range(9):
        assert contract.checked(replace(GOOD, path=f"/pets/{number}")).outcome is KEPT
        assert len(contract.called) <= 3


def test_what_broke_is_told_with_the_body_redacted() -> None:
    found = CONTRACT.checked(replace(GOOD, body=b'{"age": 3, "ann@example.org": "secret"}'))
    assert str(found) == (
        """GET /pets/{id} answered 200: the body lacks 'name' in {"age": <number>, <key>: <string of 6>}"""
    )


def test_a_path_that_is_not_declared_is_told_without_what_may_be_a_value() -> None:
    found = CONTRACT.checked(replace(GOOD, path="/v1/pets/ann@example.org/secret" + "/x" * 99))
    assert found.operation.startswith("GET /v1/pets/<segment>/<segment>/<segment>")
    assert found.operation.count("/") == 12


def test_what_is_not_declared_is_unknown_where_not_all_could_be_read() -> None:
    half = Contract.of(openapi({"/pets": {"get": {"responses": {}}}, "/cats": 3}))
    found = half.checked(replace(GOOD, path="/cats"))
    assert (found.outcome, found.findings) == (UNKNOWN, ("api.yaml#/paths/~1cats: a path is no mapping",))


def test_swagger_and_its_words_are_understood() -> None:
    schema = {"type": "string", "x-nullable": True}
    contract = Contract.of(
        swagger({"/x": {"get": {"responses": {"200": {"schema": schema}}}}}, produces=["application/json"])
    )
    asked = replace(GOOD, path="/x", body=b"null")
    assert [contract.checked(each).outcome for each in (asked, replace(asked, body=b"1"))] == [KEPT, BROKEN]


def one(path: str, *required: str) -> Contract:
    schema = {"type": "object", "required": list(required)}
    return Contract.of(openapi({path: {"get": {"responses": {"200": answer(schema)}}}}))


@pytest.mark.parametrize(
    ("contracts", "gaps", "outcome"),
    [
        ((one("/pets/{id}", "name"), one("/pets/{id}", "other")), (), KEPT),
        ((one("/pets/{id}", "other"), one("/pets/{id}", "name")), (), KEPT),
        ((one("/pets/{id}", "other"), one("/cats")), (), BROKEN),
        ((one("/cats"), one("/pets/{id}", "name")), ("no more is known",), KEPT),
        ((one("/cats"),), ("no more is known",), UNKNOWN),
        ((one("/cats"),), (), BROKEN),
        ((), ("nothing is known",), UNKNOWN),
    ],
)
def test_any_version_that_is_offered_may_be_meant(
    contracts: tuple[Contract, ...], gaps: tuple[str, ...], outcome: Outcome
) -> None:
    found: Checked = checked_by_any(contracts, gaps, GOOD)
    assert found.outcome is outcome
    assert found.findings == gaps or outcome is not UNKNOWN


SECRETS = st.recursive(
    st.integers(min_value=0).map("zq{}qz".format) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers().map("zq{}qz".format) | st.just("name"), inner, max_size=4)
    ),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SECRETS, st.sampled_from(["/pets/zq1qz", "/zq2qz", "/v1/zq3qz"]), st.sampled_from([200, 201]))
def test_no_value_of_an_answer_is_ever_told(body: Any, path: str, status: int) -> None:
    asked = replace(GOOD, path=path, status=status, body=json.dumps(body).encode())
    assert "zq" not in str(CONTRACT.checked(asked))
