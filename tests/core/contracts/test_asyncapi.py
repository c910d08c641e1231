"""AsyncAPI documents of two versions, of version 2 and 3 of AsyncAPI."""

from typing import Any

import pytest

from tidegate.core.contracts.asyncapi import compare
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Position
from tidegate.core.contracts.specification import Kind, Specification, Value

S: dict[str, Any] = {"type": "string"}
I: dict[str, Any] = {"type": "integer"}  # noqa: E741 - the type's letter, as S
ORDER = {"payload": {"properties": {"id": S}, "required": ["id"]}}
LOOSER = {"payload": {"properties": {"id": S}}}
C, B, U = "compatible", "breaking", "unknown"


def spec(document: Value) -> Specification:
    return Specification(kind=Kind.ASYNCAPI, name="a", root="a", documents={"a": document}, texts={})


def v2(message: Any, verb: Any = "subscribe", channel: Any = "orders/{id}", **more: Any) -> dict[str, Any]:
    return {"asyncapi": "2.6.0", "channels": {channel: {verb: {"message": message}}}, **more}


def v3(carried: dict[str, Any], action: str = "send", **operation: Any) -> dict[str, Any]:
    channel = {"address": "orders/{order}", "messages": carried}
    spoken = {"action": action, "channel": {"$ref": "#/channels/orders"}, **operation}
    return {"asyncapi": "3.0.0", "channels": {"orders": channel}, "operations": {"any": spoken}}


def told(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    assert not comparison.doubts
    return [
        (it.rule, it.place.path, it.old_consumer_new_provider.value, it.new_consumer_old_provider.value)
        for it in comparison.differences
    ]


def compared(old: Any, new: Any) -> list[tuple[str, str, str, str]]:
    return told(compare(spec(old), spec(new)))


SENT = ("required-removed", "send orders/{id} order payload.id", B, C)
RECEIVED = ("required-removed", "receive orders/{id} order payload.id", C, B)


@pytest.mark.parametrize(("verb", "found"), [("subscribe", SENT), ("publish", RECEIVED)])
def test_version_2_says_what_others_may_do(verb: str, found: Any) -> None:
    old, new = ({"name": "order", **it} for it in (ORDER, LOOSER))
    assert compared(v2(old, verb), v2(new, verb)) == [found]
    (difference,) = compare(spec(v2(old, verb)), spec(v2(new, verb))).differences
    assert difference.part == ("orders/{id}", found[1].split()[0], "order", "payload", "id")
    assert difference.place.pointer == f"/channels/orders~1{{id}}/{verb}/message/payload/properties/id"


@pytest.mark.parametrize(("action", "answers"), [("send", (B, C)), ("receive", (C, B))])
def test_version_3_says_what_the_application_does(action: str, answers: Any) -> None:
    found = compared(v3({"order": ORDER}, action), v3({"order": LOOSER}, action))
    assert found == [("required-removed", f"{action} orders/{{order}} order payload.id", *answers)]


def test_a_document_that_moves_to_version_3_says_the_same() -> None:
    assert compared(v2({"name": "order", **ORDER}), v3({"order": ORDER})) == []


MESSAGES = [
    ("send", {"a": ORDER}, {"a": ORDER, "b": ORDER}, ("message-added", U, C)),
    ("send", {"a": ORDER, "b": ORDER}, {"a": ORDER}, ("message-removed", B, U)),
    ("receive", {"a": ORDER}, {"a": ORDER, "b": ORDER}, ("message-added", C, B)),
    ("receive", {"a": ORDER, "b": ORDER}, {"a": ORDER}, ("message-removed", B, C)),
    (
        "send",
        {"a": {**ORDER, "contentType": "application/json"}},
        {"a": {**ORDER, "contentType": "application/avro"}},
        ("content-type-changed", B, B),
    ),
    (
        "send",
        {"a": {"headers": {"properties": {"x": S, "y": S}}}},
        {"a": {"headers": {"properties": {"y": S}}}},
        ("property-removed", B, C),
    ),
]


@pytest.mark.parametrize(("action", "old", "new", "found"), MESSAGES)
def test_messages_come_and_go(action: str, old: Any, new: Any, found: Any) -> None:
    ((rule, path, *answers),) = compared(v3(old, action), v3(new, action))
    assert (rule, *answers) == found
    assert path.startswith(f"{action} orders/{{order}}")


def test_a_message_under_a_new_name_is_compared_with_the_one_it_stands_for() -> None:
    assert compared(v3({"a": ORDER}), v3({"b": ORDER})) == []


def test_channels_and_operations_come_and_go() -> None:
    old, new = v2(ORDER), v2(ORDER, channel="parcels")
    assert compared(old, new) == [
        ("operation-removed", "send orders/{id}", B, C),
        ("operation-added", "send parcels", C, B),
    ]
    assert compared(v2(ORDER), v2(ORDER, channel="orders/{number}")) == []


def test_messages_of_version_2_have_many_names() -> None:
    parts = {"components": {"messages": {"paid": ORDER}}}
    either = {"oneOf": [{"$ref": "#/components/messages/paid"}, {"messageId": "sent", **ORDER}, ORDER]}
    looser = {"oneOf": [{"name": "paid", **LOOSER}, {"name": "sent", **ORDER}, ORDER]}
    assert compared(v2(either, **parts), v2(looser)) == [
        ("required-removed", "send orders/{id} paid payload.id", B, C)
    ]


def test_an_operation_of_version_3_may_choose_among_the_messages_of_its_channel() -> None:
    chosen = [{"$ref": "#/channels/orders/messages/a"}]
    old = v3({"a": ORDER, "b": ORDER}, messages=chosen)
    new = v3({"a": ORDER, "b": LOOSER}, messages=chosen)
    assert compared(old, new) == []


def test_a_reply_goes_the_other_way() -> None:
    def document(reply: Any) -> dict[str, Any]:
        asked = v3({"ask": ORDER}, "receive", reply={"channel": {"$ref": "#/channels/answers"}})
        asked["channels"]["answers"] = {"messages": {"answer": reply}}
        return asked

    assert compared(document(ORDER), document(LOOSER)) == [
        ("required-removed", "send answers answer payload.id", B, C)
    ]


def test_a_channel_of_which_no_operation_speaks_may_go_either_way() -> None:
    old, new = v3({"a": ORDER}), v3({"a": LOOSER})
    old["operations"] = new["operations"] = {}
    assert [answers for _, _, *answers in compared(old, new)] == [[B, C], [C, B]]


def test_traits_give_what_a_message_does_not_say() -> None:
    def message(header: Any) -> dict[str, Any]:
        return {"traits": [{"headers": {"properties": {"x": header}}, "contentType": "text/plain"}]}

    assert compared(v3({"a": message(S)}), v3({"a": message(I)})) == [
        ("type-changed", "send orders/{order} a headers.x", B, B)
    ]


RAML = "application/raml+yaml;version=1.0"
AVRO = "application/vnd.apache.avro;version=1.9.0"


def carrying(schema_format: str, leaf: Any) -> dict[str, Any]:
    return {"a": {"payload": {"schemaFormat": schema_format, "schema": leaf}}}


def test_payloads_in_other_schema_formats_are_equal_or_unknown() -> None:
    assert compared(v3(carrying(RAML, {"type": "long"})), v3(carrying(RAML, {"type": "long"}))) == []
    old = spec(v3(carrying(RAML, {"type": "int"})))
    new = spec(v2({"schemaFormat": AVRO, "payload": "long", "name": "a"}))
    comparison = compare(old, new)
    assert [str(doubt) for doubt in comparison.doubts] == [
        f"send orders/{{id}} a payload in schemaFormat {RAML} and {AVRO} is not compared"
    ]
    assert comparison.old_consumer_new_provider is Compatibility.UNKNOWN


@pytest.mark.parametrize(
    ("action", "position", "answers"),
    [("send", Position.EVENT, (B, C)), ("receive", Position.REQUEST, (C, B))],
)
def test_avro_payloads_are_read_by_whoever_does_not_write_them(
    action: str, position: Position, answers: Any
) -> None:
    """An int can be read as a long, and a long not as an int."""
    old, new = (v3(carrying(AVRO, {"type": leaf}), action) for leaf in ("int", "long"))
    ((_, path, *found),) = compared(old, new)
    assert (path, tuple(found)) == (f"{action} orders/{{order}} a payload", answers)
    assert compare(spec(old), spec(new)).differences[0].position is position


def test_an_avro_payload_that_leads_nowhere_is_a_doubt() -> None:
    old, new = carrying(AVRO, {"$ref": "away.avsc"}), carrying(AVRO, {"type": "long"})
    assert [str(doubt) for doubt in compare(spec(v3(old)), spec(v3(new))).doubts] == [
        "send orders/{order} a payload: away.avsc names no file of the given folder"
    ]


def test_openapi_schemas_keep_their_dialect() -> None:
    def message(schema: Any) -> dict[str, Any]:
        return {"payload": {"schemaFormat": "application/vnd.oai.openapi;version=3.0.0", "schema": schema}}

    assert compared(v3({"a": message({**S, "nullable": True})}), v3({"a": message(S)})) == [
        ("null-removed", "send orders/{order} a payload", C, B)
    ]


DOUBTS: list[tuple[Any, str]] = [
    ({"asyncapi": "1.2.0", "channels": {}}, "version '1.2.0' of AsyncAPI is not known, only 2 and 3 (at a#)"),
    ({"asyncapi": 2.6}, "a document without channels (at a#)"),
    ({"asyncapi": "3.0.0", "channels": []}, "a document without channels (at a#)"),
    (["half"], "version 'None' of AsyncAPI is not known, only 2 and 3 (at a#)"),
    (
        v2({"$ref": "m.yaml"}),
        "'$ref: m.yaml' names no file of the given folder (at a#/channels/orders~1{id}/subscribe/message)",
    ),
    (v3({"a": ORDER}, "shout"), "the action 'shout' is neither send nor receive (at a#/operations/any)"),
    (
        v3({"a": {"headers": {"type": "object"}, "traits": [{"headers": {"type": "object"}}]}}),
        "headers that come from a trait as well are not compared (at a#/channels/orders/messages/a)",
    ),
]


@pytest.mark.parametrize(("document", "message"), DOUBTS)
def test_what_cannot_be_read_is_never_compatible(document: Any, message: str) -> None:
    comparison = compare(spec(document), spec(document))
    assert message in [doubt.message for doubt in comparison.doubts]
    assert comparison.old_consumer_new_provider is Compatibility.UNKNOWN
    assert comparison.new_consumer_old_provider is Compatibility.UNKNOWN
