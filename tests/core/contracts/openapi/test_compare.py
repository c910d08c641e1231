"""Two versions side by side: what is found, whom it breaks, and what could not be read."""

from typing import Any

import pytest
from tests.core.contracts.openapi.documents import OK, TEXT, body, content, openapi, operation, swagger

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.openapi import compare

Found = tuple[str, str, str, str]

NUMBER: dict[str, Any] = {"type": "integer"}
LIST: dict[str, Any] = {"type": "array", "items": TEXT}
PAGE: dict[str, Any] = {"type": "object", "properties": {"limit": TEXT}}
LETTER = {Compatibility.COMPATIBLE: "C", Compatibility.BREAKING: "B", Compatibility.UNKNOWN: "U"}


def found(comparison: Comparison) -> list[str]:
    """Each difference: its rule, old consumer and new provider, new consumer and old provider, and its part."""
    return [
        " ".join(
            (
                each.rule,
                LETTER[each.old_consumer_new_provider] + LETTER[each.new_consumer_old_provider],
                " ".join(each.part),
            )
        )
        for each in comparison.differences
    ]


def changed(old: Any, new: Any) -> list[str]:
    """What differs between two versions of one operation."""
    comparison = compare(openapi(operation(**old)), openapi(operation(**new)))
    assert comparison.doubts == ()
    return found(comparison)


def query(**words: Any) -> dict[str, Any]:
    """An operation with one parameter."""
    return {"parameters": [{"name": "limit", "in": "query", "schema": TEXT, **words}]}


def answers(**by_status: Any) -> dict[str, Any]:
    """An operation with answers: `s200` is 200."""
    return {"responses": {status.removeprefix("s"): answer for status, answer in by_status.items()}}


def header(**words: Any) -> dict[str, Any]:
    """An operation whose answer has a header."""
    return answers(s200={"headers": {"X-Next": {"schema": TEXT, **words}}})


LIMIT = "POST /pets query limit"
BODY = "POST /pets request"
ANSWER = "POST /pets response"
NEXT = "POST /pets response-header 200 x-next"

NONE: dict[str, Any] = {}
CHANGES: list[tuple[dict[str, Any], dict[str, Any], list[str], list[str]]] = [
    # parameters
    (NONE, query(), [f"request-parameter-added CU {LIMIT}"], [f"request-parameter-removed UC {LIMIT}"]),
    (
        NONE,
        query(required=True),
        [f"request-parameter-added CU {LIMIT}", "request-parameter-became-required BC POST /pets"],
        [f"request-parameter-removed UC {LIMIT}", "request-parameter-became-optional CB POST /pets"],
    ),
    (
        query(),
        query(required=True),
        ["request-parameter-became-required BC POST /pets"],
        ["request-parameter-became-optional CB POST /pets"],
    ),
    (query(), query(schema=NUMBER), [f"type-narrowed BC {LIMIT}"], [f"type-widened CB {LIMIT}"]),
    (
        query(),
        query(style="spaceDelimited"),
        [f"request-parameter-encoding-changed BB {LIMIT}"],
        [f"request-parameter-encoding-changed BB {LIMIT}"],
    ),
    (
        query(schema=LIST),
        query(schema=LIST, explode=False),
        [f"request-parameter-encoding-changed BB {LIMIT}"],
        [f"request-parameter-encoding-changed BB {LIMIT}"],
    ),
    (query(), query(explode=False), [], []),
    (
        query(),
        query(allowReserved=True),
        [f"request-parameter-encoding-changed BB {LIMIT}"],
        [f"request-parameter-encoding-changed BB {LIMIT}"],
    ),
    (
        query(),
        query(allowEmptyValue=True),
        [f"request-parameter-empty-allowed CB {LIMIT}"],
        [f"request-parameter-empty-refused BC {LIMIT}"],
    ),
    (
        query(),
        query(deprecated=True),
        [f"request-parameter-deprecated CC {LIMIT}"],
        [f"request-parameter-reinstated CC {LIMIT}"],
    ),
    (
        query(),
        query(schema=LIST),
        [f"request-parameter-listed CB {LIMIT}"],
        [f"request-parameter-unlisted BC {LIMIT}"],
    ),
    (
        query(),
        query(schema={**LIST, "type": ["array", "null"]}),
        [f"request-parameter-listed CB {LIMIT}"],
        [f"request-parameter-unlisted BC {LIMIT}"],
    ),
    (
        query(),
        query(schema={**LIST, "minItems": 2}),
        [f"type-changed BB {LIMIT}"],
        [f"type-changed BB {LIMIT}"],
    ),
    (
        query(),
        {"parameters": [{"name": "limit", "in": "query", **content("application/json")}]},
        [f"request-parameter-form-changed BB {LIMIT}"],
        [f"request-parameter-form-changed BB {LIMIT}"],
    ),
    (
        {"parameters": [{"name": "limit", "in": "query", **content("application/json")}]},
        {"parameters": [{"name": "limit", "in": "query", **content("application/json", schema=NUMBER)}]},
        [f"type-changed BB {LIMIT}"],
        [f"type-changed BB {LIMIT}"],
    ),
    (
        {"parameters": [{"name": "X-Id", "in": "header", "schema": TEXT}]},
        {"parameters": [{"name": "x-id", "in": "header", "schema": TEXT}]},
        [],
        [],
    ),
    (
        {"parameters": [{"name": "page", "in": "query", "schema": PAGE}]},
        {"parameters": [{"name": "limit", "in": "query", "schema": TEXT}]},
        [],
        [],
    ),
    (
        {
            "parameters": [
                {"name": "page", "in": "query", "required": True, "schema": {**PAGE, "required": ["limit"]}}
            ]
        },
        query(),
        ["request-parameter-became-optional CB POST /pets"],
        ["request-parameter-became-required BC POST /pets"],
    ),
    (
        {"parameters": [{"name": "page", "in": "query", "schema": {**PAGE, "required": ["limit"]}}]},
        query(),
        ["request-parameter-removed UC POST /pets query page", f"request-parameter-added CU {LIMIT}"],
        [f"request-parameter-removed UC {LIMIT}", "request-parameter-added CU POST /pets query page"],
    ),
    # bodies
    (NONE, body("text/plain"), [f"request-body-added CB {BODY}"], [f"request-body-removed BC {BODY}"]),
    (
        body("text/plain"),
        body("text/plain", required=True),
        ["request-body-became-required BC POST /pets"],
        ["request-body-became-optional CB POST /pets"],
    ),
    (
        body("text/plain"),
        body("text/plain", "text/csv"),
        [f"request-content-type-added CB {BODY} text/csv"],
        [f"request-content-type-removed BC {BODY} text/csv"],
    ),
    (
        body("text/plain"),
        body("text/*"),
        [f"request-content-type-generalised CB {BODY} text/*"],
        [f"request-content-type-specialised BC {BODY} text/*"],
    ),
    (body("text/plain"), body("Text/Plain; charset=utf-8"), [], []),
    (
        body("a/b"),
        {"requestBody": {"content": {"a/b": {"schema": TEXT, "encoding": {"x": {"contentType": "a/c"}}}}}},
        [f"request-content-type-encoding-changed UU {BODY} a/b"],
        [f"request-content-type-encoding-changed UU {BODY} a/b"],
    ),
    (
        body("a/b"),
        body("a/b", schema={**TEXT, "maxLength": 3}),
        [f"max-length-lowered BC {BODY} a/b"],
        [f"max-length-raised CB {BODY} a/b"],
    ),
    # answers
    (
        answers(s200={}),
        answers(s200={}, s201={}),
        [f"response-success-added UB {ANSWER} 201"],
        [f"response-success-removed BU {ANSWER} 201"],
    ),
    (
        answers(s200={}),
        answers(s200={}, s404={}),
        [f"response-failure-added CC {ANSWER} 404"],
        [f"response-failure-removed CC {ANSWER} 404"],
    ),
    (
        answers(s200={}),
        answers(s2XX={}),
        [f"response-success-generalised UC {ANSWER} 2XX"],
        [f"response-success-specialised CU {ANSWER} 2XX"],
    ),
    (
        answers(s200={}, s404={}),
        answers(s200={}, default={}),
        [f"response-failure-generalised CC {ANSWER} default"],
        [f"response-failure-specialised CC {ANSWER} default"],
    ),
    (
        answers(s200={}),
        answers(default={}),
        [f"response-success-generalised UC {ANSWER} default"],
        [f"response-success-specialised CU {ANSWER} default"],
    ),
    (
        answers(s200=content("a/b"), default={}),
        answers(default=content("a/b", schema=NUMBER)),
        [
            f"type-changed BB {ANSWER} 200 a/b",
            f"response-content-type-added CB {ANSWER} default a/b",
        ],
        [
            f"response-content-type-removed BC {ANSWER} default a/b",
            f"type-changed BB {ANSWER} 200 a/b",
        ],
    ),
    (
        answers(s200=content("a/b")),
        answers(s200=content("a/b", "a/c")),
        [f"response-content-type-added CB {ANSWER} 200 a/c"],
        [f"response-content-type-removed BC {ANSWER} 200 a/c"],
    ),
    (
        answers(s200=content("a/b")),
        answers(s200=content("a/*")),
        [f"response-content-type-generalised BC {ANSWER} 200 a/*"],
        [f"response-content-type-specialised CB {ANSWER} 200 a/*"],
    ),
    (
        answers(s200={}),
        header(),
        [f"response-header-added CU {NEXT}"],
        [f"response-header-removed UC {NEXT}"],
    ),
    (
        header(),
        header(required=True),
        [f"response-header-became-required CB {NEXT}"],
        [f"response-header-became-optional BC {NEXT}"],
    ),
    (
        header(),
        header(schema=LIST),
        [f"response-header-listed BC {NEXT}"],
        [f"response-header-unlisted CB {NEXT}"],
    ),
    (header(), answers(s200={"headers": {"x-next": {"schema": TEXT}}}), [], []),
    (answers(s200={}), answers(s200={"headers": {"Content-Type": {"schema": TEXT}}}), [], []),
    # the operation
    (
        NONE,
        {"deprecated": True},
        ["operation-deprecated CC POST /pets"],
        ["operation-reinstated CC POST /pets"],
    ),
]


@pytest.mark.parametrize(("old", "new", "forth", "back"), CHANGES)
def test_a_change_and_its_way_back(old: Any, new: Any, forth: list[str], back: list[str]) -> None:
    assert changed(old, new) == forth
    assert changed(new, old) == back
    assert changed(new, new) == []


def test_operations_are_matched_whatever_their_parameters_are_called() -> None:
    old = openapi({"/pets/{id}": {"get": {"responses": OK, "parameters": [number("id")]}}})
    new = openapi({"/pets/{petId}": {"parameters": [number("petId")], "get": {"responses": OK}}})
    assert compare(old, new).differences == ()


def number(name: str) -> dict[str, Any]:
    """A parameter of a path."""
    return {"name": name, "in": "path", "required": True, "schema": NUMBER}


def test_operations_come_and_go() -> None:
    old = openapi({"/a": {"get": {"responses": OK}}, "/b": {"get": {"responses": OK}}})
    new = openapi({"/a": {"get": {"responses": OK}, "put": {"responses": OK}}})
    assert found(compare(old, new)) == ["operation-removed BC GET /b", "operation-added CB PUT /a"]


def test_a_difference_says_where_it_stands() -> None:
    (difference,) = compare(openapi(operation()), openapi(operation(**query()))).differences
    assert str(difference.place) == "POST /pets query limit"
    assert (difference.place.file, difference.place.pointer) == (
        "api.yaml",
        "/paths/~1pets/post/parameters/0",
    )
    assert difference.reason == "a reader that does not know it may ignore it or refuse it"


def test_a_new_demand_spares_those_who_meet_it() -> None:
    comparison = compare(openapi(operation(**query())), openapi(operation(**query(required=True))))
    (difference,) = comparison.differences
    assert difference.part == ("POST /pets",)
    assert difference.spared_by == ("POST /pets", "query", "limit")


# -- who asks ------------------------------------------------------------------------------------------------

EVENT: dict[str, Any] = {
    "parameters": [{"name": "X-Id", "in": "header", "schema": TEXT}],
    **body("a/b"),
    "responses": {"200": {"headers": {"X-Seen": {"schema": TEXT}}, **content("a/b")}},
}
LARGER: dict[str, Any] = {
    "parameters": [{"name": "X-Id", "in": "header", "schema": TEXT, "required": True}],
    **body("a/b", "a/c", schema={}),
    "responses": {
        "200": {
            "headers": {"X-Seen": {"schema": TEXT, "required": True}},
            **content("a/b", "a/c", schema={}),
        },
        "202": {},
    },
}
LARGER_EVENT = [
    "event-parameter-became-required CB {} header x-id",
    "type-widened BC {} request a/b",
    "event-content-type-added BC {} request a/c",
    "event-answer-header-became-required BC {}",
    "type-widened CB {} response 200 a/b",
    "event-answer-content-type-added CB {} response 200 a/c",
    "event-answer-added CB {} response 202",
]


def test_in_a_webhook_the_provider_asks() -> None:
    old = openapi({}, "3.1.0", webhooks={"sold": {"post": EVENT}})
    new = openapi({}, "3.1.0", webhooks={"sold": {"post": LARGER}})
    assert found(compare(old, new)) == [line.format("webhook sold POST") for line in LARGER_EVENT]
    assert found(compare(openapi({}), new)) == ["event-added CB webhook sold POST"]
    assert found(compare(new, openapi({}))) == ["event-removed BC webhook sold POST"]


def test_in_a_callback_too() -> None:
    old = openapi(operation(callbacks={"sold": {"{$request.body#/url}": {"post": EVENT}}}))
    new = openapi(operation(callbacks={"sold": {"{$request.body#/url}": {"post": LARGER}}}))
    part = "POST /pets callback sold {{$request.body#/url}} POST"
    assert found(compare(old, new)) == [
        line.format(part.replace("{{", "{").replace("}}", "}")) for line in LARGER_EVENT
    ]


# -- versions ------------------------------------------------------------------------------------------------


def test_swagger_and_openapi_are_one_view() -> None:
    """The same interface, written in each of the two."""
    old = swagger(
        {
            "/pets": {
                "post": {
                    "consumes": ["a/b"],
                    "produces": ["a/b"],
                    "parameters": [
                        {
                            "name": "tags",
                            "in": "query",
                            "type": "array",
                            "items": TEXT,
                            "collectionFormat": "multi",
                        },
                        {
                            "name": "ids",
                            "in": "query",
                            "type": "array",
                            "items": NUMBER,
                            "collectionFormat": "pipes",
                        },
                        {
                            "name": "pet",
                            "in": "body",
                            "required": True,
                            "schema": {"$ref": "#/definitions/Pet"},
                        },
                    ],
                    "responses": {
                        "200": {"schema": {"$ref": "#/definitions/Pet"}, "headers": {"X-Next": TEXT}}
                    },
                },
                "put": {
                    "parameters": [
                        {"name": "name", "in": "formData", "required": True, "type": "string"},
                        {"name": "photo", "in": "formData", "type": "file"},
                    ],
                    "responses": OK,
                },
            }
        },
        definitions={"Pet": {"type": "object", "properties": {"name": TEXT}}},
    )
    pet = {"schema": {"$ref": "#/components/schemas/Pet"}}
    form = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": TEXT, "photo": {"type": "string", "format": "binary"}},
    }
    new = openapi(
        {
            "/pets": {
                "post": {
                    "parameters": [
                        {"name": "tags", "in": "query", "schema": LIST},
                        {
                            "name": "ids",
                            "in": "query",
                            "style": "pipeDelimited",
                            "schema": {"type": "array", "items": NUMBER},
                        },
                    ],
                    "requestBody": {"required": True, "content": {"a/b": pet}},
                    "responses": {"200": {"content": {"a/b": pet}, "headers": {"X-Next": {"schema": TEXT}}}},
                },
                "put": {
                    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
                    "responses": OK,
                },
            }
        },
        components={"schemas": {"Pet": {"type": "object", "properties": {"name": TEXT}}}},
    )
    comparison = compare(old, new)
    assert (comparison.differences, comparison.doubts) == ((), ())


@pytest.mark.parametrize("other", ["3.0.0", "3.1.0"])
def test_what_swagger_leaves_open_may_be_any_type(other: str) -> None:
    old = swagger({"/pets": {"post": {"responses": {"200": {"schema": TEXT}}}}})
    new = openapi(operation(**answers(s200=content("a/b"))), other)
    assert found(compare(old, new)) == [f"response-content-type-specialised CB {ANSWER} 200 */*"]


NULL_30: dict[str, Any] = {"type": "string", "nullable": True}
NULL_31: dict[str, Any] = {"type": ["string", "null"]}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (NULL_30, NULL_31, []),
        (NULL_30, TEXT, [f"null-removed BC {BODY} a/b"]),
        (TEXT, NULL_31, [f"null-added CB {BODY} a/b"]),
        (NULL_30, NULL_30, [f"null-removed BC {BODY} a/b"]),
    ],
)
def test_each_version_is_read_in_its_own_words(old: Any, new: Any, changes: list[str]) -> None:
    """OpenAPI 3.1 knows no `nullable`."""
    before, after = (
        openapi(operation(**body("a/b", schema=old))),
        openapi(operation(**body("a/b", schema=new)), "3.1.0"),
    )
    assert found(compare(before, after)) == changes
    turned = [line.split(" ", 2)[1] for line in found(compare(after, before))]
    assert turned == [line.split(" ", 2)[1][::-1] for line in changes]
