"""From findings of buf in both directions to differences: whom does what break, and how is it told?"""

import pytest

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Difference, Position
from tidegate.core.contracts.protobuf.findings import Look, differences
from tidegate.core.contracts.protobuf.parts import Finding
from tidegate.core.contracts.protobuf.policy import policy_of
from tidegate.core.contracts.protobuf.rules import RULES, Category
from tidegate.core.contracts.specification import Value

B, U, C = Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE

TEXT = "package p; message M { int32 a = 1; } service S { rpc A(M) returns (M); }"


def finding(rule: str, message: str = 'The "p" changed.', line: int = 1, file: str = "a.proto") -> Finding:
    return Finding(rule=rule, message=message, file=file, line=line, column=12)


def look(*found: Finding, config: Value = None, category: Category | None = None, text: str = TEXT) -> Look:
    texts = {"a.proto": text}
    return Look(found=found, policy=policy_of(config, category), texts=texts, against=texts)


def forward(*found: Finding, config: Value = None, category: Category | None = None) -> list[Difference]:
    return list(differences(look(*found, config=config, category=category), look()))


def backward(*found: Finding, config: Value = None, text: str = TEXT) -> list[Difference]:
    return list(differences(look(), look(*found, config=config, text=text)))


def answers(difference: Difference) -> tuple[Compatibility, Compatibility]:
    return difference.old_consumer_new_provider, difference.new_consumer_old_provider


@pytest.mark.parametrize("rule", RULES)
def test_what_counts_breaks_old_consumers_and_what_does_not_is_still_told(rule: str) -> None:
    (counted,) = forward(finding(rule), config={"version": "v2", "breaking": {"use": [rule]}})
    assert (counted.rule, counted.old_consumer_new_provider) == (rule, B)
    (other,) = forward(finding(rule), config={"version": "v2", "breaking": {"disable_builtin": True}})
    assert answers(other) == RULES[rule].at_run_time
    (excepted,) = forward(finding(rule), config={"version": "v2", "breaking": {"except": [rule]}})
    assert answers(excepted) == (C, C)
    assert excepted.reason.endswith("left out by `except` in buf.yaml")


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if not rule.removal])
def test_a_change_means_the_same_whichever_version_is_the_new_one(rule: str) -> None:
    (there,) = forward(finding(rule))
    (back,) = backward(finding(rule))
    assert answers(there) == answers(back)[::-1]
    assert back.place.line == 0
    assert back.reason == f"Seen from the new version: {there.reason}"


@pytest.mark.parametrize(
    ("rule", "there", "back", "added"),
    [
        ("RPC_NO_DELETE", (B, C), (C, B), "RPC_ADDED"),
        ("PACKAGE_SERVICE_NO_DELETE", (B, C), (C, B), "SERVICE_ADDED"),
        ("PACKAGE_MESSAGE_NO_DELETE", (C, C), (C, C), "MESSAGE_ADDED"),
        ("FIELD_NO_DELETE", (C, C), (C, C), "FIELD_ADDED"),
        ("ENUM_VALUE_NO_DELETE", (U, U), (U, U), "ENUM_VALUE_ADDED"),
    ],
)
def test_what_came_is_told_by_what_it_does_to_traffic(
    rule: str, there: tuple[Compatibility, ...], back: tuple[Compatibility, ...], added: str
) -> None:
    (gone,), (came,) = forward(finding(rule)), backward(finding(rule))
    assert (answers(gone), answers(came), came.rule) == (there, back, added)


def test_what_came_is_never_held_against_the_new_version_by_policy() -> None:
    (came,) = backward(finding("FIELD_NO_DELETE"), config={"version": "v2", "breaking": {"use": ["FILE"]}})
    assert answers(came) == (C, C)
    assert backward(finding("RESERVED_MESSAGE_NO_DELETE")) == []


def test_a_package_without_a_service_has_nothing_to_call() -> None:
    gone = finding("PACKAGE_NO_DELETE", 'Previously present package "p" was deleted.', file="", line=0)
    (came,) = backward(gone)
    assert (came.reason, answers(came)) == (
        'New package "p": consumers of the new version may call what old providers do not have',
        (C, B),
    )
    (came,) = backward(gone, text="package p; message M { }")
    assert (came.reason, answers(came)) == ('New package "p": it has no service that could be called', (C, C))


PROTO3 = '/* syntax = "proto2" */ // of old\nsyntax = "proto3"; package p; enum E { A = 0; }'


@pytest.mark.parametrize(
    ("text", "category", "answer"),
    [
        (PROTO3, Category.WIRE, C),
        (PROTO3, Category.WIRE_JSON, U),
        ('// syntax = "proto3"\nsyntax = "proto2"; package p; enum E { A = 0; }', Category.WIRE, U),
        ("", Category.WIRE, U),
    ],
)
def test_an_open_enum_keeps_what_it_does_not_know_where_json_does_not_count(
    text: str, category: Category, answer: Compatibility
) -> None:
    found = look(finding("ENUM_VALUE_NO_DELETE"), category=category, text=text)
    (gone,), (came,) = differences(found, look()), differences(look(), found)
    assert (answers(gone), answers(came)) == ((answer, answer), (answer, answer))
    assert ("an open enum keeps" in gone.reason) is ("an open enum keeps" in came.reason) is (answer is C)


def test_one_thing_found_under_several_rules_is_told_by_those_that_count() -> None:
    message = 'Field "1" with name "a" on message "M" changed type from "int32" to "string".'
    found = [
        finding("FIELD_SAME_TYPE", message),
        finding("FIELD_WIRE_JSON_COMPATIBLE_TYPE", f"{message} See the documentation."),
        finding("FIELD_WIRE_COMPATIBLE_TYPE", message),
    ]
    assert [d.rule for d in forward(*found)] == ["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]
    nothing: Value = {"version": "v2", "breaking": {"disable_builtin": True}}
    assert [d.rule for d in forward(*found, config=nothing)] == ["FIELD_WIRE_COMPATIBLE_TYPE"]
    assert [d.rule for d in forward(*found[:2], config=nothing)] == [f.rule for f in found[:2]]


def test_a_change_that_both_directions_find_is_told_once() -> None:
    message = 'Field "1" with name "a" on message "M" changed type from "{}" to "{}".'
    there = finding("FIELD_WIRE_COMPATIBLE_TYPE", message.format("int32", "string"), line=3)
    back = finding("FIELD_WIRE_COMPATIBLE_TYPE", message.format("string", "int32"), line=9)
    (difference,) = differences(look(there, category=Category.WIRE), look(back, category=Category.WIRE))
    assert difference.place.line == 3


def test_what_one_version_counts_counts() -> None:
    change = finding("FIELD_SAME_NAME", 'Field "1" on message "M" changed name from "a" to "b".')
    for one, other in ((Category.WIRE, Category.WIRE_JSON), (Category.WIRE_JSON, Category.WIRE)):
        (difference,) = differences(look(change, category=one), look(change, category=other))
        assert answers(difference) == (B, B)
    (difference,) = differences(look(change, category=Category.WIRE), look(change, category=Category.WIRE))
    assert answers(difference) == (C, C)


def test_a_difference_in_full() -> None:
    message = 'Field "1" with name "a" on message "M" changed type from "int32" to "string".'
    (difference,) = forward(finding("FIELD_SAME_TYPE", message), config={"version": "v2", "breaking": {}})
    assert (difference.position, difference.part, str(difference.place)) == (
        Position.TYPE,
        ("p.M", "a"),
        "p.M.a",
    )
    assert (difference.place.file, difference.place.line) == ("a.proto", 1)
    assert difference.reason == (
        'Field "1" with name "a" on message "M" changed type from "int32" to "string": '
        "generated code changes, the wire does not, and that counts here"
    )
    (difference,) = forward(
        finding("FILE_NO_DELETE", 'Previously present file "b.proto" was deleted.', file="")
    )
    assert (str(difference.place), difference.place.file) == ("all files", "")
    (difference,) = forward(finding("FILE_SAME_GO_PACKAGE", "File option changed.", line=0))
    assert (str(difference.place), difference.part) == ("a.proto", ())
