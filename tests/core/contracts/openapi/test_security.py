"""What must be presented, and whether what was enough still is."""

from typing import Any

import pytest
from tests.core.contracts.openapi.documents import OK, openapi, swagger

from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.openapi import compare

SCHEMES: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "same": {"type": "apiKey", "in": "header", "name": "x-key"},
    "token": {"type": "http", "scheme": "Bearer"},
    "cert": {"type": "mutualTLS"},
    "login": {"type": "openIdConnect", "openIdConnectUrl": "https://a.example"},
    "grant": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.example/t"}}},
}


def rules(comparison: Comparison) -> list[str]:
    assert comparison.doubts == ()
    return [each.rule.removeprefix("security-") for each in comparison.differences]


def document(security: Any, **schemes: Any) -> Any:
    return openapi(
        {"/": {"get": {"responses": OK, "security": security}}},
        components={"securitySchemes": {**SCHEMES, **schemes}},
    )


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ([], [{"key": []}], ["tightened"]),
        ([{"key": []}], [], ["loosened"]),
        ([{"key": []}], [{"key": []}, {}], ["loosened"]),
        ([{"key": []}], [{"same": []}], []),
        ([{"key": []}], [{"key": []}, {"token": []}], ["loosened"]),
        ([{"key": []}, {"token": []}], [{"token": []}], ["tightened"]),
        ([{"key": []}], [{"token": []}], ["tightened", "loosened"]),
        ([{"key": []}], [{"key": [], "cert": []}], ["tightened"]),
        ([{"grant": ["read"]}], [{"grant": ["read", "write"]}], ["tightened"]),
        ([{"grant": ["read"]}], [{"grant": []}], ["loosened"]),
        ([{"login": []}], [{"grant": []}], ["tightened", "loosened"]),
    ],
)
def test_one_of_several_requirements_is_enough(old: Any, new: Any, changes: list[str]) -> None:
    assert rules(compare(document(old), document(new))) == changes


@pytest.mark.parametrize(
    ("scheme", "moved"),
    [
        ("login", {"type": "openIdConnect", "openIdConnectUrl": "https://b.example"}),
        ("grant", {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a.example/t"}}}),
    ],
)
def test_tokens_from_elsewhere_may_or_may_not_do(scheme: str, moved: Any) -> None:
    comparison = compare(document([{scheme: []}]), document([{scheme: []}], **{scheme: moved}))
    assert rules(comparison) == ["issuer-changed"]
    assert comparison.old_consumer_new_provider == comparison.new_consumer_old_provider == "unknown"


def test_an_operation_inherits_what_the_document_asks() -> None:
    asked: Any = [{"key": []}]
    get = {"/": {"get": {"responses": OK}}}
    schemes = {"securitySchemes": SCHEMES}
    everywhere = openapi(get, components=schemes, security=asked)
    assert rules(compare(document(asked), everywhere)) == []
    assert rules(compare(openapi(get, components=schemes), everywhere)) == ["tightened"]


def test_swagger_has_other_words_for_the_same() -> None:
    security = [{"password": []}, {"grant": ["read"]}]
    old = swagger(
        {"/": {"get": {"responses": OK, "security": security}}},
        securityDefinitions={
            "password": {"type": "basic"},
            "grant": {"type": "oauth2", "flow": "application", "tokenUrl": "https://a.example/t"},
        },
    )
    assert rules(compare(old, document(security, password={"type": "http", "scheme": "basic"}))) == []
