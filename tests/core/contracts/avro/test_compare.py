"""Avro: can consumers of one version read what providers of another write, by the rules of the specification?"""

from collections.abc import Mapping
from typing import Any

import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import make_avsc_object
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.contracts import avro
from tidegate.core.contracts.avro import Site, compare_payloads, resolution, types
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.specification import Kind, Specification, Value

B, U, C = Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE


def folder(files: Mapping[str, Value], root: str = "") -> Specification:
    return Specification(kind=Kind.AVRO, name="shop", root=root, documents=files, texts={})


def compare(old: Value, new: Value) -> Comparison:
    return avro.compare(folder({"a.avsc": old}), folder({"a.avsc": new}))


def answers(comparison: Comparison) -> tuple[Compatibility, Compatibility]:
    return comparison.old_consumer_new_provider, comparison.new_consumer_old_provider


def record(*fields: dict[str, Any], name: str = "shop.Order", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, type_: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def fixed(size: int, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size, **more}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


DATE = {"type": "int", "logicalType": "date"}

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
PROMOTED = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}


@pytest.mark.parametrize("writer", PRIMITIVES)
@pytest.mark.parametrize("reader", PRIMITIVES)
def test_a_reader_takes_its_own_type_and_those_that_are_promoted_to_it(reader: str, writer: str) -> None:
    reads = reader == writer or reader in PROMOTED.get(writer, ())
    assert compare(reader, writer).old_consumer_new_provider is (C if reads else B)


RULES = [
    # old (of consumers or providers), new, both answers, rules found
    ("same", "int", "int", (C, C), []),
    (
        "array",
        {"type": "array", "items": "int"},
        {"type": "array", "items": "long"},
        (B, C),
        ["type-changed"],
    ),
    ("map", {"type": "map", "values": "int"}, {"type": "map", "values": "string"}, (B, B), ["type-changed"]),
    ("sorts", {"type": "map", "values": "int"}, {"type": "array", "items": "int"}, (B, B), ["type-changed"]),
    ("symbol", enum("A"), enum("A", "B"), (B, C), ["symbol-added"]),
    ("symbol with default", enum("A", default="A"), enum("A", "B"), (C, C), ["symbol-added"]),
    ("default for nothing", enum("A", "B", default="A"), enum("A"), (C, B), ["symbol-removed"]),
    ("size", fixed(4), fixed(8), (B, B), ["size-changed"]),
    (
        "renamed",
        record(field("a", "int")),
        record(field("a", "int"), name="shop.Sale"),
        (B, B),
        ["name-changed"],
    ),
    ("moved", record(field("a", "int")), record(field("a", "int"), name="other.Order"), (C, C), []),
    (
        "alias",
        record(field("a", "int")),
        record(field("a", "int"), name="shop.Sale", aliases=["Order"]),
        (B, C),
        ["name-changed"],
    ),
    (
        "alias with namespace",
        record(field("a", "int"), name="old.Order"),
        record(field("a", "int"), name="shop.Sale", aliases=["old.Order"]),
        (B, C),
        ["name-changed"],
    ),
    (
        "alias of another namespace",
        record(field("a", "int"), name="old.Order"),
        record(field("a", "int"), name="shop.Sale", aliases=["Order"]),
        (B, B),
        ["name-changed"],
    ),
    ("enum renamed", enum("A"), {**enum("A"), "name": "G"}, (B, B), ["name-changed"]),
    ("field", record(), record(field("a", "int")), (C, B), ["field-added"]),
    ("field with default", record(), record(field("a", "int", default=0)), (C, C), ["field-added"]),
    ("null default", record(), record(field("a", ["null", "int"], default=None)), (C, C), ["field-added"]),
    ("text default", record(), record(field("a", "int", default="0")), (C, U), ["field-added"]),
    ("true is no int", record(), record(field("a", "int", default=True)), (C, U), ["field-added"]),
    ("true", record(), record(field("a", "boolean", default=True)), (C, C), ["field-added"]),
    ("enum's own default", record(), record(field("a", enum("A", default="A"))), (C, B), ["field-added"]),
    (
        "field renamed",
        record(field("a", "int")),
        record(field("b", "int", aliases=["a"])),
        (B, C),
        ["field-removed", "field-added"],
    ),
    ("aliases of no form", record(field("a", "int", aliases="b")), record(field("a", "int")), (C, C), []),
    ("nullable", "int", ["null", "int"], (B, C), ["branch-added"]),
    (
        "promoted into union",
        ["null", "long"],
        "int",
        (C, B),
        ["type-changed", "branch-removed", "branch-removed"],
    ),
    ("union", ["null", "int"], ["null", "int", "string"], (B, C), ["branch-added"]),
    ("union order", ["null", "int"], ["int", "null"], (C, C), []),
    ("inside union", ["null", enum("A")], ["null", enum("A", "B")], (B, C), ["symbol-added"]),
    (
        "record of a union, moved",
        ["null", record(field("a", "int"))],
        ["null", record(field("a", "long"), name="other.Order")],
        (B, C),
        ["type-changed"],
    ),
    ("empty union", [], "int", (B, C), ["branch-added"]),
    ("decimal", decimal(9, 2), decimal(9, 3), (B, B), ["logical-type-changed"]),
    ("same decimal", decimal(9, 2), decimal(9, 2), (C, C), []),
    ("meaning added", "int", DATE, (C, U), ["logical-type-changed"]),
    ("meaning of no form", "int", {"type": "int", "logicalType": 7}, (C, C), []),
    ("errors", {**record(field("a", "int")), "type": "error"}, record(field("a", "int")), (C, C), []),
    ("error and int", {**record(), "type": "error"}, "int", (B, B), ["type-changed"]),
]


@pytest.mark.parametrize(
    ("old", "new", "both", "rules"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_the_rules_of_schema_resolution(
    old: Value, new: Value, both: tuple[Compatibility, Compatibility], rules: list[str]
) -> None:
    comparison = compare(old, new)
    assert (comparison.doubts, answers(comparison)) == ((), both)
    assert [difference.rule for difference in comparison.differences] == rules


@pytest.mark.parametrize(("old", "new"), [row[1:3] for row in RULES], ids=[row[0] for row in RULES])
def test_the_other_way_round_the_answers_are_the_other_way_round(old: Value, new: Value) -> None:
    assert answers(compare(old, new)) == answers(compare(new, old))[::-1]


def test_a_difference_names_its_field_file_and_reason() -> None:
    lines = {"type": "array", "items": record(field("sku", "int"), name="Line")}
    wider = {"type": "array", "items": record(field("sku", "long"), name="Line")}
    by_name = {"type": "map", "values": ["null", "Line"]}
    old = record(field("lines", lines), field("by", by_name))
    new = record(field("lines", wider), field("by", by_name))
    comparison = compare(old, new)
    assert [(d.part, str(d.place), d.place.file) for d in comparison.differences] == [
        (("shop.Order", "lines", "[]", "sku"), "shop.Order.lines.[].sku", "a.avsc"),
        (("shop.Order", "by", "{}", "sku"), "shop.Order.by.{}.sku", "a.avsc"),
    ]
    assert (
        comparison.differences[0].reason == "Old consumers, new providers: long is written, int is expected"
    )
    assert "provider" in comparison.unseen


def test_the_reason_is_that_of_the_worse_direction() -> None:
    (difference,) = compare(enum("A", default="A"), enum("A", *"BCDEFGH")).differences
    assert (
        difference.reason
        == "Old consumers, new providers: the reader takes B, C, D, E, F and 2 more for A, its default"
    )
    (difference,) = compare(record(), record(field("a", "int"))).differences
    assert difference.reason.startswith(
        "New consumers, old providers: the reader needs it and has no default"
    )


def test_differences_of_renamed_types_touch_every_consumer() -> None:
    new = record(field("a", "long"), name="shop.Sale", aliases=["Order"])
    parts = {str(d.place): d.part for d in compare(record(field("a", "int")), new).differences}
    assert parts == {"shop.Sale": (), "shop.Sale.a": ()}


def test_types_that_hold_themselves_are_compared_once() -> None:
    def tree(value: str) -> dict[str, Any]:
        branches = {"type": "array", "items": "Node"}
        return record(
            field("value", value), field("left", ["null", "Node"]), field("more", branches), name="Node"
        )

    (difference,) = compare(tree("int"), tree("long")).differences
    assert difference.part == ("Node", "value")


# -- several files -------------------------------------------------------------------------------------------

ADDRESS = record(field("street", "string"), name="shop.Address")
ORDER = record(field("to", "shop.Address"))


def test_types_name_each_other_across_files_in_whatever_order() -> None:
    old = folder({"order.avsc": ORDER, "x/address.avsc": ADDRESS})
    more = record(field("street", "string"), field("city", "string"), name="shop.Address")
    comparison = avro.compare(old, folder({"a.avsc": more, "b.avsc": ORDER}))
    assert [(d.rule, d.part, d.place.file) for d in comparison.differences] == [
        ("field-added", ("shop.Order", "to", "city"), "b.avsc")
    ]


def test_a_file_may_be_a_name_only() -> None:
    comparison = avro.compare(
        folder({"a.avsc": ADDRESS, "b.avsc": "shop.Address"}), folder({"a.avsc": ADDRESS})
    )
    assert answers(comparison) == (C, C)


def test_of_a_root_file_only_its_type_is_compared() -> None:
    old = folder(
        {"order.avsc": ORDER, "address.avsc": ADDRESS, "other.avsc": record(name="Other")}, root="order.avsc"
    )
    new = folder({"order.avsc": ORDER, "address.avsc": ADDRESS}, root="order.avsc")
    assert (avro.compare(old, new).differences, answers(avro.compare(old, new))) == ((), (C, C))


def test_a_type_that_only_one_version_has_is_waited_for_in_vain() -> None:
    old, new = (
        folder({"a.avsc": ADDRESS, "b.avsc": record()}),
        folder({"b.avsc": record(), "c.avsc": enum("A")}),
    )
    comparison = avro.compare(old, new)
    assert [(d.rule, d.part, d.place.file) for d in comparison.differences] == [
        ("type-removed", ("shop.Address",), "a.avsc"),
        ("type-added", ("E",), "c.avsc"),
    ]
    assert answers(comparison) == (B, B)
    assert [d.old_consumer_new_provider for d in comparison.differences] == [B, C]


def test_a_type_that_became_part_of_another_is_still_compared() -> None:
    old = folder({"a.avsc": ADDRESS, "b.avsc": record(name="Other")})
    new = folder({"b.avsc": record(name="Other"), "c.avsc": record(field("to", ADDRESS))})
    assert [d.rule for d in avro.compare(old, new).differences] == ["type-added"]


def test_payloads_inside_other_documents_are_compared_at_their_site() -> None:
    site = Site(name="orders", part=("orders", "message"), file="api.yaml", pointer="/channels/orders")
    (difference,), doubts = compare_payloads(record(field("a", "int")), record(field("a", "long")), site)
    assert (difference.part, difference.place.pointer) == (("orders", "message", "a"), "/channels/orders")
    assert doubts == ()
    differences, doubts = compare_payloads(record(), {"type": "nothing"}, site)
    assert (differences, len(doubts), str(doubts[0].location)) == ((), 1, "api.yaml:1")


# -- bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        {},
        "Unknown",
        {"type": "record", "name": "R"},
        {"type": "record", "name": "R", "fields": [7]},
        {"type": "record", "name": "1", "fields": []},
        {"type": "record", "name": "R", "fields": [{"name": "a", "type": "Missing"}]},
        {"type": "enum", "name": "E", "symbols": ["A", "A"]},
        {"type": "fixed", "name": "F", "size": "large"},
        {"type": {"type": "array"}},
        ["int", "int"],
    ],
)
def test_what_is_no_schema_is_a_doubt_and_never_compatible(bad: Value) -> None:
    for comparison in (compare(bad, "int"), compare("int", bad), compare(bad, bad)):
        assert (answers(comparison), comparison.differences) == ((U, U), ())
        assert comparison.doubts[0].message.startswith("shop: ")
        assert str(comparison.doubts[0].location) == "a.avsc:1"


def test_no_files_and_files_that_wait_for_each_other_are_doubts() -> None:
    assert answers(avro.compare(folder({}), folder({}))) == (U, U)
    around = folder(
        {"a.avsc": record(field("b", "B"), name="A"), "b.avsc": record(field("a", "A"), name="B")}
    )
    assert [str(doubt.location) for doubt in avro.compare(around, around).doubts] == [
        "a.avsc:1",
        "b.avsc:1",
    ] * 2


def test_too_many_files_and_too_heavy_ones_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    deep: Value = "int"
    for _ in range(5_000):
        deep = {"type": "array", "items": deep}
    assert "too large or too deeply nested" in compare(deep, "int").doubts[0].message
    monkeypatch.setattr(types, "MOST_FILES", 1)
    two = folder({"a.avsc": "int", "b.avsc": "int"})
    assert "2 schema files" in avro.compare(two, two).doubts[0].message


def chain(length: int, last: str, *, doubled: bool) -> Value:
    """Each record holds the one before it, once or twice, and the longest comes first."""
    made: list[Value] = []
    for number in range(length):
        inner = f"R{number - 1}" if number else last
        made.append(record(field("a", inner), *([field("b", inner)] if doubled else []), name=f"R{number}"))
    return made


def test_paths_without_end_are_a_doubt_but_only_where_something_differs() -> None:
    (doubt,) = compare(chain(60, "int", doubled=True), chain(60, "string", doubled=True)).doubts
    assert doubt.message == "a.avsc: more than can be compared"
    assert answers(compare(chain(60, "int", doubled=True), chain(60, "int", doubled=True))) == (C, C)


def test_unions_without_end_are_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution, "MOST_CANDIDATES", 100)
    old: list[Value] = [record(name=f"Old{number}") for number in range(20)]
    new: list[Value] = [record(name=f"New{number}") for number in range(20)]
    assert answers(compare(old, new)) == (U, U)


def test_types_that_hold_one_another_too_deeply_are_a_doubt() -> None:
    files = {"a.avsc": chain(3_000, "int", doubled=False), "b.avsc": record(field("it", "R2999"), name="Top")}
    (doubt,) = avro.compare(folder(files, root="b.avsc"), folder(files, root="b.avsc")).doubts
    assert doubt.message == "Top: types hold one another too deeply"


# -- beside the library --------------------------------------------------------------------------------------

LEAVES = st.sampled_from(PRIMITIVES)
NAMED = st.one_of(
    st.builds(lambda symbols: enum(*symbols), st.sets(st.sampled_from("ABC"), min_size=1).map(sorted)),
    st.builds(fixed, st.sampled_from([2, 4])),
)


def _record(names: dict[str, tuple[Value, bool]]) -> Value:
    fields = [
        field(name, type_, **({"default": None} if has else {})) for name, (type_, has) in names.items()
    ]
    return record(*fields)


def _inner(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda values: {"type": "map", "values": values}, inner),
        st.lists(LEAVES, min_size=1, max_size=3, unique=True),
    )


ANONYMOUS = st.recursive(LEAVES, _inner, max_leaves=4)
NULLABLE = LEAVES.filter(lambda leaf: leaf != "null").map(lambda leaf: ["null", leaf])
FIELDS = st.one_of(st.tuples(ANONYMOUS, st.just(value=False)), st.tuples(NULLABLE, st.just(value=True)))
RECORDS = st.builds(_record, st.dictionaries(st.sampled_from("abc"), FIELDS))
SCHEMAS = st.one_of(ANONYMOUS, NAMED, RECORDS)


@given(SCHEMAS, SCHEMAS)
def test_without_aliases_and_logical_types_the_library_agrees(one: Value, other: Value) -> None:
    checker: Any = ReaderWriterCompatibilityChecker
    result = checker().get_compatibility(make_avsc_object(one), make_avsc_object(other))
    reads = result.compatibility is SchemaCompatibilityType.compatible
    assert compare(one, other).old_consumer_new_provider is (C if reads else B)


@given(SCHEMAS, SCHEMAS)
def test_for_any_two_schemas_the_directions_mirror(one: Value, other: Value) -> None:
    assert answers(compare(one, other)) == answers(compare(other, one))[::-1]
    assert answers(compare(one, one)) == (C, C)
