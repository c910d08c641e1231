"""Kinds of statements: what each locks, what its time grows with, what it gives up.

From PostgreSQL's manual: Explicit Locking (Table-Level Locks), ALTER TABLE, CREATE INDEX and the other commands' pages.
The first pattern that matches counts. A pattern is held against the words of a statement that are in no brackets.
"""

import re
from dataclasses import dataclass

from tidegate.core.migrations.sql.tokens import Token, depths
from tidegate.core.migrations.statements import Effort, Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of statement, or of an action of `ALTER TABLE`.

    `at` is the word that its table stands behind. One that is `alone` runs in no transaction; `repeat` is what its
    first word must be followed by so that it may run again. `refused` says why it has no place in a migration,
    `loses` what no reverse brings back, `instead` what to do in place of it.
    """

    pattern: re.Pattern[str]
    lock: Lock = Lock.NONE
    effort: Effort = Effort.CATALOG
    at: str = ""
    alone: bool = False
    repeat: str = ""
    refused: str = ""
    loses: str = ""
    instead: str = ""


def shape(found: tuple[Token, ...]) -> str:
    """The words of a statement that are in no brackets; a quoted name is `"`, a string `'`."""
    outside = (token for token, depth in zip(found, depths(found), strict=True) if not depth)
    return " ".join(token.word or token.text[-1] for token in outside)


def kind_of(found: tuple[Token, ...], kinds: tuple[Kind, ...]) -> Kind | None:
    """The first kind that it is of; None where nobody knows what it does."""
    said = shape(found)
    return next((kind for kind in kinds if kind.pattern.match(said)), None)


def row(  # a row of a table: its words are columns
    pattern: str,
    lock: Lock = Lock.NONE,
    effort: Effort = Effort.CATALOG,
    at: str = "",
    *,
    alone: bool = False,
    repeat: str = "",
    loses: str = "",
    instead: str = "",
) -> Kind:
    """A kind that migrations may have."""
    return Kind(
        pattern=re.compile(rf"(?:{pattern})(?!\w)"),
        lock=lock,
        effort=effort,
        at=at,
        alone=alone,
        repeat=repeat,
        loses=loses,
        instead=instead,
    )


def no(pattern: str, refused: str, instead: str) -> Kind:
    """A kind that migrations may not have."""
    return Kind(pattern=re.compile(rf"(?:{pattern})(?!\w)"), refused=refused, instead=instead)


_CREATE = "CREATE (?:OR REPLACE )?"
_TABLE = "(?:(?:GLOBAL |LOCAL )?(?:TEMP |TEMPORARY )|UNLOGGED )?TABLE"
_CATALOG_ONLY = (
    "TYPE|DOMAIN|SCHEMA|EXTENSION|SEQUENCE|FUNCTION|PROCEDURE|ROUTINE|AGGREGATE|ROLE|USER|GROUP|CAST|COLLATION"
    "|CONVERSION|FOREIGN|(?:TRUSTED |PROCEDURAL )*LANGUAGE|OPERATOR|PUBLICATION|SERVER|SUBSCRIPTION|TEXT SEARCH"
    "|TRANSFORM|EVENT TRIGGER|ACCESS METHOD|DEFAULT PRIVILEGES|LARGE OBJECT|(?:TEMP |TEMPORARY )SEQUENCE"
)
_BESIDE = "write it with CONCURRENTLY"
_KEEP = "use alterColumn, which keeps both values"

KINDS: tuple[Kind, ...] = (
    no(
        "BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE TRANSACTION",
        "begins or ends a transaction",
        "leave it out: tidegate decides what is one transaction",
    ),
    no(r"\\.*", "is a command of psql", "write it in SQL"),
    no("COPY", "moves data in or out of files", "write it as INSERT"),
    no(
        "(?:CREATE|ALTER|DROP) (?:DATABASE|TABLESPACE)|ALTER SYSTEM|CHECKPOINT",
        "is about the whole server",
        "do it by hand",
    ),
    no(
        "SET|RESET|DISCARD|PREPARE|EXECUTE|DEALLOCATE|LISTEN|UNLISTEN|DECLARE|FETCH|MOVE|CLOSE|LOAD",
        "changes the session, which is tidegate's",
        "leave it out, or set it on the function or role that needs it",
    ),
    no("(?:DROP TABLE|TRUNCATE) .*,", "is about several tables", "give each a statement of its own"),
    no("LOCK", "holds a table for as long as it likes", "leave it out: each statement takes what it needs"),
    row(rf"CREATE {_TABLE} .*PARTITION OF", Lock.ACCESS_EXCLUSIVE, at="OF"),
    row(rf"CREATE {_TABLE} .*\bAS", Lock.NONE, Effort.SCAN, "TABLE"),
    row(rf"CREATE {_TABLE}", Lock.NONE, at="TABLE"),
    row(
        "CREATE (?:UNIQUE )?INDEX CONCURRENTLY",
        Lock.SHARE_UPDATE_EXCLUSIVE,
        Effort.BUILD,
        "ON",
        alone=True,
        repeat="CONCURRENTLY IF NOT EXISTS",
    ),
    row("CREATE (?:UNIQUE )?INDEX", Lock.SHARE, Effort.BUILD, "ON", instead=_BESIDE),
    row("CREATE MATERIALIZED VIEW", Lock.NONE, Effort.SCAN),
    row("CREATE OR REPLACE (?:RECURSIVE )?VIEW", Lock.ACCESS_EXCLUSIVE, at="VIEW"),
    row("CREATE (?:TEMP |TEMPORARY )?(?:RECURSIVE )?VIEW"),
    row(f"{_CREATE}(?:CONSTRAINT )?TRIGGER", Lock.SHARE_ROW_EXCLUSIVE, at="ON"),
    row(f"{_CREATE}RULE", Lock.ACCESS_EXCLUSIVE, at="TO"),
    row("(?:CREATE|ALTER|DROP) POLICY", Lock.ACCESS_EXCLUSIVE, at="ON"),
    row("CREATE STATISTICS", Lock.SHARE_UPDATE_EXCLUSIVE, at="FROM"),
    row("ALTER TYPE .*ADD VALUE", alone=True, repeat="VALUE IF NOT EXISTS"),
    row("ALTER INDEX (?:IF EXISTS )?.* RENAME", Lock.SHARE_UPDATE_EXCLUSIVE),
    row("ALTER (?:INDEX|(?:MATERIALIZED )?VIEW)", Lock.ACCESS_EXCLUSIVE),
    row("ALTER (?:TRIGGER|RULE)", Lock.ACCESS_EXCLUSIVE, at="ON"),
    row("(?:ALTER|DROP) STATISTICS", Lock.SHARE_UPDATE_EXCLUSIVE),
    row("DROP TABLE", Lock.ACCESS_EXCLUSIVE, at="TABLE", loses="its rows", instead="use dropTable"),
    row(
        "DROP INDEX CONCURRENTLY",
        Lock.SHARE_UPDATE_EXCLUSIVE,
        alone=True,
        repeat="CONCURRENTLY IF EXISTS",
    ),
    row(
        "DROP .* CASCADE", Lock.ACCESS_EXCLUSIVE, loses="whatever depends on it", instead="name what is to go"
    ),
    row(
        "DROP (?:SCHEMA|OWNED)",
        Lock.ACCESS_EXCLUSIVE,
        loses="all that is in it",
        instead="name what is to go",
    ),
    row("DROP SEQUENCE", Lock.ACCESS_EXCLUSIVE, loses="how far it counted", instead="drop it at contract"),
    row("DROP (?:TRIGGER|RULE)", Lock.ACCESS_EXCLUSIVE, at="ON"),
    row("DROP (?:INDEX|(?:MATERIALIZED )?VIEW)", Lock.ACCESS_EXCLUSIVE),
    row(f"{_CREATE}(?:{_CATALOG_ONLY})|(?:ALTER|DROP) (?:{_CATALOG_ONLY})"),
    row("TRUNCATE TABLE", Lock.ACCESS_EXCLUSIVE, at="TABLE", loses="its rows", instead="delete at contract"),
    row("TRUNCATE", Lock.ACCESS_EXCLUSIVE, at="TRUNCATE", loses="its rows", instead="delete at contract"),
    row(
        "INSERT .*DO UPDATE",
        Lock.ROW_EXCLUSIVE,
        Effort.UNKNOWN,
        "INTO",
        loses="the values before",
        instead=_KEEP,
    ),
    row("INSERT", Lock.ROW_EXCLUSIVE, Effort.UNKNOWN, "INTO"),
    row("UPDATE", Lock.ROW_EXCLUSIVE, Effort.UNKNOWN, "UPDATE", loses="the values before", instead=_KEEP),
    row("DELETE", Lock.ROW_EXCLUSIVE, Effort.UNKNOWN, "FROM", loses="the rows", instead="delete at contract"),
    row("MERGE", Lock.ROW_EXCLUSIVE, Effort.UNKNOWN, "INTO", loses="what was there", instead=_KEEP),
    row("WITH|SELECT|VALUES|TABLE", Lock.ROW_EXCLUSIVE, Effort.UNKNOWN),
    row("DO|CALL", Lock.ACCESS_EXCLUSIVE, Effort.UNKNOWN),
    row(r"VACUUM .*\bFULL", Lock.ACCESS_EXCLUSIVE, Effort.REWRITE, instead="use VACUUM alone"),
    row("VACUUM", Lock.SHARE_UPDATE_EXCLUSIVE, Effort.SCAN, alone=True),
    row("ANALYZE|ANALYSE", Lock.SHARE_UPDATE_EXCLUSIVE, Effort.SCAN, alone=True),
    row("CLUSTER", Lock.ACCESS_EXCLUSIVE, Effort.REWRITE, "CLUSTER", instead="repack the table by hand"),
    row(r"REINDEX .*\bCONCURRENTLY", Lock.SHARE_UPDATE_EXCLUSIVE, Effort.BUILD, alone=True),
    row("REINDEX", Lock.ACCESS_EXCLUSIVE, Effort.BUILD, instead=_BESIDE),
    row("REFRESH MATERIALIZED VIEW CONCURRENTLY", Lock.EXCLUSIVE, Effort.UNKNOWN, alone=True),
    row("REFRESH", Lock.ACCESS_EXCLUSIVE, Effort.SCAN, instead=_BESIDE),
    row("COMMENT|SECURITY LABEL", Lock.SHARE_UPDATE_EXCLUSIVE),
    row("REASSIGN", Lock.ACCESS_EXCLUSIVE),
    row("GRANT|REVOKE|IMPORT FOREIGN SCHEMA|NOTIFY"),
)
"""What a statement may be, but for `ALTER TABLE` (see `alterations`)."""
