"""What undoes a user's own statements, and what nothing brings back."""

import re
from collections.abc import Collection, Iterator

from tidegate.core.migrations.sql.own import Own, named
from tidegate.core.migrations.sql.tokens import Token, depths, parted

_ROUTINES = ("FUNCTION", "PROCEDURE", "AGGREGATE")
_ON_A_TABLE = ("TRIGGER", "POLICY", "RULE")
_CREATED = re.compile(
    r"CREATE (?:(?:UNLOGGED|UNIQUE|RECURSIVE|CONSTRAINT) )*"
    r"(TYPE|DOMAIN|TABLE|INDEX|VIEW|MATERIALIZED VIEW|SEQUENCE|SCHEMA|EXTENSION|COLLATION|STATISTICS"
    r"|FUNCTION|PROCEDURE|TRIGGER|POLICY|RULE)\b"
)


def derived(own: Own) -> str:
    """The reverse of a plain creation; empty where none can be told, as of what was perhaps there before."""
    head = " ".join(own.words)
    if re.search(r"\b(IF NOT EXISTS|OR REPLACE)\b", head):
        return ""
    if own.actions:
        return _without_columns(own)
    made = _CREATED.match(head)
    return _drop(own, made[1]) if made else ""


def creates(owns: Collection[Own]) -> frozenset[str]:
    """The tables that statements create, which nobody else uses as yet."""
    return frozenset(own.table for own in owns if _MADE.match(" ".join(own.words)))


_MADE = re.compile(r"CREATE (?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED) )*TABLE (?!IF )")


def lost(owns: Collection[Own]) -> Iterator[tuple[Own, str, str]]:
    """Statements that give up what was there before, each with what that is and what to do instead.

    What the statements themselves created, or columns that they added, held nothing before.
    """
    made, added = creates(owns), frozenset(_added(owns))
    for own in owns:
        if own.table in made or _fills(own, added):
            continue
        yield from ((own, kind.loses, kind.instead) for kind in own.known if kind.loses)


def _added(owns: Collection[Own]) -> Iterator[tuple[str, str]]:
    for own in owns:
        yield from ((own.table, name) for piece in own.actions if (name := _column(piece)))


def _fills(own: Own, added: Collection[tuple[str, str]]) -> bool:
    """Whether it is an update of columns that were added before it, and of no others."""
    columns = _assigned(own) if own.words[0] == "UPDATE" else ()
    return bool(columns) and all((own.table, column) in added for column in columns)


def _assigned(own: Own) -> tuple[str, ...]:
    """The columns that an update sets."""
    around = depths(own.found)
    edges = [place for place, word in enumerate(own.words) if word in {"SET", *_ENDS} and not around[place]]
    start = next((place for place in edges if own.words[place] == "SET"), len(own.found))
    end = next((place for place in edges if place > start), len(own.found))
    return tuple(name for piece in parted(own.found[start + 1 : end], ",") for name in _targets(piece))


_ENDS = ("FROM", "WHERE", "RETURNING")


def _targets(piece: tuple[Token, ...]) -> tuple[str, ...]:
    """What stands before the `=`: a column, or several in parentheses."""
    equals = next((place for place, token in enumerate(piece) if token.text == "="), len(piece))
    return tuple(token.name for token in piece[:equals] if token.name)


def _column(piece: tuple[Token, ...]) -> str:
    """The column that an action adds, as it is called; empty if it adds none."""
    name = _added_name(piece)
    return name.name if name else ""


def _added_name(piece: tuple[Token, ...]) -> Token | None:
    if piece[0].word != "ADD" or len(piece) < len(("ADD", "name", "type")):
        return None
    place = 2 if piece[1].word == "COLUMN" else 1
    name = piece[place]
    return None if name.word in _NO_COLUMN else name


_NO_COLUMN = {"CONSTRAINT", "CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE", "NOT", "IF"}


def _without_columns(own: Own) -> str:
    names = [_added_name(piece) for piece in own.actions]
    if not all(names):
        return ""
    drops = ", ".join(f"DROP COLUMN {name.text}" for name in names if name)
    return f"ALTER TABLE {_written(named(own.found, 'TABLE'))} {drops}"


def _drop(own: Own, what: str) -> str:
    name = named(own.found, what.rpartition(" ")[2])
    if not name or name[0].word == "ON" or (what in _ROUTINES and not _parameters(own, name)):
        return ""
    on = f" ON {_written(named(own.found, 'ON'))}" if what in _ON_A_TABLE[:2] else ""
    on = f" ON {_written(named(own.found, 'TO'))}" if what == "RULE" else on
    beside = "CONCURRENTLY IF EXISTS " if own.alone else ""
    return f"DROP {what} {beside}{_written(name)}{_arguments(own, name) if what in _ROUTINES else ''}{on}"


def _arguments(own: Own, name: tuple[Token, ...]) -> str:
    """The parameters of a routine without their defaults, which tell it from others by its name."""
    inner = _parameters(own, name)[1:-1]
    return f"({', '.join(_parameter(own, piece) for piece in parted(inner, ','))})"


def _parameters(own: Own, name: tuple[Token, ...]) -> tuple[Token, ...]:
    """The parentheses behind a name, with what is in them; nothing where there are none."""
    behind = own.found[own.found.index(name[-1]) + 1 :]
    if not behind or behind[0].text != "(":
        return ()
    around = depths(behind)
    return behind[: around.index(0, 1) + 1]


def _parameter(own: Own, piece: tuple[Token, ...]) -> str:
    default = next((token for token in piece if token.word in {"DEFAULT", "="}), None)
    end = default.start if default else piece[-1].end
    return own.text[piece[0].start : end].strip()


def _written(name: tuple[Token, ...]) -> str:
    return "".join(token.text for token in name)
