"""JSON Schema files of two versions: matched by path, written by the provider."""

from typing import Any

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.json_schema import compare
from tidegate.core.contracts.specification import Kind, Specification, Value

ORDER: dict[str, Any] = {"properties": {"total": {"type": "number"}}, "required": ["total"]}
LOOSER: dict[str, Any] = {"properties": {"total": {"type": "number"}}}


def folder(**documents: Value) -> Specification:
    return Specification(kind=Kind.JSON_SCHEMA, name="events", documents=documents, texts={})


def file(name: str, document: Value, **others: Value) -> Specification:
    documents = {name: document, **others}
    return Specification(kind=Kind.JSON_SCHEMA, name=name, root=name, documents=documents, texts={})


def told(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    return [
        (it.rule, it.place.path, it.old_consumer_new_provider.value, it.new_consumer_old_provider.value)
        for it in comparison.differences
    ]


def test_files_of_a_folder_are_matched_by_path() -> None:
    comparison = compare(
        folder(order=ORDER, gone=ORDER, same=ORDER), folder(order=LOOSER, new=ORDER, same=ORDER)
    )
    assert told(comparison) == [
        ("required-removed", "order.total", "breaking", "compatible"),
        ("schema-removed", "gone", "breaking", "compatible"),
        ("schema-added", "new", "compatible", "breaking"),
    ]
    assert [it.part for it in comparison.differences] == [("order", "total"), ("gone",), ("new",)]
    assert comparison.old_consumer_new_provider is Compatibility.BREAKING


def test_two_files_stand_for_themselves_whatever_their_names() -> None:
    comparison = compare(file("old", ORDER), file("new", {"$ref": "part"}, part=LOOSER))
    assert told(comparison) == [("required-removed", "total", "breaking", "compatible")]
    assert comparison.differences[0].part == ("total",)
    assert comparison.differences[0].place.file == "part"
    (whole,) = compare(file("old", {}), file("new", {"type": "object"})).differences
    assert str(whole.place) == "the whole"


def test_a_file_beside_a_folder_is_a_doubt() -> None:
    comparison = compare(file("order", ORDER), folder(order=ORDER))
    assert comparison.new_consumer_old_provider is Compatibility.UNKNOWN
    assert (
        str(comparison.doubts[0])
        == "order and events are a file and a folder (compare two files, or two folders)"
    )


def test_equal_versions_are_compatible_and_say_what_was_not_seen() -> None:
    comparison = compare(folder(order=ORDER), folder(order=ORDER))
    assert comparison.old_consumer_new_provider is Compatibility.COMPATIBLE
    assert comparison.unseen.startswith("data that consumers write")


def test_doubts_of_a_schema_are_those_of_the_comparison() -> None:
    comparison = compare(folder(order={"$ref": "other.json"}), folder(order=ORDER))
    assert comparison.old_consumer_new_provider is not Compatibility.COMPATIBLE
    assert [doubt.message for doubt in comparison.doubts] == [
        "order: '$ref: other.json' names no file of the given folder (at order#)"
    ]
