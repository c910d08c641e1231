"""Protobuf through the program buf: both directions, what counts, and what never leaves the temporary folder."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tidegate.comparers import buf, buf_program
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.protobuf.policy import VERSIONS, policy_of
from tidegate.core.contracts.protobuf.rules import RULES, Category
from tidegate.core.contracts.specification import Kind, Specification, Value
from tidegate.core.errors import Unavailable

B, U, C = Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE

real = pytest.mark.real

OLD = """syntax = "proto3";
package shop;
message Order { string id = 1; int32 total = 2; }
service Orders {
  rpc Get(Order) returns (Order);
  rpc Drop(Order) returns (Order);
}
"""
NEW = """syntax = "proto3";
package shop;
option go_package = "shop/v2";
message Order {
  string id = 1;
  string total = 2;
  string note = 3;
}
service Orders {
  rpc Get(Order) returns (Order);
  rpc List(Order) returns (stream Order);
}
"""
EMPTY = 'syntax = "proto3"; // message M {}'


def specification(name: str = "shop", /, config: Value = None, **texts: str) -> Specification:
    files = {f"{file}.proto": text for file, text in texts.items()}
    documents = {"buf.yaml": config} if config else {}
    return Specification(kind=Kind.PROTOBUF, name=name, documents=documents, texts=files)


def answers(comparison: Comparison) -> tuple[Compatibility, Compatibility]:
    return comparison.old_consumer_new_provider, comparison.new_consumer_old_provider


@real
def test_both_directions_are_looked_at() -> None:
    comparison = buf.compare(specification(a=OLD), specification(a=NEW))
    found = [
        (d.rule, d.part, d.place.line, d.old_consumer_new_provider, d.new_consumer_old_provider)
        for d in comparison.differences
    ]
    assert found == [
        ("FILE_SAME_GO_PACKAGE", (), 3, C, C),
        ("FIELD_WIRE_JSON_COMPATIBLE_TYPE", ("shop.Order", "total"), 6, B, B),
        ("RPC_NO_DELETE", ("shop.Orders", "Drop"), 9, B, C),
        ("FIELD_ADDED", ("shop.Order", "note"), 0, C, C),
        ("RPC_ADDED", ("shop.Orders", "List"), 0, C, B),
    ]
    assert comparison.doubts == ()
    assert comparison.differences[0].reason.endswith("generated code changes, the wire does not")
    assert "plugins" in comparison.unseen


@real
def test_the_other_way_round_the_answers_are_the_other_way_round() -> None:
    only_calls = OLD.replace("  rpc Drop(Order) returns (Order);\n", "")
    there = buf.compare(specification(a=OLD), specification(a=only_calls))
    back = buf.compare(specification(a=only_calls), specification(a=OLD))
    assert (answers(there), answers(back)) == ((B, C), (C, B))


@real
def test_buf_yaml_says_what_counts_and_is_never_handed_on() -> None:
    config: Value = {
        "version": "v2",
        "modules": [{"path": "proto"}],
        "deps": ["buf.example/acme/none"],
        "plugins": [{"plugin": "buf-plugin-none"}],
        "breaking": {"use": ["FILE"], "except": ["FIELD_SAME_TYPE"], "ignore": ["proto/other"]},
    }
    texts = {
        "proto/a": OLD,
        "proto/other/b": 'syntax = "proto3"; import "a.proto"; message O { shop.Order a = 1; }',
    }
    changed = {
        "proto/a": NEW,
        "proto/other/b": 'syntax = "proto3"; import "a.proto"; message O { string a = 1; }',
    }
    comparison = buf.compare(specification(config=config, **texts), specification(config=config, **changed))
    assert comparison.doubts == ()
    assert {d.place.file for d in comparison.differences} == {"proto/a.proto"}
    assert {d.rule for d in comparison.differences if not d.old_consumer_new_provider.safe} == {
        "FILE_SAME_GO_PACKAGE",
        "FIELD_WIRE_COMPATIBLE_TYPE",
        "RPC_NO_DELETE",
    }


@real
def test_a_category_may_be_asked_for_and_policy_is_read_from_text_too() -> None:
    renamed = OLD.replace("total = 2", "sum = 2")
    json_counts = Specification(
        kind=Kind.PROTOBUF,
        name="shop",
        documents={},
        texts={"a.proto": renamed, "buf.yaml": "version: v2\nbreaking: {use: [WIRE]}\npolicies: [x]\n"},
    )
    comparison = buf.compare(specification(a=OLD), json_counts)
    assert [str(doubt) for doubt in comparison.doubts] == [
        "shop: buf.yaml: `policies` are not applied (name their rules under `breaking`)"
    ]
    assert {d.rule: d.old_consumer_new_provider for d in comparison.differences} == {
        "FIELD_SAME_JSON_NAME": C,
        "FIELD_SAME_NAME": C,
    }
    strict = buf.compare(specification(a=OLD), specification(a=renamed), category=Category.PACKAGE)
    assert answers(strict) == (B, B)


@real
@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('syntax = "proto3";\nmessage M { int32 x = 1; oops', 2, "new: encountered unmatched `{` delimiter"),
        (
            'syntax = "proto3";\n\nimport "other/b.proto"; message M { }',
            3,
            "new: imported file does not exist",
        ),
        (
            'syntax = "proto3"; ' + "message M {" * 5_000 + "}" * 5_000,
            1,
            "new: message nesting depth must be",
        ),
    ],
)
def test_what_does_not_compile_is_a_located_doubt(text: str, line: int, message: str) -> None:
    comparison = buf.compare(specification("old", a=OLD), specification("new", a=text))
    assert (answers(comparison), comparison.differences) == ((U, U), ())
    doubt = comparison.doubts[0]
    assert (str(doubt.location), doubt.message.startswith(message)) == (f"a.proto:{line}", True)
    assert doubt.hint == "imports are looked for inside the folder; dependencies are not fetched"
    assert len(comparison.doubts) == len(set(comparison.doubts))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "shop: no .proto file (give a folder that holds some)"),
        ({"a": ""}, "shop: its .proto files declare nothing (see whether they are complete)"),
        ({"a": EMPTY}, "shop: its .proto files declare nothing (see whether they are complete)"),
        ({"../a": OLD}, "shop: '../a.proto' lies outside the folder (move it inside)"),
        ({"/a": OLD}, "shop: '/a.proto' lies outside the folder (move it inside)"),
        ({"a\0": OLD}, "shop: 'a\\x00.proto' lies outside the folder (move it inside)"),
    ],
)
def test_some_versions_are_not_shown_to_buf(given: dict[str, str], message: str) -> None:
    comparison = buf.compare(specification(a=OLD), specification(**given))
    assert answers(comparison) == (U, U)
    assert [str(doubt) for doubt in comparison.doubts] == [message]


@real
def test_a_broken_buf_yaml_is_a_doubt() -> None:
    texts = {"a.proto": OLD, "buf.yaml": "breaking: {use: [WIRE"}
    broken = Specification(kind=Kind.PROTOBUF, name="shop", documents={}, texts=texts)
    comparison = buf.compare(specification(a=OLD), broken)
    assert answers(comparison) == (U, U)
    assert comparison.doubts[0].message.startswith("shop: buf.yaml:1: ")


def test_too_much_source_is_not_shown_to_buf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buf, "MOST_SOURCE", 10)
    comparison = buf.compare(specification(a=OLD), specification(a=OLD))
    assert answers(comparison) == (U, U)


# -- the program ---------------------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of buf."""
    path = tmp_path / "buf"
    path.touch(mode=0o700)
    monkeypatch.setattr(buf_program, "_candidates", lambda: iter([tmp_path / "absent", path]))
    return path


@pytest.mark.parametrize(
    ("script", "doubt"),
    [
        ("echo a; echo b >&2; exit 1", "buf failed: b"),
        ("head -c 200 /dev/zero; exit 0", "buf prints more than 0 MiB"),
        ("while :; do :; done", "buf did not finish in 0 s"),
        ("env | /usr/bin/tr '\\n' ' ' >&2; exit 3", "buf failed: "),
    ],
)
def test_a_run_that_cannot_be_relied_on_is_a_doubt(
    program: Path, monkeypatch: pytest.MonkeyPatch, script: str, doubt: str
) -> None:
    monkeypatch.setattr(buf_program, "MOST_OUTPUT", 100)
    monkeypatch.setattr(buf_program, "SECONDS", 0.3 if "while" in script else 60.0)
    monkeypatch.setattr(tempfile, "tempdir", str(program.parent))
    monkeypatch.setenv("BUF_TOKEN", "secret")
    program.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", encoding="utf-8")
    comparison = buf.compare(specification("old", a=OLD), specification("new", a=NEW))
    assert answers(comparison) == (U, U)
    assert comparison.doubts[0].message.startswith(f"old, new: {doubt}")
    assert "secret" not in str(comparison.doubts)
    assert [path.name for path in program.parent.iterdir()] == ["buf"]


def test_without_the_program_it_says_what_to_install(program: Path) -> None:
    program.write_text("no program", encoding="utf-8")
    with pytest.raises(
        Unavailable, match=r"`buf` cannot be run: .* \(install it with `pip install buf-bin`\)"
    ):
        buf.compare(specification(a=OLD), specification(a=NEW))
    program.chmod(0o600)
    with pytest.raises(Unavailable, match="the program `buf` was not found"):
        buf.compare(specification(a=OLD), specification(a=NEW))


def test_the_program_comes_from_its_wheel() -> None:
    assert os.access(buf_program.find_binary(), os.X_OK)
    assert len(list(buf_program._candidates())) >= 2


@real
@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_of_rules_is_that_of_buf(version: str) -> None:
    command = [
        "config",
        "ls-breaking-rules",
        "--version",
        version,
        "--format",
        "json",
        "--include-deprecated",
    ]
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [buf_program.find_binary(), *command],
            env={"HOME": home},
            cwd=home,
            capture_output=True,
            check=True,
        )
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    for category in Category:
        counted = policy_of({"version": version, "breaking": {"use": [category]}}).counted
        assert counted == {rule["id"] for rule in listed if category in rule["categories"]}
    if version == "v2":
        assert {rule["id"] for rule in listed} == set(RULES)
