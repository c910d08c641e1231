"""SQL cut into tokens: whatever comes, nothing is lost and nothing raised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.migrations.sql.tokens import Kind, balanced, broken, depths, parted, tokens

PIECES = [
    "'",
    '"',
    "$$",
    "$a$",
    "--",
    "/*",
    "*/",
    "\n",
    " ",
    "a",
    "E'",
    "\\",
    ";",
    "(",
    ")",
    "1.",
    "..",
    "é",
    "\x00",
]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT \"A b\".x, 'it''s'", ["SELECT", '"A b"', ".", "x", ",", "'it''s'"]),
        ("a -- b '\n c", ["a", "c"]),
        ("a /* b /* ' */ c */ d", ["a", "d"]),
        ("a+--b\n-1", ["a", "+", "-", "1"]),
        ("a+/*b*/1", ["a", "+", "1"]),
        (r"E'\' x' e'a\\' y", [r"E'\' x'", r"e'a\\'", "y"]),
        (r"'\' x", [r"'\'", "x"]),
        ("$$a;'$$ $q$ $$ $q$ $1 x$y", ["$$a;'$$", "$q$ $$ $q$", "$1", "x$y"]),
        ("U&'x' B'01' n'x' x'1F'", ["U&'x'", "B'01'", "n'x'", "x'1F'"]),
        ('"a""b" """" x', ['"a""b"', '""""', "x"]),
        ("1.5e-3 .5 1..2 1.", ["1.5e-3", ".5", "1", ".", ".", "2", "1."]),
        (
            "a::int->>'b' => {c} := @> ?|",
            ["a", "::", "int", "->>", "'b'", "=>", "{", "c", "}", ":=", "@>", "?|"],
        ),
        ("Ünder é", ["Ünder", "é"]),
    ],
)
def test_cut(sql: str, expected: list[str]) -> None:
    assert [token.text for token in tokens(sql)] == expected


@pytest.mark.parametrize(
    "sql", ["'a", 'b "a', "$$ a", "$x$ a $$", "/* a", "/* /* */", "E'\\'", '""', "a \x00"]
)
def test_what_never_ends_is_broken(sql: str) -> None:
    found = tokens(sql)
    assert broken(found)
    assert found[-1].end == len(sql)


@pytest.mark.parametrize(
    ("sql", "name", "word"),
    [
        ("Name", "name", "NAME"),
        ("ÜB", "Üb", "ÜB"),
        ('"Select"', "Select", ""),
        ("'x'", "", ""),
        ("1", "", "1"),
        ('"a""b"', 'a"b', ""),
    ],
)
def test_names_are_folded_as_the_server_folds(sql: str, name: str, word: str) -> None:
    (token,) = tokens(sql)
    assert (token.name, token.word) == (name, word)


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_every_character_is_in_a_token_or_blank(sql: str) -> None:
    """Tokens come in order, do not overlap and say what the text says; only spaces and comments lie between."""
    place = 0
    for token in tokens(sql):
        assert sql[token.start : token.end] == token.text
        assert token.text
        between = sql[place : token.start]
        assert not between.strip() or between.strip().startswith(("--", "/*"))
        place = token.end
    assert not sql[place:].strip() or sql[place:].strip().startswith(("--", "/*"))


def test_brackets() -> None:
    found = tokens("f(a, [b], (c; d)); '(' ; e")
    around = [
        (token.text, depth)
        for token, depth in zip(found, depths(found), strict=True)
        if token.name or depth > 1
    ]
    assert around == [("f", 0), ("a", 1), ("b", 2), ("c", 2), (";", 2), ("d", 2), ("e", 0)]
    assert [[token.text for token in piece] for piece in parted(found, ";")][1:] == [["'('"], ["e"]]
    assert parted(tokens(";;"), ";") == ()


@pytest.mark.parametrize(
    ("sql", "holds"), [("(a[b])", True), ("(a", False), ("a)", False), ("(a])", False), ("'('", True)]
)
def test_balanced(sql: str, holds: bool) -> None:
    assert balanced(tokens(sql)) is holds


def test_kinds() -> None:
    kinds = [token.kind for token in tokens("""a "b" 'c' 1 + ( '""")]
    assert kinds == list(Kind)
