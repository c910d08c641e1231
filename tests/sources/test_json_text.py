"""JSON as other programs write it is read like YAML, line for line."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.sources.tree import parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="<"), max_size=8), VALUES, max_size=3
)


@given(OBJECTS, st.sampled_from([None, 1, "\t"]))
def test_whatever_json_writes_in_ascii_is_read(value: dict[str, Any], indent: Any) -> None:
    parsed = parse(json.dumps(value, indent=indent).encode(), "a.json")
    assert [node.plain() for node in parsed.documents] == [value]
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'{"a": "\ud83d\ude00"}', "😀"),
        (r'{"a": "\\ud83d\\ude00"}', r"\ud83d\ude00"),
        (r'{"a": "\\\uD83D\uDE00"}', "\\😀"),
        ('{"a": "x\ty"}', "x\ty"),
    ],
)
def test_characters_in_two_escapes_are_one(written: str, read: str) -> None:
    (root,) = parse(written.encode(), "a.json").documents
    assert root.at("a").value == read


def test_half_a_character_is_a_problem_on_its_line() -> None:
    (problem,) = parse(b'{"a":\n"\\ud83d"}', "a.json").problems
    assert str(problem).startswith("a.json:2: not YAML")


def test_tabs_before_what_a_line_says_leave_lines_as_they_are() -> None:
    (root,) = parse(b'{\n\t"a": {\n\t\t"b": 1\n\t}\n}', "a.json").documents
    assert root.at("a", "b").line == 3


def test_yaml_is_left_as_it_is() -> None:
    (root,) = parse(b"a: '\\ud83d\\ude00'\nb: \"x\ty\"\n", "a.yaml").documents
    assert (root.at("a").value, root.at("b").value) == (r"\ud83d\ude00", "x\ty")
