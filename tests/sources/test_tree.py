"""YAML as a tree: the line of every part, YAML 1.2's meanings, and problems instead of exceptions."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from pathlib import Path

import pytest

from tidegate.core.errors import Location
from tidegate.sources import tree
from tidegate.sources.tree import NOTHING, Parsed, parse, read


def parsed(text: str | bytes) -> Parsed:
    return parse(text.encode() if isinstance(text, str) else text, "f.yaml")


def lines(text: str | bytes) -> list[str]:
    return [str(problem) for problem in parsed(text).problems]


def test_every_part_knows_its_line() -> None:
    (root,) = parsed("a: 1\nb:\n  - x\n  - c: y\n    d:\n    e: |\n      text\n").documents
    assert root.at("b", 1, "c").line == 4
    assert root.at("b", 1).key("e") == Location(file="f.yaml", line=6)
    assert root.at("b", 1, "d").line == 5, "nothing was written: the line of its name"
    assert root.at("b", 1).key("unknown").line == 4, "the mapping's own line"


def test_asking_for_what_is_not_there_answers_with_nothing() -> None:
    (root,) = parsed("a: [1]\nt: text").documents
    for path in [("b",), ("a", 1), ("a", "x"), ("t", 0), ("t", "x", "y")]:
        node = root.at(*path)
        assert node is NOTHING
        assert not node
        assert (node.text, node.elements, dict(node.fields)) == ("", (), {})


MEANINGS = [
    ("x", "x"),
    ("yes", "yes"),
    ("on", "on"),
    ("1:30", "1:30"),
    ("2026-01-01", "2026-01-01"),
    ("true", True),
    ("False", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("007", 7),
    ("-3", -3),
    ("0o17", 15),
    ("0xff", 255),
    ("1.10", 1.1),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("1e999", "1e999"),
    (".inf", ".inf"),
    (".nan", ".nan"),
    ("9" * 5000, "9" * 5000),
    ("'7'", "7"),
    ("! 7", "7"),
    ("!!str 7", "7"),
    ("!!int '7'", 7),
    ("!!int x", "x"),
]


@pytest.mark.parametrize(("written", "meant"), MEANINGS)
def test_plain_scalars_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    (root,) = parsed(f"a: {written}\n").documents
    assert root.at("a").value == meant
    assert type(root.at("a").value) is type(meant)


def test_keys_are_text_as_written() -> None:
    (root,) = parsed("on: 1\n1: 2\n1.0: 3\nnull: 4\n").documents
    assert list(root.fields) == ["on", "1", "1.0", "null"]


def test_several_documents_and_empty_ones() -> None:
    found = parsed("a: 1\n---\n---\nb: 2\n")
    assert [node.plain() for node in found.documents] == [{"a": 1}, None, {"b": 2}]
    assert found.complete
    assert parsed("").documents == ()
    assert parsed("# nothing\n").documents == ()
    assert [node.plain() for node in parsed(b"\xef\xbb\xbfa: 1").documents] == [{"a": 1}]


def test_aliases_and_merge_keys() -> None:
    text = "base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\ntwo: {<<: [*b, {z: 4}], x: 5}\nsame: *b\n"
    (root,) = parsed(text).documents
    assert root.at("one").plain() == {"y": 3, "x": 1}
    assert root.at("two").plain() == {"x": 5, "y": 2, "z": 4}
    assert root.at("same").plain() == {"x": 1, "y": 2}
    assert root.at("one").key("x").line == 1


PROBLEMS = [
    ("a: 1\nb: 2\na: 3\n", ["f.yaml:3: 'a' is given twice (first at f.yaml:1)"]),
    ("a: b: c\n", ["f.yaml:1: not YAML: mapping values are not allowed in this context"]),
    (
        "a:\n\tb: 1\n",
        [
            ("f.yaml:2: not YAML: while scanning for the next token, found character that cannot start any token"
            " (indent with spaces, not with tabs)")
        ],
    ),
    ("a: [1,\n", ["f.yaml:1: not YAML: while parsing a flow node, did not find expected node content"]),
    ("%YAML 3.0\n---\na", ["f.yaml:1: not YAML: found incompatible YAML document"]),
    ("a: &a [*a]\n", ["f.yaml:1: alias '*a' refers to itself"]),
    ("a: *b\n", ["f.yaml:1: alias '*b' has no anchor before it"]),
    ("a: &b 1\n---\nc: *b\n", ["f.yaml:3: alias '*b' has no anchor before it"]),
    ("? [1]\n: 2\n", ["f.yaml:1: a field's name must be text"]),
    ("a:\n  <<: 3\n", ["f.yaml:2: '<<' takes a mapping or a list of mappings"]),
    ("a: !!python/object:os.system 1\n", ["f.yaml:1: unknown tag 'tag:yaml.org,2002:python/object:os.system' (remove it)"]),
    ("a: !thing {x: 1}\n", ["f.yaml:1: unknown tag '!thing' (remove it)"]),
    ("a: 1\nb: \x01\n", [r"f.yaml:2: control character '\x01' (remove it or write it as an escape)"]),
    (b"a: 1\nb: \xff\n", ["f.yaml:2: not UTF-8 text (save the file as UTF-8)"]),
    ("x" * (tree.LIMITS.bytes + 1), ["f.yaml:1: longer than 1024 KiB (split the file)"]),
    ("a:\n  " + "[" * 100 + "]" * 100, ["f.yaml:2: nested deeper than 64 levels"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_what_is_wrong_is_said_with_its_line(text: str | bytes, expected: list[str]) -> None:
    assert lines(text) == expected


def test_recoverable_problems_are_all_told_and_lose_nothing() -> None:
    found = parsed("a: 1\na: 2\nb: *x\nc: !z 1\n")
    assert len(found.problems) == 3
    assert found.complete
    assert not parsed("a: [").complete


def test_alias_bombs_are_refused_before_they_unfold() -> None:
    levels = ["a0: &a0 [" + ",".join(["x"] * 10) + "]"]
    levels += [f"a{n}: &a{n} [" + ",".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 30)]
    assert lines("\n".join(levels)) == ["f.yaml:6: more than 200000 values once aliases are followed"]


def test_aliases_cannot_nest_deeper_than_brackets() -> None:
    levels = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 100))]
    assert lines("\n".join(levels)) == ["f.yaml:64: more than 64 levels once aliases are followed"]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    assert [str(it) for it in read(Path("no.yaml")).problems] == [
        "cannot read 'no.yaml': No such file or directory (check the path)"
    ]
    assert [str(it) for it in read(Path("folder")).problems] == [
        "cannot read 'folder': Is a directory (check the path)"
    ]
    (problem,) = read(Path("a\0b")).problems
    assert "embedded null byte" in problem.message
