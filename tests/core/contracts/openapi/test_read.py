"""What cannot be read is a doubt, says where it stands, and makes both answers unknown."""

from typing import Any

import pytest
from tests.core.contracts.openapi.documents import OK, TEXT, body, operation, specification

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.openapi import compare

DOUBTFUL: list[tuple[Any, str]] = [
    (None, "api.yaml#: neither `openapi` nor `swagger` names a known version (2.0, 3.0, 3.1)"),
    ([], "api.yaml#: neither `openapi` nor `swagger` names a known version (2.0, 3.0, 3.1)"),
    (
        {"openapi": "4.0.0", "paths": {}},
        "api.yaml#: neither `openapi` nor `swagger` names a known version (2.0, 3.0, 3.1)",
    ),
    ({"openapi": "3.0.0"}, "api.yaml#: there are no `paths`"),
    ({"openapi": "3.0.0", "paths": None}, "api.yaml#: there are no `paths`"),
    ({"openapi": "3.0.0", "paths": []}, "api.yaml#/paths: `paths` is no mapping"),
    ({"openapi": "3.1.0", "webhooks": 7}, "api.yaml#/webhooks: `webhooks` is no mapping"),
]
PATHS: list[tuple[Any, str]] = [
    ({"/pets": None}, "api.yaml#/paths/~1pets: a path is no mapping"),
    (
        {"/pets": {"$ref": "other.yaml#/pets"}},
        "api.yaml#/paths/~1pets: the $ref 'other.yaml#/pets' names no file of the given folder (mend the reference)",
    ),
    (
        {"/pets": {"$ref": "#/paths/~1pets"}},
        "api.yaml#/paths/~1pets: the $ref '#/paths/~1pets' leads in a circle (mend the reference)",
    ),
    (
        {"/pets": {"gets": {}}},
        "api.yaml#/paths/~1pets/gets: `gets` is no method that is known (one of get, put, post,",
    ),
    (
        {"/pets/{a}": {"get": {"responses": OK}}, "/pets/{b}": {"get": {"responses": OK}}},
        "api.yaml#/paths/~1pets~1{b}/get: GET /pets/{} is there twice",
    ),
    ({"/pets": {"get": {}}}, "api.yaml#/paths/~1pets/get: there are no `responses`"),
]
OPERATIONS: list[tuple[Any, str]] = [
    ({"responses": []}, "/responses: `responses` is no mapping"),
    ({"responses": {"200": None}}, "/responses/200: a response is no mapping"),
    (
        {"responses": {"2000": {}}},
        "/responses/2000: `2000` is no status (a code, a class such as 2XX, or default)",
    ),
    ({"responses": {"200": {"content": "a/b"}}}, "/responses/200/content: `content` is no mapping"),
    (
        {"responses": {"200": {"content": {"a/b": 1}}}},
        "/responses/200/content/a~1b: a content type is no mapping",
    ),
    ({"responses": {"200": {"headers": {"X": 1}}}}, "/responses/200/headers/X: a header is no mapping"),
    ({"parameters": {}}, "/parameters: `parameters` is no list"),
    ({"parameters": ["limit"]}, "/parameters/0: a parameter is no mapping"),
    (
        {"parameters": [{"in": "query"}]},
        "/parameters/0: a parameter needs a `name` and an `in` (one of path, query, header, cookie)",
    ),
    (
        {"parameters": [{"in": "body", "name": "pet"}]},
        "/parameters/0: a parameter needs a `name` and an `in` (one of path, query, header, cookie)",
    ),
    ({"parameters": [{"in": "path", "name": "id"}]}, ": the path has no parameter 'id'"),
    (
        {"parameters": [{"in": "query", "name": "id", "required": "yes"}]},
        "/parameters/0/required: must be true or false",
    ),
    ({"requestBody": []}, "/requestBody: `requestBody` is no mapping"),
    ({"callbacks": {"sold": []}}, "/callbacks/sold: a callback is no mapping"),
    (
        {"callbacks": {"sold": {"{$url}": {"post": {"responses": OK, "callbacks": {"again": {}}}}}}},
        "/callbacks/sold/{$url}/post/callbacks: callbacks of a callback are not read",
    ),
    ({"security": {}}, "/security: `security` is no list"),
    ({"security": [{"key": []}]}, "/security/0/key: there is no security scheme 'key'"),
    (
        {"security": [{"odd": []}]},
        "api.yaml#/components/securitySchemes/odd: `type` is none of apiKey, http, basic,",
    ),
    ({"security": [{}] * 65}, "/security: of 65 requirements the first 64 are compared"),
    (
        body("a/b", schema={"$ref": "#/components/schemas/Gone"}),
        "POST /pets request a/b",
    ),
]


def assert_doubted(document: Any, message: str) -> None:
    comparison = compare(specification(document), specification(document))
    assert any(message in str(doubt) for doubt in comparison.doubts), comparison.doubts
    assert comparison.old_consumer_new_provider is Compatibility.UNKNOWN
    assert comparison.new_consumer_old_provider is Compatibility.UNKNOWN


@pytest.mark.parametrize(("document", "message"), DOUBTFUL)
def test_half_a_document_is_never_compatible(document: Any, message: str) -> None:
    assert_doubted(document, message)


@pytest.mark.parametrize(("paths", "message"), PATHS)
def test_a_path_that_cannot_be_read_is_doubted(paths: Any, message: str) -> None:
    assert_doubted({"openapi": "3.0.0", "paths": paths}, message)


@pytest.mark.parametrize(("words", "message"), OPERATIONS)
def test_an_operation_that_cannot_be_read_is_doubted(words: Any, message: str) -> None:
    schemes = {"securitySchemes": {"odd": {"type": "odd"}}}
    assert_doubted({"openapi": "3.0.0", "paths": operation(**words), "components": schemes}, message)


def test_a_collection_format_nobody_knows_is_doubted() -> None:
    parameter = {"name": "tags", "in": "query", "type": "array", "items": TEXT, "collectionFormat": "odd"}
    paths = {"/pets": {"get": {"parameters": [parameter], "responses": OK}}}
    assert_doubted(
        {"swagger": "2.0", "paths": paths},
        "api.yaml#/paths/~1pets/get/parameters/0: `odd` is no collectionFormat (one of csv, ssv, tsv, pipes, multi)",
    )
