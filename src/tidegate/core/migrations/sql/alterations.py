"""The actions of `ALTER TABLE`: what each locks and how long (PostgreSQL's manual, ALTER TABLE)."""

from collections.abc import Collection
from dataclasses import replace

from tidegate.core.migrations.sql.expressions import volatile
from tidegate.core.migrations.sql.kinds import Kind, kind_of, no, row
from tidegate.core.migrations.sql.tokens import Token
from tidegate.core.migrations.statements import Effort, Lock

_AE = Lock.ACCESS_EXCLUSIVE
_SUE = Lock.SHARE_UPDATE_EXCLUSIVE
_ADD = (
    r"ADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT |CHECK |FOREIGN |UNIQUE |PRIMARY |EXCLUDE |NOT )\S+ "
)
_CONSTRAINT = r"ADD (?:CONSTRAINT \S+ )?"
_ALTER = r"ALTER (?:COLUMN )?\S+ "
_LATER = "add the column without it, then use alterColumn or createConstraint"
_NOT_VALID = "write it NOT VALID and validate it in a later statement, or use createConstraint"
_USING = "build a unique index concurrently and add the constraint USING INDEX, or use createConstraint"

ACTIONS: tuple[Kind, ...] = (
    row(rf"{_ADD}(?:SMALL|BIG)?SERIAL\d?", _AE, Effort.REWRITE, instead=_LATER),
    row(rf"{_ADD}.*\b(?:STORED|IDENTITY)", _AE, Effort.REWRITE, instead=_LATER),
    row(rf"{_ADD}.*\b(?:UNIQUE|PRIMARY KEY)", _AE, Effort.BUILD, instead=_LATER),
    row(rf"{_ADD}.*\b(?:CHECK|REFERENCES)", _AE, Effort.SCAN, instead=_LATER),
    row(_ADD.rstrip(), _AE),
    row(rf"{_CONSTRAINT}FOREIGN KEY .*NOT VALID", Lock.SHARE_ROW_EXCLUSIVE),
    row(rf"{_CONSTRAINT}FOREIGN KEY", Lock.SHARE_ROW_EXCLUSIVE, Effort.SCAN, instead=_NOT_VALID),
    row(rf"{_CONSTRAINT}(?:CHECK|NOT NULL) .*NOT VALID", _AE),
    row(rf"{_CONSTRAINT}(?:CHECK|NOT NULL)", _AE, Effort.SCAN, instead=_NOT_VALID),
    row(rf"{_CONSTRAINT}(?:UNIQUE|PRIMARY KEY) USING INDEX", _AE),
    row(rf"{_CONSTRAINT}(?:UNIQUE|PRIMARY KEY)", _AE, Effort.BUILD, instead=_USING),
    row(rf"{_CONSTRAINT}EXCLUDE", _AE, Effort.BUILD, instead="put it into the creation of a table"),
    row("VALIDATE CONSTRAINT", _SUE, Effort.SCAN, alone=True),
    row("(?:ALTER|DROP|RENAME) CONSTRAINT", _AE),
    row("DROP", _AE, loses="the column's values", instead="use dropColumn"),
    row(rf"{_ALTER}(?:SET DATA )?TYPE", _AE, Effort.REWRITE, instead="use alterColumn"),
    row(rf"{_ALTER}SET NOT NULL", _AE, Effort.SCAN, instead="use alterColumn"),
    row(rf"{_ALTER}SET EXPRESSION", _AE, Effort.REWRITE, instead="add another column"),
    row(rf"{_ALTER}(?:SET STATISTICS|SET \(|RESET \()", _SUE),
    row(rf"{_ALTER}(?:SET|DROP|ADD|RESET|RESTART)", _AE),
    row(
        "SET (?:TABLESPACE|LOGGED|UNLOGGED|ACCESS METHOD)",
        _AE,
        Effort.REWRITE,
        instead="copy it to another table",
    ),
    row(r"SET (?:WITHOUT CLUSTER|\()|RESET \(|CLUSTER ON", _SUE),
    row(
        "SET (?:SCHEMA|WITHOUT OIDS)|RENAME|OWNER TO|REPLICA IDENTITY|INHERIT|NO INHERIT|OF|NOT OF|NO FORCE|FORCE",
        _AE,
    ),
    row("(?:ENABLE|DISABLE) .*ROW LEVEL SECURITY|(?:ENABLE|DISABLE) .*RULE", _AE),
    row("(?:ENABLE|DISABLE) .*TRIGGER", Lock.SHARE_ROW_EXCLUSIVE),
    row("ATTACH PARTITION", _SUE, Effort.SCAN, alone=True),
    row("DETACH PARTITION .*(?:CONCURRENTLY|FINALIZE)", _SUE, alone=True),
    row("DETACH PARTITION", _AE),
    no("ALL IN", "moves many tables", "move each by its own statement"),
)


def action(piece: tuple[Token, ...], text: str, volatile_functions: Collection[str]) -> Kind | None:
    """The kind of an action, which is written as `text`. A volatile default has every row written anew."""
    kind = kind_of(piece, ACTIONS)
    if kind is None or piece[0].word != "ADD" or not volatile(text, volatile_functions):
        return kind
    return replace(kind, effort=Effort.REWRITE, instead=_LATER)
