"""SQL cut into tokens, as PostgreSQL's manual has it (SQL Syntax, Lexical Structure).

Nothing here raises: what is no token is one `BROKEN` token up to the end of the text. Spaces and comments are left out.
Strings are read as `standard_conforming_strings = on` has it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    OPERATOR = "operator"
    MARK = "mark"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL: `text` as it is written, `start` and `end` where."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """The place behind its last character."""
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """The name that it stands for: folded as PostgreSQL folds, quotes taken off; none if it is no name."""
        if self.kind is Kind.WORD:
            return self.text.translate(_FOLDED)
        return self.text[1:-1].replace('""', '"') if self.kind is Kind.QUOTED else ""

    @property
    def word(self) -> str:
        """What it says in upper case if it is unquoted, so that `"select"` is no `SELECT`."""
        return "" if self.kind in {Kind.QUOTED, Kind.STRING} else self.text.upper()


_FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)
_TOKEN = re.compile(
    r"""
      (?P<blank> [ \t\n\r\f\v]++ | --[^\n\r]*+ )
    | (?P<comment> /\* )
    | (?P<string> [eE]'(?:[^'\\]|''|\\.)*+' | (?:[bBxXnN]|[uU]&)?'[^']*+(?:''[^']*+)*+' )
    | (?P<dollar> \$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*+)?)\$.*?\$(?P=tag)\$ )
    | (?P<quoted> "[^"]++(?:""[^"]*+)*+" | "(?:""[^"]*+)++" )
    | (?P<word> (?![eE]')[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+ )
    | (?P<number> (?:\d++(?:\.(?!\.)\d*+)? | (?<!\.)\.\d++)(?:[eE][+-]?\d++)?+ | \$\d++ )
    | (?P<mark> :: | := | [()\[\],;:.{}\\] )
    | (?P<operator> (?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])++ )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_KINDS: Mapping[str, Kind] = {
    "string": Kind.STRING,
    "dollar": Kind.STRING,
    "quoted": Kind.QUOTED,
    "word": Kind.WORD,
    "number": Kind.NUMBER,
    "mark": Kind.MARK,
    "operator": Kind.OPERATOR,
}


def tokens(sql: str) -> tuple[Token, ...]:
    """The tokens of a text, in order."""
    return tuple(_cut(sql))


def _cut(sql: str) -> Iterator[Token]:
    place = 0
    while place < len(sql):
        found = _TOKEN.match(sql, place)
        end = _comment_end(sql, place) if found and found["comment"] else found.end() if found else -1
        if found is None or end < 0:
            yield Token(Kind.BROKEN, sql[place:], place)
            return
        if found["blank"] is None and found["comment"] is None:
            yield Token(_KINDS[_group(found)], found[0], place)
        place = end


def _group(found: re.Match[str]) -> str:
    return next(name for name in _KINDS if found[name] is not None)


def _comment_end(sql: str, start: int) -> int:
    """Where the comment that starts there is over, others inside it counted; -1 where it never is."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return -1


_OPENS: Mapping[str, str] = {"(": ")", "[": "]", "{": "}"}


def depths(found: tuple[Token, ...]) -> tuple[int, ...]:
    """How many brackets are open around each token; brackets themselves stand outside."""
    depth, around = 0, []
    for token in found:
        depth -= token.kind is Kind.MARK and token.text in _OPENS.values()
        around.append(depth)
        depth += token.kind is Kind.MARK and token.text in _OPENS
    return tuple(around)


def balanced(found: tuple[Token, ...]) -> bool:
    """Whether each bracket has its partner."""
    waiting: list[str] = []
    for token in (token for token in found if token.kind is Kind.MARK):
        if token.text in _OPENS:
            waiting.append(_OPENS[token.text])
        elif token.text in _OPENS.values() and (not waiting or waiting.pop() != token.text):
            return False
    return not waiting


def broken(found: tuple[Token, ...]) -> bool:
    """Whether the text ends within a string, a quoted name or a comment."""
    return bool(found) and found[-1].kind is Kind.BROKEN


def parted(found: tuple[Token, ...], mark: str) -> tuple[tuple[Token, ...], ...]:
    """The tokens cut at each `mark` that is in no brackets; pieces with nothing in them are left out."""
    pieces: list[list[Token]] = [[]]
    for token, depth in zip(found, depths(found), strict=True):
        if token.kind is Kind.MARK and token.text == mark and depth == 0:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return tuple(tuple(piece) for piece in pieces if piece)
