"""Documents of every version become one shape; what cannot be read is a doubt with its place."""

from typing import Any

import pytest
from tests.core.contracts.pact.documents import contract, document, specification

from tidegate.core.contracts.pact.model import Body, InteractionKind, Matcher, Rule, Version, Wild
from tidegate.core.contracts.pact.read import MOST_DOUBTS, read

HTTP = {"description": "d", "request": {"method": "get", "path": "/"}, "response": {"status": 200}}


def doubts(value: Any) -> list[str]:
    (found,) = read(specification(value))
    return [str(doubt) for doubt in found.doubts]


def test_an_interaction_of_version_2() -> None:
    found = contract(
        "2.0.0",
        interactions=[
            HTTP
            | {
                "providerState": "a pet",
                "request": {
                    "method": "post",
                    "path": "/pets",
                    "query": "a=1&a=2",
                    "headers": {"Content-Type": "application/json; charset=utf-8"},
                    "body": {"name": "Rex"},
                    "matchingRules": {"$.body.name": {"match": "type"}, "$.header.Accept": {"regex": ".*"}},
                },
            }
        ],
    )
    assert (found.consumer, found.provider, found.version, found.doubts) == (
        "checkout",
        "pets",
        Version.V2,
        (),
    )
    (interaction,) = found.interactions
    assert str(interaction) == '"d" given a pet'
    assert interaction.place.pointer == "/interactions/0"
    request = interaction.request
    assert request is not None
    assert (request.method, request.query) == ("POST", {"a": ("1", "2")})
    assert request.body == Body(content={"name": "Rex"}, media="application/json")
    assert request.rules == {
        "body": (Rule(path=("name",), matchers=(Matcher(name="type", arguments={"match": "type"}),)),),
        "header": (Rule(path=("accept",), matchers=(Matcher(name="regex", arguments={"regex": ".*"}),)),),
    }


def test_messages_of_version_3() -> None:
    found = contract(
        "3.0.0",
        messages=[
            {"description": "paid", "providerStates": [{"name": "a"}, "b"], "contents": [1], "metaData": {}}
        ],
    )
    (interaction,) = found.interactions
    assert (interaction.kind, interaction.states) == (InteractionKind.MESSAGE, ("a", "b"))
    assert interaction.messages[0].body == Body(content=[1])
    assert str(found.interactions[0]) == '"paid" given a, b'


def test_interactions_of_version_4() -> None:
    found = contract(
        interactions=[
            HTTP | {"type": "Synchronous/HTTP", "key": "k", "pending": True},
            {"type": "Asynchronous/Messages", "description": "m"},
            {
                "type": "Synchronous/Messages",
                "description": "x",
                "request": {
                    "contents": {"content": "aGk=", "encoded": "base64", "contentType": "text/plain"}
                },
                "response": [
                    {"contents": {"content": "[1]", "encoded": "JSON", "contentType": "application/json"}}
                ],
            },
        ]
    )
    first, second, third = found.interactions
    assert (first.key, first.pending, str(first)) == ("k", True, '"d"')
    assert second.messages[0].body is None
    assert [message.body for message in third.messages] == [
        Body(content=b"hi", media="text/plain"),
        Body(content=[1], media="application/json"),
    ]


def test_json_in_base64_is_read_as_json() -> None:
    encoded = {"content": "WzFd", "encoded": "base64", "contentType": "application/json"}
    found = contract(interactions=[HTTP | {"response": {"body": encoded}}])
    response = found.interactions[0].response
    assert response is not None
    assert response.body == Body(content=[1], media="application/json")


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        ({"pactSpecification": {"version": "1.1.0"}}, Version.V1_1),
        ({"pact-specification": {"version": "1"}}, Version.V1),
        ({"pactSpecificationVersion": "3.0"}, Version.V3),
        ({}, Version.V2),
    ],
)
def test_versions_stand_in_several_places(metadata: Any, version: Version) -> None:
    (found,) = read(specification(document(interactions=[HTTP]) | {"metadata": metadata}))
    assert (found.version, found.doubts) == (version, ())


def test_rules_of_version_3_in_groups() -> None:
    rules = {
        "path": {"combine": "OR", "matchers": [{"match": "type"}]},
        "query": {"a b": {"matchers": [{"match": "type"}]}},
        "header": {"$['X-A']": {"matchers": [{"match": "type"}]}, "$": {"matchers": [{"match": "type"}]}},
        "body": {'$.a[0]["b c"].*[*]': {"matchers": [{"match": "type"}]}},
    }
    found = contract("3.0", interactions=[HTTP | {"request": {"matchingRules": rules}}])
    request = found.interactions[0].request
    assert request is not None
    paths = {group: [(rule.path, rule.any_of) for rule in many] for group, many in request.rules.items()}
    assert paths == {
        "path": [((), True)],
        "query": [(("a b",), False)],
        "header": [(("x-a",), False), ((), False)],
        "body": [(("a", 0, "b c", Wild.NAME, Wild.INDEX), False)],
    }


def one(**fields: Any) -> Any:
    return document(interactions=[HTTP | fields])


def ruled(rules: Any) -> Any:
    return one(response={"matchingRules": rules})


REQUEST, RESPONSE = "pact.json#/interactions/0/request", "pact.json#/interactions/0/response"
RULES = f"{RESPONSE}/matchingRules"
UNREAD_VERSION = "is a version of Pact that is not read here; these are: 1.0, 1.1, 2.0, 3.0, 4.0"
KINDS = "Synchronous/HTTP, Asynchronous/Messages, Synchronous/Messages"
UNREAD_SORT = f"is a sort of interaction that is not read here; these are: {KINDS}"
DOUBTS: dict[str, tuple[Any, list[str]]] = {
    "not a document": (
        [],
        [
            "pact.json has no interactions, so it demands nothing",
            "pact.json#/consumer/name is missing: whose contract is this?",
            "pact.json#/provider/name is missing: whose contract is this?",
        ],
    ),
    "unknown version": (
        document("5.0", interactions=[HTTP]),
        [f"pact.json#/metadata/pactSpecification/version {UNREAD_VERSION}"],
    ),
    "interactions no list": (document(interactions={"a": 1}), ["pact.json#/interactions is not a list"]),
    "an interaction that is none": (
        document(interactions=[1]),
        ["pact.json#/interactions/0 is not an interaction"],
    ),
    "no description": (document(interactions=[{}]), ["pact.json#/interactions/0 has no description"]),
    "an unknown type": (
        one(type="Plugin"),
        [f"pact.json#/interactions/0/type {UNREAD_SORT}"],
    ),
    "no request": (one(request=None), [f"{REQUEST} is missing"]),
    "no status": (one(response={"status": "200"}), [f"{RESPONSE}/status is not an HTTP status"]),
    "method no text": (one(request={"method": 1}), [f"{REQUEST}/method is not a text"]),
    "headers no mapping": (one(request={"headers": "a"}), [f"{REQUEST}/headers is not a mapping"]),
    "header no text": (
        one(request={"headers": {"a": [{}]}}),
        [f"{REQUEST}/headers/a is neither a text nor a list of texts"],
    ),
    "body not of version 4": (
        one(response={"body": [1]}),
        [f"{RESPONSE}/body is not a body of version 4 (content, contentType, encoded)"],
    ),
    "unknown encoding": (
        one(response={"body": {"content": "a", "encoded": "zip"}}),
        [f"{RESPONSE}/body/encoded is an encoding that is not read here"],
    ),
    "wrong encoding": (
        one(response={"body": {"content": "a", "encoded": "base64"}}),
        [f"{RESPONSE}/body/content is no base64"],
    ),
    "rules no mapping": (ruled([1]), [f"{RULES} is not a mapping of matching rules"]),
    "unknown group": (ruled({"boddy": {}}), [f"{RULES}/boddy is not a group of matching rules"]),
    "unreadable path": (
        ruled({"body": {"$.a..b": {"matchers": [{"match": "type"}]}}}),
        [f"{RULES}/body/$.a..b is not the path of a matching rule"],
    ),
    "path without a root": (
        ruled({"body": {"a": {"matchers": [{"match": "type"}]}}}),
        [f"{RULES}/body/a is not the path of a matching rule"],
    ),
    "path too long": (
        ruled({"body": {"$" + ".a" * 101: {"matchers": [{"match": "type"}]}}}),
        [f"{RULES}/body/${'.a' * 101} is not the path of a matching rule"],
    ),
    "no name": (
        ruled({"header": {"": {"matchers": [{"match": "type"}]}}}),
        [f"{RULES}/header/ is not the path of a matching rule"],
    ),
    "no matchers": (ruled({"body": {"$": {}}}), [f"{RULES}/body/$ has no matchers"]),
    "no matcher": (
        ruled({"body": {"$": {"matchers": [{}]}}}),
        [f"{RULES}/body/$/matchers/0 says no matcher that is known"],
    ),
    "unknown combine": (
        ruled({"body": {"$": {"combine": "XOR", "matchers": [{"match": "type"}]}}}),
        [f'{RULES}/body/$/combine is neither "AND" nor "OR"'],
    ),
    "too many rules": (
        ruled({"body": {f"$.a{n}": {"matchers": [{"match": "type"}]} for n in range(2_001)}}),
        [f"{RULES} has more than 2000 matching rules"],
    ),
    "version 2, no group": (
        document("2.0", interactions=[HTTP | {"response": {"matchingRules": {"$": {"match": "type"}}}}]),
        [f"{RULES}/$ is not the path of a matching rule"],
    ),
}


@pytest.mark.parametrize(("value", "found"), DOUBTS.values(), ids=DOUBTS)
def test_what_cannot_be_read_is_a_doubt(value: Any, found: list[str]) -> None:
    assert sorted(doubts(value)) == sorted(found)


def test_doubts_are_limited() -> None:
    assert len(doubts(document(interactions=[1] * 1_000))) == MOST_DOUBTS


def test_a_folder_holds_several_contracts() -> None:
    folder = specification(document(interactions=[HTTP]))
    both = type(folder)(
        kind=folder.kind, name="pacts", documents={"b.json": {}, "a.json": document()}, texts={}
    )
    assert [found.consumer for found in read(both)] == ["checkout", ""]
