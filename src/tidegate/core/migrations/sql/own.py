"""A user's own statements, read: what each does to which table."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

from tidegate.core.migrations.sql.alterations import action
from tidegate.core.migrations.sql.kinds import KINDS, Kind, kind_of
from tidegate.core.migrations.sql.tokens import Token, parted, tokens
from tidegate.core.migrations.statements import Effort, Lock

_BEFORE_NAMES = {"IF", "NOT", "EXISTS", "ONLY", "CONCURRENTLY"}
_EXTENT = (Effort.CATALOG, Effort.UNKNOWN, Effort.SCAN, Effort.BUILD, Effort.REWRITE)
_STRENGTH = tuple(Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A statement: `kinds` has one kind, or one for each action of an `ALTER TABLE`, or None for what nobody knows."""

    text: str
    found: tuple[Token, ...]
    kinds: tuple[Kind | None, ...]
    actions: tuple[tuple[Token, ...], ...] = ()
    table: str = ""

    @property
    def known(self) -> tuple[Kind, ...]:
        """The kinds of what is known of it."""
        return tuple(kind for kind in self.kinds if kind)

    @property
    def lock(self) -> Lock:
        """The strongest lock that it takes."""
        return max((kind.lock for kind in self.known), key=_STRENGTH.index, default=Lock.NONE)

    @property
    def effort(self) -> Effort:
        """The most that it does."""
        return max((kind.effort for kind in self.known), key=_EXTENT.index, default=Effort.CATALOG)

    @property
    def alone(self) -> bool:
        """Whether it runs in no transaction with others."""
        return any(kind.alone for kind in self.known)

    @property
    def head(self) -> str:
        """Its first words, without any value."""
        start = takewhile(lambda token: token.name or token.text == ".", self.found[:8])
        return " ".join(token.text for token in start).replace(" . ", ".") or self.found[0].text

    @property
    def words(self) -> tuple[str, ...]:
        """Each of its tokens in upper case."""
        return tuple(token.word for token in self.found)


def statements(sql: str, volatile_functions: Collection[str] = ()) -> tuple[Own, ...]:
    """The statements of a text, in order."""
    pieces = split(tokens(sql))
    return tuple(_read(sql[piece[0].start : piece[-1].end], volatile_functions) for piece in pieces)


def split(found: tuple[Token, ...]) -> tuple[tuple[Token, ...], ...]:
    """The tokens of each statement; a function's body between `BEGIN ATOMIC` and `END` stays whole."""
    return tuple(_whole(iter(parted(found, ";"))))


def _whole(pieces: Iterator[tuple[Token, ...]]) -> Iterator[tuple[Token, ...]]:
    for piece in pieces:
        whole = piece
        while _open(whole) and (more := next(pieces, None)):
            whole += more
        yield whole


def _open(found: tuple[Token, ...]) -> bool:
    """Whether a body was begun that has not ended yet."""
    words = [token.word for token in found]
    if "ATOMIC" not in words:
        return False
    return words.count("BEGIN") + words.count("CASE") > words.count("END")


def _read(text: str, volatile_functions: Collection[str]) -> Own:
    found = tokens(text)
    if [token.word for token in found[:2]] == ["ALTER", "TABLE"]:
        return _alteration(text, found, volatile_functions)
    kind = kind_of(found, KINDS)
    table = _table(found, kind.at) if kind else ""
    return Own(text=text, found=found, kinds=(kind, *_within(found)), table=table)


def _alteration(text: str, found: tuple[Token, ...], volatile_functions: Collection[str]) -> Own:
    name = named(found, "TABLE")
    behind = tuple(token for token in found if name and token.start >= name[-1].end and token.text != "*")
    actions = parted(behind, ",")
    kinds = tuple(
        action(piece, text[piece[0].start : piece[-1].end], volatile_functions) for piece in actions
    )
    return Own(text=text, found=found, kinds=kinds or (None,), actions=actions, table=_table(found, "TABLE"))


def _within(found: tuple[Token, ...]) -> tuple[Kind | None, ...]:
    """The kinds of what a `WITH` does besides."""
    if found[0].word != "WITH":
        return ()
    pairs = enumerate(pairwise(found), start=1)
    starts = [
        place for place, (before, token) in pairs if token.word in _CHANGES and before.word not in _NO_CHANGE
    ]
    return tuple(kind_of(found[start:], KINDS) for start in starts)


_CHANGES = {"DELETE", "INSERT", "MERGE", "UPDATE"}
_NO_CHANGE = {"FOR", "DO", "KEY", "ON", "THEN"}


def named(found: tuple[Token, ...], at: str) -> tuple[Token, ...]:
    """The tokens of the name, perhaps with its schema, that stands behind the word `at`; none if there is none."""
    start = next((place + 1 for place, token in enumerate(found) if token.word == at), len(found))
    while start < len(found) and found[start].word in _BEFORE_NAMES:
        start += 1
    end = start + 1
    while end + 1 < len(found) and found[end].text == ".":
        end += 2
    return found[start:end] if start < len(found) and found[start].name else ()


def _table(found: tuple[Token, ...], at: str) -> str:
    name = named(found, at) if at else ()
    return name[-1].name if name else ""
