"""Which alternatives belong together, what recurs, and that every walk ends."""

from typing import Any

import pytest
from tests.core.contracts.schemas.cases import (
    B,
    C,
    U,
    answer,
    at_root,
    rules,
    site,
    to_consumer,
    to_provider,
    told,
)

from tidegate.core.contracts.schemas import Known, compare_schemas, known, walk

S: dict[str, Any] = {"type": "string"}
I: dict[str, Any] = {"type": "integer"}  # noqa: E741 - the type's letter, as S


def obj(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def pets(*names: str, **schemas: Any) -> dict[str, Any]:
    return {"oneOf": [{"$ref": f"#/d/{name}"} for name in names], "d": schemas}


CAT, DOG = obj("meow", meow=S), obj("bark", bark=S)

MANY: dict[str, Any] = {
    "oneOf": [{"$ref": "#/d/A"}, {"$ref": "#/d/B"}, *({"const": f"v{i}"} for i in range(70))],
    "d": {"A": S, "B": I},
}

NAMES = [f"N{i}" for i in range(70)]

ALTERNATIVES = [
    (
        "by name, whatever they hold",
        pets("Cat", Cat=CAT),
        pets("Cat", Cat=DOG),
        ["required-property-added", "required-property-removed"],
    ),
    ("one more", pets("Cat", Cat=CAT), pets("Cat", "Dog", Cat=CAT, Dog=DOG), ["alternative-added"]),
    (
        "two names are two things",
        pets("Cat", "X", Cat=CAT, X=S),
        pets("Dog", "X", Dog=DOG, X=S),
        ["alternative-added", "alternative-removed"],
    ),
    ("equal under a new name", pets("Cat", "X", Cat=CAT, X=I), pets("Y", "Cat", Cat=CAT, Y=I), []),
    ("one becomes several", CAT, {"oneOf": [CAT, I]}, ["alternative-added"]),
    ("several become one", {"oneOf": [CAT, I]}, I, ["alternative-removed"]),
    (
        "null is a question of its own",
        {"anyOf": [CAT, S]},
        {"anyOf": [CAT, S, {"type": "null"}]},
        ["null-added"],
    ),
    ("null goes", {"anyOf": [CAT, {"type": "null"}]}, {"anyOf": [CAT]}, ["null-removed"]),
    ("covered by another", {"anyOf": [S, I]}, {"anyOf": [S, I, {**S, "maxLength": 3}]}, []),
    (
        "one that fits two",
        {"anyOf": [{**S, "maxLength": 3}, {**S, "minLength": 1}, I]},
        {"anyOf": [{**S, "maxLength": 9}, {**S, "maxLength": 8}, I]},
        ["alternative-added", "alternative-removed", "max-length-raised"],
    ),
    ("one allows more", {"anyOf": [{**S, "maxLength": 3}, I]}, {"anyOf": [I, S]}, ["max-length-raised"]),
    (
        "several types",
        {"type": ["string", "integer"], "maxLength": 3},
        {"oneOf": [{**S, "maxLength": 3}, I]},
        [],
    ),
]


@pytest.mark.parametrize(("_", "old", "new", "found"), ALTERNATIVES)
def test_alternatives_that_belong_together_are_compared(_: str, old: Any, new: Any, found: list[str]) -> None:
    assert rules(to_consumer(old, new)) == sorted(found)


def test_an_alternative_that_a_writer_may_add_breaks_readers_of_the_old_version() -> None:
    old, new = pets("Cat", Cat=CAT), pets("Cat", "Dog", Cat=CAT, Dog=DOG)
    assert [answer(it) for it in to_consumer(old, new).differences] == [(B, C)]
    assert [answer(it) for it in to_provider(old, new).differences] == [(C, B)]
    assert to_consumer(old, new).differences[0].reason == "the alternative 'Dog' is new"


def test_alternatives_inside_alternatives_inside_alternatives_are_not_tried_for_ever() -> None:
    def nested(leaf: Any, levels: int) -> Any:
        return {"oneOf": [obj(a=nested(leaf, levels - 1)), obj("b", b=S)]} if levels else leaf

    findings = to_consumer(nested(S, 5), nested(I, 5))
    assert {answer(it) for it in findings.differences if it.rule == "alternatives-changed"} <= {(U, U)}
    assert findings.differences


def test_what_recurs_is_told_once_and_named_where_it_recurs() -> None:
    def tree(leaf: Any) -> Any:
        node = obj(value=leaf, left={"$ref": "#/d/Node"}, right={"$ref": "#/d/Node"})
        return at_root({"schema": {"$ref": "#/d/Node"}, "d": {"Node": node}}).at("schema")

    findings = compare_schemas(tree(S), tree(I), site())
    assert told(findings) == [
        ("recursive-schema-changed", "body.left"),
        ("recursive-schema-changed", "body.right"),
        ("type-changed", "body.value"),
    ]
    assert {answer(it) for it in findings.differences} == {(B, B)}
    assert findings.differences[-1].reason == "the schema of body again, whose differences are told there"
    assert not compare_schemas(tree(S), tree(S), site()).differences


def test_what_recurs_without_harm_is_not_named_again() -> None:
    def tree(**more: Any) -> Any:
        return {"$ref": "#/d/Node", "d": {"Node": obj(next={"$ref": "#/d/Node"}, **more)}}

    assert set(rules(to_consumer(tree(), tree(a=S)))) == {"property-added"}


def test_the_same_schema_in_two_places_is_told_in_both() -> None:
    def order(leaf: Any) -> Any:
        return {**obj(bill={"$ref": "#/d"}, ship={"$ref": "#/d"}), "d": obj(zip=leaf)}

    assert told(to_consumer(order(S), order(I))) == [
        ("type-changed", "body.bill.zip"),
        ("type-changed", "body.ship.zip"),
    ]


def test_once_many_are_compared_the_same_is_told_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def layers(leaf: Any) -> Any:
        levels = {str(i): obj(l={"$ref": f"#/d/{i + 1}"}, r={"$ref": f"#/d/{i + 1}"}) for i in range(30)}
        return {"$ref": "#/d/0", "d": {**levels, "30": leaf}}

    monkeypatch.setattr(walk, "MOST_REPEATED", 20)
    findings = to_consumer(layers(S), layers(I))
    assert not findings.doubts
    assert len(findings.differences) < 100
    assert {answer(it) for it in findings.differences} == {(B, B)}


def test_what_is_the_same_in_a_cycle_with_a_difference_is_not_taken_for_equal() -> None:
    def ring(leaf: Any) -> Any:
        nodes = {str(i): obj(next={"$ref": f"#/d/{(i + 1) % 4}"}, other={"$ref": "#/d/x"}) for i in range(4)}
        return {"d": {**nodes, "x": S, "3": {**nodes["3"], "maxProperties": leaf}}}

    old, new = at_root(ring(3)), at_root(ring(4))
    shared = Known()
    for start in ("2", "0", "1", "3"):
        assert not shared.same(old.at("d", start), new.at("d", start))
        assert shared.same(old.at("d", "x"), new.at("d", "x"))
    assert Known().same(old, old)


ENDLESS = [
    ("deep", {"properties": {"a": {}}}, "deeper than 64 schemas"),
    ("long", {"allOf": [{}]}, "schemas lead from one to the next more than 48 times"),
    ("wide", {"anyOf": [{}, {}]}, "more than 256 alternatives"),
]


def nested(shape: Any, leaf: Any, levels: int) -> Any:
    ((word, inside),) = shape.items()
    for _ in range(levels):
        leaf = {word: {"a": leaf} if isinstance(inside, dict) else [leaf for _ in inside]}
    return leaf


@pytest.mark.parametrize(("name", "shape", "reason"), ENDLESS)
def test_every_limit_is_a_doubt(name: str, shape: Any, reason: str) -> None:
    levels = 9 if name == "wide" else 70
    findings = to_consumer(nested(shape, S, levels), nested(shape, I, levels))
    assert any(reason in doubt.message for doubt in findings.doubts)


def test_work_is_limited_over_all_comparisons_together() -> None:
    wide = {"properties": {f"p{i}": S for i in range(50)}}
    other = {"properties": {f"p{i}": I for i in range(50)}}
    shared = Known(left=130)
    first = compare_schemas(at_root(wide), at_root(other), site(), shared)
    second = compare_schemas(at_root(wide), at_root(other), site(), shared)
    assert [doubt.message.partition(": ")[2][:19] for doubt in second.doubts] == ["too much to compare"]
    assert len(first.differences) > 0
    assert Known().left == known.WORK


def test_alternatives_multiply_within_limits() -> None:
    def product(leaf: Any) -> Any:
        either = [{"properties": {f"p{i}": leaf}} for i in range(20)]
        return {"allOf": [{"anyOf": either}, {"anyOf": either}]}

    assert any(
        "more than 256 alternatives" in it.message for it in to_consumer(product(S), product(I)).doubts
    )


def test_a_huge_enum_is_one_difference() -> None:
    many = [f"v{i}" for i in range(100_000)]
    (gone, come) = to_consumer({"enum": many[:-1]}, {"enum": many[1:]}).differences
    assert gone.reason == '"v0" not allowed any more'
    assert come.reason == '"v99999" allowed now'
    (several,) = to_consumer({"enum": many}, {"enum": many[:2]}).differences
    assert several.reason == '"v2", "v3", "v4", "v5", "v6" and 99993 more not allowed any more'


def test_what_is_not_there_allows_anything() -> None:
    nothing = at_root({}).at("schema")
    assert rules(compare_schemas(nothing, at_root(S), site())) == ["type-narrowed"]
    assert rules(compare_schemas(at_root(S), nothing, site())) == ["type-widened"]
    assert rules(compare_schemas(nothing, nothing, site())) == []


def test_what_is_long_or_not_printable_is_shown_short_and_escaped() -> None:
    (found,) = to_consumer(obj(a=S), obj(**{"a": S, "\x1b[31m" + "x" * 99: S})).differences
    assert found.reason == f"'\\x1b[31m{'x' * 54}\\u2026' is new"
    assert found.place.path == f"body.\\x1b[31m{'x' * 54}\\u2026"


def test_long_pointers_count_as_work() -> None:
    def doubts(name: str) -> list[str]:
        def document(leaf: Any) -> Any:
            return obj(**{name: obj(**{f"p{i}": leaf for i in range(500)})})

        shared = Known(left=1500)
        found = compare_schemas(at_root(document(S)), at_root(document(I)), site(), shared)
        return [it.message for it in found.doubts if "too much to compare" in it.message]

    assert not doubts("x")
    assert doubts("x" * 900)


def test_once_the_work_is_done_nothing_more_is_known_to_be_equal() -> None:
    long = ["x" * 100] * 5000
    assert not Known(left=1).same(at_root(long), at_root(long))
    assert Known().same(at_root(long), at_root(long))
