"""Walking over a specification: what is not there is nothing, and references stay inside its own files."""

from typing import Any

import pytest

from tidegate.core.contracts.specification import Cursor, Kind, Place, Specification, Unresolved

DOCUMENTS: dict[str, Any] = {
    "root": {
        "a/b~": [{"x": 1}],
        "text": "words",
        "to": {"$ref": "parts/one.json#/p%20q/0"},
        "loop": {"$ref": "#/loop"},
        "chain": {"$ref": "#/to"},
        "bad": {"$ref": "#/nothing"},
        "anchor": {"$ref": "#here"},
        "up": {"$ref": "../root"},
        "net": {"$ref": "//host/x"},
    },
    "parts/one.json": {"p q": [{"$ref": "../two.json"}]},
    "two.json": {"found": True},
}
ROOT = Specification(kind=Kind.OPENAPI, name="folder", root="root", documents=DOCUMENTS, texts={}).cursor


def test_asking_for_what_is_not_there_answers_with_nothing() -> None:
    assert ROOT.at("a/b~", 0, "x").value == 1
    assert ROOT.at("a/b~", 0, "x").pointer == "/a~1b~0/0/x"
    for cursor in (ROOT.at("no"), ROOT.at("a/b~", 7), ROOT.at("text", "no"), ROOT.at("text", 0)):
        assert not cursor
        assert (cursor.text, cursor.mapping, list(cursor.elements()), list(cursor.fields())) == (
            "",
            {},
            [],
            [],
        )
    assert ROOT.at("text").text == "words"
    assert [it.value for it in ROOT.at("a/b~").elements()] == [{"x": 1}]


def test_references_are_followed_from_file_to_file() -> None:
    end = ROOT.at("chain").resolved()
    assert isinstance(end, Cursor)
    assert (end.file, end.pointer, end.value) == ("two.json", "", {"found": True})
    hop = ROOT.at("chain").hop()
    assert isinstance(hop, Cursor)
    assert hop.pointer == "/to"
    assert ROOT.hop() is ROOT


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("loop", "leads in a circle"),
        ("bad", "leads to nothing"),
        ("anchor", "is an anchor, which is not followed"),
        ("up", "names no file of the given folder"),
        ("net", "is a network address: references stay inside the given folder"),
    ],
)
def test_references_that_lead_nowhere_say_why(name: str, reason: str) -> None:
    end = ROOT.at(name).resolved()
    assert isinstance(end, Unresolved)
    assert (end.reason, end.file, end.pointer) == (reason, "root", f"/{name}")


def test_a_place_names_the_specification_the_file_and_what_stands_there() -> None:
    place = ROOT.at("text").place("words")
    assert place == Place(path="words", specification=ROOT.specification.name, file="root", pointer="/text")
    assert str(place) == "words"
