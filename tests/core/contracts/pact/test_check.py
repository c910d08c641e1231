"""A contract against a specification: each table row is a small schema, an example with rules, and what is found."""

from typing import Any

import pytest
from tests.core.contracts.pact.documents import contract, specification

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.pact.check import check
from tidegate.core.contracts.specification import Kind, Specification

JSON = "application/json"
STRING, INTEGER = {"type": "string"}, {"type": "integer"}
TYPE = {"match": "type"}


def openapi(
    operation: dict[str, Any], path: str = "/pets", version: str = "3.0.3", **fields: Any
) -> Specification:
    document = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"get": operation}},
        **fields,
    }
    return specification(document, Kind.OPENAPI, "openapi.json")


def answering(schema: Any, **fields: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "d", "content": {JSON: {"schema": schema}}, **fields}}}


def rules(matchers: dict[str, Any], part: str = "body") -> dict[str, Any]:
    """Rules by path; a list is an OR."""
    return {
        part: {
            path: {
                "matchers": m if isinstance(m, list) else [m],
                "combine": "OR" if isinstance(m, list) else "AND",
            }
            for path, m in matchers.items()
        }
    }


def found(provider: Specification, request: dict[str, Any], response: dict[str, Any]) -> list[str]:
    asked = {
        "description": "d",
        "request": {"method": "get", "path": "/pets"} | request,
        "response": response,
    }
    result = check(contract(interactions=[asked]), provider)
    assert not result.doubts
    return [f"{f.path} {f.reason} ({f.rule})" for f in result.findings]


def expecting(content: Any, matchers: dict[str, Any], media: str = JSON) -> dict[str, Any]:
    return {
        "status": 200,
        "body": {"contentType": media, "content": content},
        "matchingRules": rules(matchers),
    }


def pet(required: bool = True, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties] if required else [], "properties": properties}


PROVIDED = "(pact-response-field-not-provided)"
OPTIONAL = "is optional: the provider may leave it out (pact-response-field-optional)"
NULLABLE = "may be null, which the consumer does not take (pact-response-field-nullable)"
IMPOSSIBLE = "(pact-response-value-not-possible)"
UNIMPLIED = "(pact-response-matcher-not-implied)"
NEITHER = "is not sure to meet any of its matchers: may be string, where the consumer takes boolean only"
UNSAID = "is not said by the contract, so nobody can tell which answer it expects (pact-not-compared)"
LEFT_OUT = "is declared and not required: the provider may leave it out (pact-response-header-optional)"
UNHEARD = "the specification does not say what becomes of it"
CAT, DOG = pet(kind={"enum": ["cat"]}, lives=INTEGER), pet(kind={"enum": ["dog"]}, bark=STRING)

BODIES: dict[str, tuple[Any, Any, dict[str, Any], list[str]]] = {
    "described and required": (pet(name=STRING), {"name": "Rex"}, {"$.name": TYPE}, []),
    "exact and possible": (pet(name=STRING), {"name": "Rex"}, {}, []),
    "exact and impossible": (
        pet(name={"type": "string", "maxLength": 2}),
        {"name": "Rex"},
        {},
        [f'response body $.name is "Rex", beyond `maxLength` {IMPOSSIBLE}'],
    ),
    "exact by name": (
        pet(name={"enum": ["Tom"]}),
        {"name": "Rex"},
        {"$": TYPE, "$.name": {"match": "equality"}},
        [f'response body $.name is "Rex", which is not one of the values {IMPOSSIBLE}'],
    ),
    "exact in one alternative": (pet(id={"oneOf": [STRING, INTEGER]}), {"id": 1}, {}, []),
    "exact, undecided": (
        pet(id={"type": "string", "not": {"enum": ["x"]}}),
        {"id": "y"},
        {},
        ["response body $.id is under `not`, which is not judged (pact-not-compared)"],
    ),
    "not provided": (pet(), {"name": "Rex"}, {}, [f"response body $.name is not provided {PROVIDED}"]),
    "not provided by a map of anything": (
        {"type": "object", "additionalProperties": True, "properties": {"a": STRING}},
        {"name": "Rex"},
        {},
        [f"response body $.name is not provided {PROVIDED}"],
    ),
    "a map": (
        {"type": "object", "additionalProperties": INTEGER},
        {"rex": 1},
        {},
        [f"response body $.rex {OPTIONAL}"],
    ),
    "pattern properties": (
        {"type": "object", "properties": {"a": STRING}, "patternProperties": {"^n": STRING}},
        {"name": "Rex"},
        {},
        [
            "response body $.name may be described by `patternProperties`, which are not judged (pact-not-compared)"
        ],
    ),
    "optional": (pet(required=False, name=STRING), {"name": "Rex"}, {}, [f"response body $.name {OPTIONAL}"]),
    "nullable": (
        pet(name={"type": "string", "nullable": True}),
        {"name": "Rex"},
        {},
        [f"response body $.name {NULLABLE}"],
    ),
    "nullable and taken": (
        pet(name={"type": "string", "nullable": True}),
        {"name": "Rex"},
        {"$.name": [TYPE, {"match": "null"}]},
        [],
    ),
    "null expected": (pet(name={"type": "string", "nullable": True}), {"name": None}, {}, []),
    "null expected, impossible": (
        pet(name=STRING),
        {"name": None},
        {},
        [f"response body $.name is null, not of type string {IMPOSSIBLE}"],
    ),
    "never null": (pet(name={"enum": [None]}), {"name": "Rex"}, {}, [f"response body $.name {NULLABLE}"]),
    "another type": (
        pet(name=INTEGER),
        {"name": "Rex"},
        {"$.name": TYPE},
        ["response body $.name may be integer, where the consumer takes string only (pact-response-type)"],
    ),
    "an object for a list": (pet(), [1], {}, ["response body $ is object, not array (pact-response-type)"]),
    "nothing allowed": (
        pet(name={"allOf": [STRING, INTEGER]}),
        {"name": "Rex"},
        {},
        [f"response body $.name can never come: the schema allows nothing {IMPOSSIBLE}"],
    ),
    "not described": (
        pet(name={"description": "any"}),
        {"name": "Rex"},
        {},
        ["response body $.name is not described: the schema allows anything (pact-not-described)"],
    ),
    "properties without a type": (
        {"properties": {"a": STRING}, "required": ["a"]},
        {"a": "x"},
        {"$.a": TYPE},
        [],
    ),
    "elements": (pet(l={"type": "array", "items": INTEGER}), {"l": [1, 2]}, {"$.l": TYPE}, []),
    "elements of another type": (
        pet(l={"type": "array", "items": STRING}),
        {"l": [1]},
        {"$.l": TYPE},
        ["response body $.l[0] may be string, where the consumer takes number only (pact-response-type)"],
    ),
    "elements not described": (
        pet(l={"type": "array"}),
        {"l": [1]},
        {},
        ["response body $.l[0] is not described: the schema allows anything (pact-not-described)"],
    ),
    "an alternative chosen by the example": (
        {"oneOf": [CAT, DOG]},
        {"kind": "dog", "bark": "wow"},
        {"$.bark": TYPE},
        [],
    ),
    "an alternative that nothing chooses": (
        {"oneOf": [CAT, DOG]},
        {"bark": "wow"},
        {"$.bark": TYPE},
        [
            "response body $ is as expected in 1 of 2 alternatives: is not provided (pact-response-alternatives)"
        ],
    ),
    "no alternative": (
        {"oneOf": [CAT, DOG]},
        {"age": 3},
        {},
        [f"response body $.age is not provided {PROVIDED}"],
    ),
    "a list instead, perhaps": (
        {"oneOf": [pet(a=STRING), {"type": "array"}]},
        {"a": "x"},
        {},
        [
            "response body $ is as expected in 1 of 2 alternatives: is array, not object (pact-response-alternatives)"
        ],
    ),
    "one of two types": (
        pet(id={"oneOf": [STRING, INTEGER]}),
        {"id": 1},
        {"$.id": TYPE},
        ["response body $.id may be string, where the consumer takes number only (pact-response-type)"],
    ),
    "the worst of two alternatives": (
        pet(id={"oneOf": [STRING, {"enum": [1]}]}),
        {"id": "2000-01-01"},
        {"$.id": {"match": "date"}},
        ["response body $.id may be such that it is 1, not a date (pact-response-matcher-violated)"],
    ),
    "integer": (pet(n=INTEGER), {"n": 1}, {"$.n": {"match": "integer"}}, []),
    "integer that may be a fraction": (
        pet(n={"type": "number"}),
        {"n": 1},
        {"$.n": {"match": "integer"}},
        ["response body $.n may be fraction, where the consumer takes integer only (pact-response-type)"],
    ),
    "decimal": (
        pet(n={"type": "number"}),
        {"n": 1.5},
        {"$.n": {"match": "decimal"}},
        [f"response body $.n may be written without decimals: a schema cannot say {UNIMPLIED}"],
    ),
    "decimal of a text": (
        pet(n=STRING),
        {"n": 1.5},
        {"$.n": {"match": "decimal"}},
        ["response body $.n may be string, where the consumer takes fraction only (pact-response-type)"],
    ),
    "regex and the same pattern": (
        pet(n={"type": "string", "pattern": r"^\d+$"}),
        {"n": "1"},
        {"$.n": {"match": "regex", "regex": r"\d+"}},
        [],
    ),
    "regex and a pattern found anywhere": (
        pet(n={"type": "string", "pattern": r"\d+"}),
        {"n": "1"},
        {"$.n": {"match": "regex", "regex": r"\d+"}},
        [rf"response body $.n may be a text that is not of /\d+/: the schema does not say so {UNIMPLIED}"],
    ),
    "regex of listed values": (
        pet(n={"enum": ["a", "b"]}),
        {"n": "a"},
        {"$.n": {"match": "regex", "regex": "[ab]"}},
        [],
    ),
    "regex that a listed value violates": (
        pet(n={"enum": ["a", "b"]}),
        {"n": "a"},
        {"$.n": {"match": "regex", "regex": "a"}},
        ['response body $.n may be such that it is "b", not a text of /a/ (pact-response-matcher-violated)'],
    ),
    "an unknown matcher on listed values": (
        pet(n={"enum": ["a"]}),
        {"n": "a"},
        {"$.n": {"match": "magic"}},
        [
            f'response body $.n may be such that it is under the matcher "magic", which is not known here {UNIMPLIED}'
        ],
    ),
    "an unknown matcher": (
        pet(n=STRING),
        {"n": "a"},
        {"$.n": {"match": "magic"}},
        [f'response body $.n is under the matcher "magic" ("a"), of which a schema cannot speak {UNIMPLIED}'],
    ),
    "an unknown matcher on an object": (
        pet(n=STRING),
        {"n": "a"},
        {"$": {"match": "magic"}},
        [
            f'response body $ is under the matcher "magic" ({{"n": "a"}}), of which a schema cannot speak {UNIMPLIED}'
        ],
    ),
    "contains": (
        {"type": "array", "items": STRING},
        ["a"],
        {"$": {"match": "arrayContains", "variants": []}},
        [
            f'response body $ is under the matcher "arrayContains" (["a"]), of which a schema cannot speak {UNIMPLIED}'
        ],
    ),
    "date": (
        pet(n={"type": "string", "format": "date"}),
        {"n": "2000-01-01"},
        {"$.n": {"match": "date", "format": "yyyy-MM-dd"}},
        [],
    ),
    "date of another pattern": (
        pet(n={"type": "string", "format": "date"}),
        {"n": "01"},
        {"$.n": {"match": "date", "format": "dd"}},
        [f"response body $.n may be a text that is not date dd: the schema does not say so {UNIMPLIED}"],
    ),
    "datetime": (
        pet(n={"type": "string", "format": "date-time"}),
        {"n": "x"},
        {"$.n": {"match": "datetime"}},
        [],
    ),
    "not empty": (pet(n={"type": "string", "minLength": 1}), {"n": "x"}, {"$.n": {"match": "notEmpty"}}, []),
    "not empty, unsaid": (
        pet(n=STRING),
        {"n": "x"},
        {"$.n": {"match": "notEmpty"}},
        [f"response body $.n may be empty: the schema has no `minLength` {UNIMPLIED}"],
    ),
    "either matcher": (pet(n=INTEGER), {"n": 1}, {"$.n": [{"match": "boolean"}, {"match": "integer"}]}, []),
    "neither matcher": (
        pet(n=STRING),
        {"n": 1},
        {"$.n": [{"match": "boolean"}, {"match": "integer"}]},
        [f"response body $.n {NEITHER} {UNIMPLIED}"],
    ),
    "values of a map": (
        {"type": "object", "additionalProperties": pet(n=INTEGER)},
        {"rex": {"n": 1}},
        {"$": {"match": "values"}, "$.*.n": TYPE},
        [],
    ),
    "values of another type": (
        {"type": "object", "additionalProperties": STRING},
        {"rex": 1},
        {"$": {"match": "eachValue", "rules": [{"match": "number"}]}},
        ["response body $.rex may be string, where the consumer takes number only (pact-response-type)"],
    ),
    "values not described": (
        pet(),
        {"rex": 1},
        {"$": {"match": "values"}},
        ["response body $ has fields that are not described (pact-not-described)"],
    ),
    "keys under rules": (
        {"type": "object", "additionalProperties": INTEGER},
        {"rex": 1},
        {"$": {"match": "eachKey", "rules": [{"match": "regex", "regex": "r.*"}]}},
        [f"response body $ has names under rules of eachKey, which are not judged {UNIMPLIED}"],
    ),
}


@pytest.mark.parametrize(("schema", "content", "matchers", "wrong"), BODIES.values(), ids=BODIES)
def test_a_body_is_promised_by_its_schema(
    schema: Any, content: Any, matchers: dict[str, Any], wrong: list[str]
) -> None:
    assert found(openapi(answering(schema)), {}, expecting(content, matchers)) == wrong


HEADER = {"X-Next": {"required": True, "schema": INTEGER}}
OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing expected": (answering(STRING), {}, []),
    "status not declared": (
        answering(STRING),
        {"status": 404},
        ["response status 404 is not declared (pact-response-status-not-declared)"],
    ),
    "status not said": (
        answering(STRING),
        {"headers": {"a": "b"}},
        [f"response status {UNSAID}"],
    ),
    "status by default": ({"responses": {"default": {"description": "d"}}}, {"status": 404}, []),
    "header": (answering(STRING, headers=HEADER), {"status": 200, "headers": {"x-next": "12"}}, []),
    "header of another type": (
        answering(STRING, headers=HEADER),
        {"status": 200, "headers": {"x-next": "b"}},
        ['response header x-next is "b", not of type integer (pact-response-value-not-possible)'],
    ),
    "header under a rule": (
        answering(STRING, headers={"X-Next": {"required": True, "schema": STRING}}),
        {"status": 200, "headers": {"x-next": "b"}, "matchingRules": rules({"x-next": TYPE}, "header")},
        [],
    ),
    "header under a stricter rule": (
        answering(STRING, headers={"X-Next": {"required": True, "schema": STRING}}),
        {
            "status": 200,
            "headers": {"x-next": "b"},
            "matchingRules": rules({"x-next": {"match": "semver"}}, "header"),
        },
        [
            f'response header x-next is under the matcher "semver" ("b"), of which a schema cannot speak {UNIMPLIED}'
        ],
    ),
    "header optional": (
        answering(STRING, headers={"X-Next": {"schema": INTEGER}}),
        {"status": 200, "headers": {"x-next": "1"}},
        [f"response header x-next {LEFT_OUT}"],
    ),
    "header not declared": (
        answering(STRING),
        {"status": 200, "headers": {"x-next": "1", "Date": "now"}},
        ["response header x-next is not declared (pact-response-header-not-declared)"],
    ),
    "header that nobody judges": (
        answering(STRING, headers={"X": {"required": True, "schema": {"type": "string", "not": {}}}}),
        {"status": 200, "headers": {"x": "1"}},
        ["response header x is under `not`, which is not judged (pact-not-compared)"],
    ),
    "no body": (
        {"responses": {"200": {"description": "d"}}},
        expecting({"a": 1}, {}),
        ["response body is not provided (pact-response-body-not-provided)"],
    ),
    "no schema": (
        {"responses": {"200": {"description": "d", "content": {JSON: {}}}}},
        expecting({"a": 1}, {}),
        ["response body $ has no schema (pact-not-described)"],
    ),
    "another content type": (
        answering(STRING),
        expecting("a", {}, "text/csv"),
        [f"response body is expected as text/csv, and comes as {JSON} (pact-response-media-not-provided)"],
    ),
    "an empty body": (
        answering(STRING),
        {"status": 200, "body": None},
        ["response body is not expected, and comes (pact-response-body-not-expected)"],
    ),
    "an empty body where none comes": (
        {"responses": {"200": {"description": "d"}}},
        {"status": 200, "body": None},
        [],
    ),
    "text": (
        {"responses": {"200": {"description": "d", "content": {"text/plain": {"schema": STRING}}}}},
        expecting("a", {"$": TYPE}, "text/plain"),
        [],
    ),
    "XML": (
        {"responses": {"200": {"description": "d", "content": {"text/xml": {"schema": STRING}}}}},
        expecting("<a/>", {}, "text/xml"),
        ["response body $ is text/xml, which is not compared with a schema (pact-not-compared)"],
    ),
}


@pytest.mark.parametrize(("operation", "response", "wrong"), OTHERS.values(), ids=OTHERS)
def test_an_answer(operation: dict[str, Any], response: dict[str, Any], wrong: list[str]) -> None:
    assert found(openapi(operation), {}, response) == wrong


def parameter(name: str, schema: Any, where: str = "query", **fields: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": schema, **fields}


def taking(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": list(parameters), "responses": {"200": {"description": "d"}}}


def carrying(media: str, schema: Any, **fields: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {media: {"schema": schema} if schema else {}}, **fields}, **taking()}


FORM = "application/x-www-form-urlencoded"
LIST = {"type": "array", "items": INTEGER}
REQUESTS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "a parameter": (taking(parameter("n", INTEGER)), {"query": {"n": ["5"]}}, []),
    "a text": (taking(parameter("n", STRING)), {"query": {"n": ["5"]}}, []),
    "a boolean": (taking(parameter("n", {"type": "boolean"})), {"query": {"n": ["true"]}}, []),
    "a list": (taking(parameter("n", LIST)), {"query": {"n": ["5", "6"]}}, []),
    "a list of one": (taking(parameter("n", LIST)), {"query": {"n": ["5"]}}, []),
    "a list in one text": (taking(parameter("n", LIST, explode=False)), {"query": {"n": ["5,6"]}}, []),
    "a list by pipes": (
        taking(parameter("n", LIST, explode=False, style="pipeDelimited")),
        {"query": {"n": ["5|x"]}},
        ['request query n[1] is "x", not of type integer (pact-request-parameter-invalid)'],
    ),
    "beyond a limit": (
        taking(parameter("n", {"type": "integer", "maximum": 4})),
        {"query": {"n": ["5"]}},
        ["request query n is 5, beyond `maximum` (pact-request-parameter-invalid)"],
    ),
    "missing": (
        taking(parameter("n", INTEGER, required=True)),
        {},
        ["request query n is required and not sent (pact-request-parameter-missing)"],
    ),
    "missing and optional": (taking(parameter("n", INTEGER)), {}, []),
    "not declared": (
        taking(),
        {"query": {"n": ["5"]}},
        [f"request query n is not declared: {UNHEARD} (pact-request-parameter-not-declared)"],
    ),
    "a header": (
        taking(parameter("X-N", INTEGER, "header", required=True)),
        {"headers": {"x-n": "a", "x-m": "b"}},
        ['request header X-N is "a", not of type integer (pact-request-parameter-invalid)'],
    ),
    "a header of HTTP": (taking(parameter("Accept", STRING, "header", required=True)), {}, []),
    "a cookie": (
        taking(
            parameter("s", INTEGER, "cookie", required=True), parameter("t", STRING, "cookie", required=True)
        ),
        {"headers": {"Cookie": "s=a; u=b"}},
        [
            'request cookie s is "a", not of type integer (pact-request-parameter-invalid)',
            "request cookie t is required and not sent (pact-request-parameter-missing)",
        ],
    ),
    "a document in a parameter": (
        taking({"name": "n", "in": "query", "content": {JSON: {"schema": INTEGER}}}),
        {"query": {"n": ["5"]}},
        ["request query n is written in a style that is not read here (pact-not-compared)"],
    ),
    "an object in one text": (
        taking(parameter("n", {"type": "object"})),
        {"query": {"n": ["a,1"]}},
        ["request query n is an object written as text, which is not read here (pact-not-compared)"],
    ),
    "a style that nobody uses": (taking(parameter("n", INTEGER, style="deepObject")), {}, []),
    "undecided": (
        taking(parameter("n", {"type": "string", "pattern": "(?=a)"})),
        {"query": {"n": ["5"]}},
        ['request query n is "5", not of the pattern (?=a) (pact-not-compared)'],
    ),
    "a body": (
        carrying(JSON, pet(n=INTEGER)),
        {"body": {"contentType": JSON, "content": {"n": 1, "m": 2}}},
        [],
    ),
    "a body that lacks something": (
        carrying(JSON, pet(n=INTEGER)),
        {"body": {"contentType": JSON, "content": {}}},
        ["request body $.n is missing and required (pact-request-body-invalid)"],
    ),
    "a required body": (
        carrying(JSON, pet(), required=True),
        {},
        ["request body is required and not sent (pact-request-body-missing)"],
    ),
    "no body": (carrying(JSON, pet()), {}, []),
    "a body that nobody declared": (
        taking(),
        {"body": {"content": {"n": 1}}},
        [f"request body is sent, and {UNHEARD} (pact-request-body-not-declared)"],
    ),
    "another content type": (
        carrying(JSON, pet()),
        {"body": {"contentType": "text/plain", "content": "a"}},
        [f"request body is text/plain, where {JSON} is taken (pact-request-media-not-accepted)"],
    ),
    "a form": (
        carrying(FORM, pet(n=INTEGER, s=STRING)),
        {"body": {"contentType": FORM, "content": "n=a&s=1&t=2"}},
        ['request body $.n is "a", not of type integer (pact-request-body-invalid)'],
    ),
    "a text body": (
        carrying("text/plain", STRING),
        {"body": {"contentType": "text/plain", "content": "a"}},
        [],
    ),
    "an XML body": (
        carrying("text/xml", STRING),
        {"body": {"contentType": "text/xml", "content": "<a/>"}},
        ["request body $ is text/xml, which is not compared with a schema (pact-not-compared)"],
    ),
    "an XML body without a schema": (
        carrying("text/xml", None),
        {"body": {"contentType": "text/xml", "content": "<a/>"}},
        [],
    ),
}


@pytest.mark.parametrize(("operation", "request_", "wrong"), REQUESTS.values(), ids=REQUESTS)
def test_a_request(operation: dict[str, Any], request_: dict[str, Any], wrong: list[str]) -> None:
    assert found(openapi(operation), request_, {}) == wrong


def test_a_path_finds_its_template_under_a_base_path() -> None:
    provider = openapi(
        taking(parameter("id", INTEGER, "path", required=True)),
        "/pets/{id}",
        servers=[{"url": "https://x.org/api"}],
    )
    assert found(provider, {"path": "/api/pets/7"}, {}) == []
    assert found(provider, {"path": "/api/pets/x"}, {}) == [
        'request path id is "x", not of type integer (pact-request-parameter-invalid)'
    ]
    assert found(provider, {"path": "/dogs"}, {}) == [
        "request GET /dogs is not provided (pact-operation-not-provided)"
    ]


def test_in_swagger_2_a_declared_header_counts_as_sent() -> None:
    document: Any = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/pets": {"get": {"responses": {"200": {"description": "d", "headers": {"X-Next": INTEGER}}}}}
        },
    }
    provider = specification(document, Kind.OPENAPI, "swagger.json")
    assert found(provider, {}, {"status": 200, "headers": {"X-Next": "1"}}) == []


def test_type_lists_of_version_3_1() -> None:
    provider = openapi(answering(pet(n={"type": ["string", "null"]})), version="3.1.0")
    assert found(provider, {}, expecting({"n": "a"}, {})) == [f"response body $.n {NULLABLE}"]


INTERACTION = {"description": "d", "request": {"path": "/pets"}, "response": {"status": 200}}


def test_pending_interactions_are_not_checked_and_said_so() -> None:
    asked = [INTERACTION, {**INTERACTION, "description": "e", "pending": True, "request": {"path": "/dogs"}}]
    result = check(contract(interactions=asked), openapi(answering(STRING)))
    assert result.answer is Compatibility.COMPATIBLE
    assert (
        result.evidence
        == "1 interaction of checkout checked against openapi.json; 1 pending interaction not checked"
    )


def test_findings_have_a_place_in_the_specification() -> None:
    provider = openapi(
        answering({"$ref": "#/components/schemas/Pet"}), components={"schemas": {"Pet": pet(n=INTEGER)}}
    )
    asked = INTERACTION | {"response": expecting({"n": "a"}, {})}
    (finding,) = check(contract(interactions=[asked]), provider).findings
    assert str(finding.place) == "openapi.json#/components/schemas/Pet/properties/n/type"
    assert str(finding).startswith('"d": response body $.n is "a"')
    assert finding.answer is Compatibility.BREAKING


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


HALF: dict[str, tuple[Any, Specification]] = {
    "no interactions": (contract(), openapi(answering(STRING))),
    "all pending": (contract(interactions=[INTERACTION | {"pending": True}]), openapi(answering(STRING))),
    "a message": (contract("3.0", messages=[{"description": "m"}]), openapi(answering(STRING))),
    "another kind": (contract(interactions=[INTERACTION]), specification({}, Kind.ASYNCAPI)),
    "no paths": (
        contract(interactions=[INTERACTION]),
        specification({"openapi": "3.0.0", "paths": {}}, Kind.OPENAPI),
    ),
    "a reference that leads nowhere": (
        contract(interactions=[INTERACTION | {"response": expecting({"a": 1}, {})}]),
        openapi(answering({"$ref": "#/nowhere"})),
    ),
    "a schema of itself": (
        contract(interactions=[INTERACTION | {"response": expecting(deep(70), {})}]),
        openapi(
            answering({"$ref": "#/components/schemas/A"}),
            components={"schemas": {"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}},
        ),
    ),
    "too deep a request": (
        contract(interactions=[INTERACTION | {"request": {"path": "/pets", "body": {"content": deep(70)}}}]),
        openapi(
            carrying(JSON, {"$ref": "#/components/schemas/A"}),
            components={"schemas": {"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}},
        ),
    ),
}


@pytest.mark.parametrize(("asked", "provider"), HALF.values(), ids=HALF)
def test_nothing_half_written_is_ever_compatible(asked: Any, provider: Specification) -> None:
    assert not check(asked, provider).answer.safe


def test_schemas_that_explode_are_unknown_once_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.core.contracts.pact.check.WORK", 500)
    levels = {f"A{n}": {"anyOf": [{"$ref": f"#/components/schemas/A{n + 1}"}] * 60} for n in range(9)}
    schemas = {**levels, "A9": {"type": "object", "properties": {"a": STRING}}}
    provider = openapi(answering({"$ref": "#/components/schemas/A0"}), components={"schemas": schemas})
    result = check(contract(interactions=[INTERACTION | {"response": expecting({"a": "x"}, {})}]), provider)
    assert not result.answer.safe
    assert result.doubts[-1].message == "openapi.json: its schemas are too large to be checked against"
