"""Reading specifications: what kind they are, which files belong, and nothing from outside the folder."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.core.contracts.specification import Kind
from tidegate.core.errors import Problem, Refused
from tidegate.sources.specifications import files, read_specification
from tidegate.sources.specifications.plain import LIMITS

OPENAPI = 'openapi: "3.1.0"\npaths: {}\n'
SCHEMA = '{"type": "object"}'
PROTO = 'syntax = "proto3";\n'


def fill(folder: Path, **contents: str | bytes) -> None:
    """Write files; `__` in a name stands for the dot, `___` for a folder."""
    for name, content in contents.items():
        path = folder / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def problems(path: Path, kind: Kind | None = None) -> list[str]:
    with pytest.raises(Refused) as caught:
        read_specification(path, kind)
    root = path if path.is_dir() else path.parent
    return [str(problem).replace(f"{root}/", "").replace(str(root), ".") for problem in caught.value.problems]


KINDS = [
    ("a.yaml", OPENAPI, Kind.OPENAPI),
    ("a.yaml", "swagger: '2.0'\n", Kind.OPENAPI),
    ("a.json", '{"openapi": "3.0.3"}', Kind.OPENAPI),
    ("a.yml", "asyncapi: 3.0.0\nchannels: {}\n", Kind.ASYNCAPI),
    ("a.json", '{"consumer": {}, "provider": {}, "interactions": []}', Kind.PACT),
    ("a.json", '{"consumer": {}, "provider": {}, "messages": []}', Kind.PACT),
    ("a.avsc", '"string"', Kind.AVRO),
    ("a.json", '{"type": "record", "name": "R", "fields": []}', Kind.AVRO),
    ("a.json", '{"$schema": "https://json-schema.org/draft/2020-12/schema"}', Kind.JSON_SCHEMA),
    ("a.schema.json", SCHEMA, Kind.JSON_SCHEMA),
    ("a.graphql", "type Query { a: Int }", Kind.GRAPHQL),
    ("a.GQL", "type Query { a: Int }", Kind.GRAPHQL),
    ("a.proto", PROTO, Kind.PROTOBUF),
]


@pytest.mark.parametrize(("name", "content", "kind"), KINDS)
def test_a_file_says_what_it_is(tmp_path: Path, name: str, content: str, kind: Kind) -> None:
    (tmp_path / name).write_text(content)
    specification = read_specification(tmp_path / name)
    assert (specification.kind, specification.root, specification.name) == (kind, name, str(tmp_path / name))
    assert read_specification(tmp_path / name, kind) == specification
    assert [*specification.documents, *specification.texts] == [name]


def test_values_mean_what_yaml_12_says_and_keys_are_text(tmp_path: Path) -> None:
    fill(tmp_path, a__yaml="openapi: 3.0.0\npaths: {/a: {get: {responses: {200: {x-on: yes, y: 1.10}}}}}\n")
    cursor = read_specification(tmp_path / "a.yaml").cursor
    assert cursor.at("paths", "/a", "get", "responses", "200").value == {"x-on": "yes", "y": 1.1}


def test_what_a_file_refers_to_comes_with_it(tmp_path: Path) -> None:
    fill(
        tmp_path,
        api__yaml="openapi: 3.0.0\npaths: {$ref: 'parts/paths.yaml#/x'}\n",
        parts___paths__yaml="x: {$ref: ../a%20b.json, y: {$ref: 'https://example.com/z.json'}}\n",
        unused__yaml="[half",
    )
    (tmp_path / "a b.json").write_text('{"$ref": "parts/paths.yaml"}')
    specification = read_specification(tmp_path / "api.yaml")
    assert sorted(specification.documents) == ["a b.json", "api.yaml", "parts/paths.yaml"]


OUTSIDE = [
    "../secret.json",
    "/etc/hosts.json",
    "link.json",
    "linked/secret.json",
    "missing.json",
    "a\0.json",
    "x.md",
]


@pytest.mark.parametrize("ref", OUTSIDE)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, ref: str) -> None:
    inside = tmp_path / "inside"
    fill(tmp_path, secret__json='{"type": "string"}')
    fill(inside, api__json=json.dumps({"openapi": "3.0.0", "x": {"$ref": ref}}), x__md="# no schema\n")
    (inside / "link.json").symlink_to(tmp_path / "secret.json")
    (inside / "linked").symlink_to(tmp_path)
    (inside / "circle.json").symlink_to("circle.json")
    specification = read_specification(inside / "api.json")
    assert list(specification.documents) == ["api.json"]


def test_a_link_out_of_a_folder_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, secret__json=SCHEMA)
    fill(tmp_path / "inside", a__json=SCHEMA)
    (tmp_path / "inside" / "link.json").symlink_to(tmp_path / "secret.json")
    assert problems(tmp_path / "inside") == ["link.json:1: is not a file inside the folder (copy it there)"]


FOLDERS: list[tuple[dict[str, str], Kind, str, list[str]]] = [
    (
        {"a__yaml": OPENAPI, "b__json": SCHEMA, "c__yaml": "x: 1\n"},
        Kind.OPENAPI,
        "a.yaml",
        ["a.yaml", "b.json", "c.yaml"],
    ),
    (
        {"x__yaml": OPENAPI, "openapi__yaml": OPENAPI},
        Kind.OPENAPI,
        "openapi.yaml",
        ["openapi.yaml", "x.yaml"],
    ),
    ({"a__yaml": "asyncapi: 2.0.0\n", "u__avsc": '"int"'}, Kind.ASYNCAPI, "a.yaml", ["a.yaml", "u.avsc"]),
    (
        {"a__json": SCHEMA, "d___b__json": SCHEMA, "p__json": '{"x": 1}'},
        Kind.JSON_SCHEMA,
        "",
        ["a.json", "d/b.json"],
    ),
    (
        {"a__proto": PROTO, "d___b__proto": PROTO, "buf__yaml": "version: v2"},
        Kind.PROTOBUF,
        "",
        ["a.proto", "buf.yaml", "d/b.proto"],
    ),
    ({"a__graphql": "type Query", "n__json": '{"x": 1}'}, Kind.GRAPHQL, "", ["a.graphql"]),
    ({"a__avsc": '"int"'}, Kind.AVRO, "", ["a.avsc"]),
]


@pytest.mark.parametrize(("contents", "kind", "root", "names"), FOLDERS)
def test_a_folder_is_one_specification(
    tmp_path: Path, contents: dict[str, str], kind: Kind, root: str, names: list[str]
) -> None:
    fill(tmp_path, **contents)
    specification = read_specification(tmp_path)
    assert (specification.kind, specification.root) == (kind, root)
    assert sorted([*specification.documents, *specification.texts]) == names


def test_of_a_mixed_folder_one_kind_can_be_asked_for(tmp_path: Path) -> None:
    fill(tmp_path, a__yaml=OPENAPI, b__proto=PROTO, broken__json="{")
    specification = read_specification(tmp_path, Kind.PROTOBUF)
    assert (list(specification.texts), specification.documents) == (["b.proto"], {})


BAD_FOLDERS: list[tuple[dict[str, str | bytes], Kind | None, str]] = [
    (
        {"a__yaml": OPENAPI, "b__yaml": OPENAPI},
        None,
        ".:1: several root documents: a.yaml, b.yaml (name one of the files)",
    ),
    ({"a__yaml": "x: 1\n"}, None, ".:1: no specification that tidegate knows ("),
    ({"a__yaml": OPENAPI}, Kind.AVRO, ".:1: no specification that tidegate knows ("),
    ({"a__md": "x"}, None, "no specification found under '.'"),
    ({"a__proto": b"\xff"}, None, "a.proto:1: not UTF-8 text (save the file as UTF-8)"),
    ({"a__proto": "a\0b"}, None, "a.proto:1: holds a NUL byte (remove it)"),
    (
        {"a__json": "{", "b__json": "["},
        None,
        "a.json:1: not JSON: Expecting property name enclosed in double quotes",
    ),
]


@pytest.mark.parametrize(("contents", "kind", "problem"), BAD_FOLDERS)
def test_a_folder_that_cannot_be_understood_says_why(
    tmp_path: Path, contents: dict[str, str | bytes], kind: Kind | None, problem: str
) -> None:
    fill(tmp_path, **contents)
    assert problems(tmp_path, kind)[0].startswith(problem)


def test_specifications_of_several_kinds_are_not_one(tmp_path: Path) -> None:
    fill(tmp_path, a__yaml=OPENAPI, b__proto=PROTO)
    (problem,) = problems(tmp_path)
    assert "a.yaml (openapi)" in problem
    assert "b.proto (protobuf)" in problem
    assert problem.endswith("(name the kind, or one of the files)")


BILLION = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
BAD_FILES: list[tuple[str, str | bytes, str]] = [
    ("a.json", "", "a.json:1: nothing in this file"),
    ("a.yaml", "# nothing\n", "a.yaml:1: nothing in this file"),
    ("a.json", '{"a": 1', "a.json:1: not JSON: Expecting ',' delimiter"),
    ("a.json", '{"a": 1,\n"b": {"c": 2, "c": 3}}', "a.json:2: 'c' is given twice (first at a.json:2)"),
    ("a.json", '{\n\t"a": 1,\n\t"a": 2}', "a.json:"),
    ("a.yaml", "a: 1\na: 2\n", "a.yaml:2: 'a' is given twice (first at a.yaml:1)"),
    ("a.yaml", "openapi: 3.0.0\npaths: [\n", "a.yaml:2: not YAML: "),
    ("a.yaml", "a: 1\n---\nb: 2\n", "a.yaml:3: a specification is one document a file (split the file)"),
    ("a.json", f'[{{"{"x" * 2000}": 1}}]', f"a.json:1: the name '{'x' * 79}…' has more than 1000 letters"),
    ("a.json", '{"a": NaN}', "a.json:1: NaN is not a JSON number"),
    ("a.json", '{"a": 1e999}', "a.json:1: '1e999' is too large a number"),
    ("a.json", f'{{"a": {"9" * 5000}}}', "a.json:1: Exceeds the limit"),
    ("a.json", '{"a": "\\ud800"}', "a.json:1: an escape such as \\ud800 is half of a pair"),
    ("a.json", b'{"a": "\0"}', "a.json:1: not JSON: Invalid control character at"),
    ("a.json", b'{"a": "\xff"}', "a.json:1: not UTF-8 text"),
    ("a.yaml", b"a: \0", "a.yaml:1: control character '\\x00'"),
    ("a.json", "[" * 200 + "]" * 200, "a.json:1: nested deeper than 128 levels"),
    ("a.json", "[" * 100_000, "a.json:1: nested deeper than 128 levels"),
    ("a.json", '{"a":' * 100_000, "a.json:1: nested deeper than 128 levels"),
    ("a.yaml", "[" * 200, "a.yaml:1: nested deeper than 128 levels"),
    ("a.yaml", BILLION, "a.yaml:7: more than 2000000 values once aliases are followed"),
    ("a.json", "[" + "1," * 2_000_000 + "1]", "a.json:1: more than 2000000 values"),
    ("a.json", b'{"a": "' + b"x" * 20_000_000 + b'"}', "a.json:1: longer than 16384 KiB (split the file)"),
    (
        "a.yaml",
        "just words\n",
        "a.yaml:1: no specification that tidegate knows (openapi says openapi: or swagger:; ",
    ),
    ("a.proto", "x" * (LIMITS.bytes + 1), "a.proto:1: longer than 16384 KiB (split it)"),
]


@pytest.mark.parametrize(("name", "content", "problem"), BAD_FILES, ids=range(len(BAD_FILES)))
def test_a_file_that_cannot_be_read_says_where_and_why(
    tmp_path: Path, name: str, content: str | bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert problems(tmp_path / name)[0].startswith(problem)


def test_an_escaped_pair_is_text(tmp_path: Path) -> None:
    fill(tmp_path, a__json='{"openapi": "\\ud83d\\ude00"}')
    assert read_specification(tmp_path / "a.json").cursor.at("openapi").text == "😀"


def test_yaml_in_flow_style_is_no_json(tmp_path: Path) -> None:
    fill(tmp_path, a__yaml="{openapi: 3.0.0, paths: {}}")
    assert read_specification(tmp_path / "a.yaml").kind is Kind.OPENAPI


def test_a_file_of_another_kind_than_asked_for_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, a__yaml=OPENAPI, b__yaml="x: 1\n", c__txt=PROTO)
    assert problems(tmp_path / "a.yaml", Kind.AVRO) == [
        "a.yaml:1: this is a specification of kind openapi, not avro"
    ]
    assert read_specification(tmp_path / "b.yaml", Kind.JSON_SCHEMA).kind is Kind.JSON_SCHEMA
    assert read_specification(tmp_path / "c.txt", Kind.PROTOBUF).texts == {"c.txt": PROTO}
    assert problems(tmp_path / "no.yaml") == ["no file or folder 'no.yaml' (check the path)"]


def test_what_is_referred_to_must_be_readable_too(tmp_path: Path) -> None:
    fill(tmp_path, a__yaml="openapi: 3.0.0\nx: {$ref: b.json}\n", b__json='{"a": ')
    assert problems(tmp_path / "a.yaml") == ["b.json:1: not JSON: Expecting value"]


def test_all_files_together_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain: dict[str, Any] = {f"f{i}__json": json.dumps({"$ref": f"f{i + 1}.json"}) for i in range(9)}
    fill(tmp_path, **chain, f9__json=SCHEMA)
    assert len(read_specification(tmp_path / "f0.json").documents) == 10
    monkeypatch.setattr(files, "MOST_FILES", 5)
    (problem,) = problems(tmp_path / "f0.json")
    assert problem.startswith("f5.json:1: the specification is larger than 64 MiB in 5 files")


PIECES = [
    "openapi: 3.0.0\n",
    "{",
    "}",
    "[",
    "]",
    '"a"',
    ":",
    ",",
    "\n",
    "- ",
    "*a",
    "&a ",
    "<<",
    "\t",
    "\0",
    "1e9",
    "$ref",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["a.json", "a.yaml", "a.avsc", "a.proto"]),
    st.lists(st.sampled_from(PIECES)) | st.binary(),
)
def test_whatever_a_file_holds_is_read_or_refused(
    tmp_path: Path, name: str, content: list[str] | bytes
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else "".join(content).encode())
    assert all(problem.location for problem in refusal(tmp_path / name))


def refusal(path: Path) -> Sequence[Problem]:
    """What is wrong with a file; nothing if it was read."""
    try:
        read_specification(path)
    except Refused as refused:
        return refused.problems
    return ()
