"""Files of a kind: what their schema finds, in words, and that the schemas can be published."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tidegate.core.errors import Problem
from tidegate.sources.documents import check, in_order, read_kind, schemas, spelled
from tidegate.sources.tree import NOTHING, parse


def checked(text: str, schema: dict[str, Any]) -> list[str]:
    (root,) = parse(text.encode(), "f.yaml").documents
    return [str(problem) for problem in in_order(check(root, schema))]


@pytest.mark.parametrize("kind", schemas())
def test_every_published_schema_is_valid_and_describes_itself(kind: str) -> None:
    schema = schemas()[kind]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == kind
    assert schema["additionalProperties"] is False
    assert schema["properties"]["apiVersion"]["const"] == "tidegate.dev/v1alpha1"


def test_every_field_of_a_change_is_described_for_editors() -> None:
    def fields(schema: Any) -> list[tuple[str, Any]]:
        if isinstance(schema, list):
            return [pair for each in schema for pair in fields(each)]
        if not isinstance(schema, dict):
            return []
        own = list(schema.get("properties", {}).items()) if isinstance(schema.get("properties"), dict) else []
        return own + [pair for each in schema.values() for pair in fields(each)]

    described_elsewhere = {
        "strategy",
        "boundaries",
        "guards",
        "ratios",
        "levels",
        "slos",
        "conformance",
        "action",
        "gates",
        "early",
        "onInsufficient",
    }
    bare = {name for name, field in fields(schemas()["Change"]) if "description" not in field}
    assert bare <= described_elsewhere


MESSAGES: list[tuple[str, dict[str, Any], str]] = [
    (
        "a: 1\nrelase: 2\n",
        {"properties": {"release": {}, "a": {}}, "additionalProperties": False},
        "f.yaml:2: unknown field 'relase' in the file (did you mean 'release'?)",
    ),
    (
        "a: 1\n",
        {"properties": {"release": {}, "guard": {}}, "additionalProperties": False},
        "f.yaml:1: unknown field 'a' in the file (known here: release, guard)",
    ),
    (
        "a:\n  b:\n    c: 1\n",
        {"properties": {"a": {"properties": {"b": {"required": ["d"], "properties": {"d": {"description": "The d."}}}}}}},
        "f.yaml:2: a.b lacks 'd' (The d)",
    ),
    ("a: 1.10\n", {"properties": {"a": {"type": "string"}}}, 'f.yaml:1: a must be text, not \'1.10\' (put it in quotes: "1.10")'),
    (
        "a: 5\n",
        {"properties": {"a": {"type": "string", "pattern": "^[0-9]%$", "title": "a share such as 5%"}}},
        "f.yaml:1: a must be text, not '5' (write a share such as 5%)",
    ),
    ("a:\n  - x\n", {"properties": {"a": {"type": "object"}}}, "f.yaml:1: a must be a mapping, not a list"),
    ("a:\n", {"properties": {"a": {"type": "array", "title": "a list of x"}}}, "f.yaml:1: a must be a list, not nothing (a list of x)"),
    ("a: {}\n", {"properties": {"a": {"type": ["string", "array"]}}}, "f.yaml:1: a must be text or a list, not a mapping"),
    ("a: x\n", {"properties": {"a": {"type": "boolean"}}}, "f.yaml:1: a must be true or false, not 'x'"),
    (
        "a: hodl\n",
        {"properties": {"a": {"enum": ["hold", "rollback"]}}},
        "f.yaml:1: 'hodl' is not allowed for a (did you mean 'hold'? allowed: hold, rollback)",
    ),
    ("a: v1\n", {"properties": {"a": {"const": "zzz"}}}, "f.yaml:1: 'v1' is not allowed for a (allowed: zzz)"),
    (
        'a: "5%\\n"\n',
        {"properties": {"a": {"pattern": "^[0-9]%$", "title": "a share"}}},
        r"f.yaml:1: a is '5%\n', which is not a share",
    ),
    ("a: x\n", {"properties": {"a": {"pattern": "^y$"}}}, "f.yaml:1: a is 'x', which is not of the form ^y$"),
    ("a: []\n", {"properties": {"a": {"minItems": 1, "description": "List one."}}}, "f.yaml:1: a is empty (List one)"),
    ("a: ''\n", {"properties": {"a": {"minLength": 1}}}, "f.yaml:1: a is empty"),
    ("a: xyz\n", {"properties": {"a": {"maxLength": 2}}}, "f.yaml:1: a must be not longer than 2, not 'xyz'"),
    ("a: 0\n", {"properties": {"a": {"exclusiveMinimum": 0}}}, "f.yaml:1: a must be more than 0, not '0'"),
    ("a: 2\n", {"properties": {"a": {"maximum": 1}}}, "f.yaml:1: a must be at most 1, not '2'"),
    (
        "a: {x: 1, y: 2}\n",
        {"properties": {"a": {"properties": {"x": {}, "y": {}}, "maxProperties": 1}}},
        "f.yaml:1: a must have exactly one of x, y, not x, y",
    ),
    (
        "a: {}\n",
        {"properties": {"a": {"properties": {"x": {}, "y": {}}, "minProperties": 1, "maxProperties": 1}}},
        "f.yaml:1: a must have exactly one of x, y, not none",
    ),
    ("a: {}\n", {"properties": {"a": {"minProperties": 1}}}, "f.yaml:1: a is empty"),
    (
        "a:\n  b: 1\n  X: 2\n",
        {"properties": {"a": {"propertyNames": {"pattern": "^[a-z]$", "title": "a small letter"}}}},
        "f.yaml:3: 'X' in a is not a small letter",
    ),
    (
        "a:\n  b: 1\n",
        {"properties": {"a": {"oneOf": [{"type": "string"}, {"properties": {"b": {"type": "string"}}}]}}},
        'f.yaml:2: a.b must be text, not \'1\' (put it in quotes: "1")',
    ),
    ("a: [1, 1]\n", {"properties": {"a": {"uniqueItems": True}}}, "f.yaml:1: a: [1, 1] has non-unique elements"),
    ("a: [x, 1]\n", {"properties": {"a": {"items": {"type": "integer"}}}}, "f.yaml:1: a[0] must be a whole number, not 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "schema", "expected"), MESSAGES)
def test_each_rule_of_a_schema_has_its_words(text: str, schema: dict[str, Any], expected: str) -> None:
    assert checked(text, schema) == [expected]


def test_paths_are_spelled_as_people_write_them() -> None:
    assert spelled(["spec", "releases", 0, "provides", "a.b"]) == "spec.releases[0].provides['a.b']"
    assert spelled([]) == "the file"


KINDS = [
    ("", ["c.yaml:1: nothing in this file (write a Change)"]),
    (
        "kind: Mesh\nx: 1\n",
        ["c.yaml:1: this is a Mesh, not a Change (give a file with kind: Change)"],
    ),
    ("just text\n", ["c.yaml:1: the file must be a mapping, not 'just text'"]),
    (
        "kind: Chnage\n",
        [
            "c.yaml:1: 'Chnage' is not allowed for kind (did you mean 'Change'? allowed: Change)",
            "c.yaml:1: the file lacks 'apiVersion' (Write apiVersion: tidegate.dev/v1alpha1)",
            "c.yaml:1: the file lacks 'metadata' (The name of the change, and labels and annotations of your own)",
            "c.yaml:1: the file lacks 'spec' (What is released and how)",
        ],
    ),
    ("kind: Mesh\n---\na: 1\n", [
        "c.yaml:1: this is a Mesh, not a Change (give a file with kind: Change)",
        "c.yaml:3: a Change is one document a file (move this one to a file of its own)",
    ]),
    ("a: [", ["c.yaml:1: not YAML: while parsing a flow node, did not find expected node content"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), KINDS)
def test_a_file_is_one_document_of_its_kind(
    text: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(text)
    _, problems = read_kind(Path("c.yaml"), "Change")
    assert list(map(str, problems)) == expected


def test_a_missing_file_is_a_problem_and_no_tree() -> None:
    tree, problems = read_kind(Path("no.yaml"), "Change")
    assert tree is NOTHING
    assert list(map(str, problems)) == ["cannot read 'no.yaml': No such file or directory (check the path)"]


def test_problems_are_told_once_by_file_and_line() -> None:
    (root,) = parse(b"a: 1\nb: 2\n", "f.yaml").documents
    one, two = root.at("a").problem("one"), root.at("b").problem("two")
    nowhere = Problem(message="nowhere")
    assert in_order([two, one, nowhere, two]) == (nowhere, one, two)
