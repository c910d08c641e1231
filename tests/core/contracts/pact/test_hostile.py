"""Whatever stands in a document, reading and checking it ends with values, and never says compatible by mistake."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.contracts.pact.documents import document, specification
from tests.core.contracts.pact.test_check import JSON, answering, openapi

from tidegate.core.contracts.pact.check import check
from tidegate.core.contracts.pact.compare import compare
from tidegate.core.contracts.pact.match import match_response
from tidegate.core.contracts.pact.read import read

WORDS = [
    *("description", "type", "request", "response", "body", "content", "contents", "contentType", "encoded"),
    *(
        "headers",
        "query",
        "path",
        "method",
        "status",
        "matchingRules",
        "$",
        "$.a",
        "matchers",
        "match",
        "rules",
    ),
    *("variants", "index", "min", "regex", "combine", "metadata", "providerStates", "name", "pending", "a"),
    *(
        "properties",
        "items",
        "required",
        "enum",
        "pattern",
        "anyOf",
        "$ref",
        "minLength",
        "additionalProperties",
    ),
]
TEXTS = st.sampled_from(
    [*WORDS, "", "values", "eachValue", "arrayContains", "regex", "base64", "(", "[1]", JSON, "<a/>"]
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 300), st.floats(-2, 2), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
PARTS = st.dictionaries(st.sampled_from(WORDS), ANYTHING, max_size=5)
VERSIONS = st.sampled_from(["1.0", "1.1", "2.0", "3.0", "4.0"])


def interaction(request: Any, response: Any) -> dict[str, Any]:
    return {
        "description": "d",
        "request": {"path": "/pets"} | request,
        "response": {"status": 200} | response,
    }


@settings(max_examples=60)
@given(version=VERSIONS, request=PARTS, response=PARTS, schema=ANYTHING)
def test_any_contract_against_any_schema(version: str, request: Any, response: Any, schema: Any) -> None:
    (contract,) = read(specification(document(version, interactions=[interaction(request, response)])))
    result = check(contract, openapi(answering(schema)))
    assert result.answer in list(type(result.answer))
    for each in contract.interactions:
        if each.response:
            assert all(mismatch.reason for mismatch in match_response(each.response, each.response))


@settings(max_examples=60)
@given(anything=ANYTHING)
def test_what_is_no_contract_demands_nothing_and_passes_nowhere(anything: Any) -> None:
    (contract,) = read(specification(anything))
    assert contract.doubts
    assert not check(contract, openapi(answering({}))).answer.safe
    assert not compare(specification(anything), specification(anything)).old_consumer_new_provider.safe
