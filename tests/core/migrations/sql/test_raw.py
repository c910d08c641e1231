"""What users' own SQL may do, what undoes it, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.errors import Location
from tidegate.core.migrations.operations import RawSql
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.sql import raw
from tidegate.core.migrations.sql.own import statements
from tidegate.core.migrations.sql.reverses import derived
from tidegate.core.migrations.sql.tables import puts_away
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Effort, Lock, Statement

PLACE = Location(file="m.yaml", line=3)
_SAY = "run it on contract, or say why it is irreversible"
_LOSES = "which no reverse brings back"


def _operation(up: str, down: str = "", *, derive: bool = False) -> RawSql:
    return RawSql(up=up, down=down, derive=derive, location=PLACE)


REVERSES = [
    ("CREATE TYPE mood AS ENUM ('a')", "DROP TYPE mood"),
    ("CREATE DOMAIN d AS int", "DROP DOMAIN d"),
    ('CREATE UNLOGGED TABLE s."T" (a int)', 'DROP TABLE s."T"'),
    ("CREATE UNIQUE INDEX i ON t (a)", "DROP INDEX i"),
    ("CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY IF EXISTS i"),
    ("CREATE INDEX ON t (a)", ""),
    ("CREATE VIEW v AS SELECT 1", "DROP VIEW v"),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", ""),
    ("CREATE MATERIALIZED VIEW v AS SELECT 1", "DROP MATERIALIZED VIEW v"),
    ("CREATE SEQUENCE s", "DROP SEQUENCE s"),
    ("CREATE SCHEMA s", "DROP SCHEMA s"),
    ("CREATE SCHEMA IF NOT EXISTS s", ""),
    ("CREATE EXTENSION x", "DROP EXTENSION x"),
    ("CREATE STATISTICS s ON a, b FROM t", "DROP STATISTICS s"),
    (
        "CREATE FUNCTION s.f(a int DEFAULT g(1, 2), OUT b text, c numeric(1, 2) = 3) LANGUAGE sql AS ''",
        "DROP FUNCTION s.f(a int, OUT b text, c numeric(1, 2))",
    ),
    ("CREATE PROCEDURE p() LANGUAGE sql AS ''", "DROP PROCEDURE p()"),
    ("CREATE TRIGGER g BEFORE INSERT ON s.t EXECUTE FUNCTION f()", "DROP TRIGGER g ON s.t"),
    ("CREATE POLICY p ON t", "DROP POLICY p ON t"),
    ("CREATE RULE r AS ON INSERT TO t DO NOTHING", "DROP RULE r ON t"),
    ('ALTER TABLE t ADD COLUMN a int, ADD "B c" text', 'ALTER TABLE t DROP COLUMN a, DROP COLUMN "B c"'),
    ("ALTER TABLE t ADD a int, ADD CHECK (a > 0) NOT VALID", ""),
    ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int", ""),
    ("ALTER TABLE t ADD a", ""),
    ("ALTER TABLE t DROP a", ""),
    ("INSERT INTO t VALUES (1)", ""),
    ("CREATE FUNCTION f", ""),
    ("CREATE CAST (a AS b) WITHOUT FUNCTION", ""),
]


@pytest.mark.parametrize(("sql", "expected"), REVERSES)
def test_derived(sql: str, expected: str) -> None:
    (own,) = statements(sql)
    assert derived(own) == expected


def _lost(head: str, what: str) -> str:
    return f"`{head}` gives up {what}, {_LOSES}"


def _stops(head: str, does: str, lock: Lock = Lock.ACCESS_EXCLUSIVE, who: str = "everybody") -> str:
    return f"`{head}` {does} every row under {lock}, which stops {who} meanwhile"


_SESSION = "changes the session, which is tidegate's"
_TRANSACTION = "begins or ends a transaction"
_INDEX = "CREATE INDEX i ON t"
_TYPE = "ALTER TABLE t ALTER a TYPE"
_BOTH = "ALTER TABLE t VALIDATE CONSTRAINT c, ALTER a SET DEFAULT 1"
_UUID = "ALTER TABLE t ADD a uuid DEFAULT uuid"
_NO_WAY = "no way back from `CREATE TYPE t`, `INSERT INTO u VALUES`, and nothing says so"
_IN_PLACE = "ALTER TABLE t ADD a int; UPDATE"
_MAYBE_OLD = "CREATE TABLE IF NOT EXISTS t (a int); DELETE FROM t"
_WHOLE = "is about the whole server"
REFUSED = [
    ("", "", ["there is no statement in it"]),
    ("CREATE TABLE t ('", "", ["a string, a quoted name or a comment in it never ends"]),
    ("CREATE TABLE t (", "DROP TABLE t)", ["its brackets do not match"] * 2),
    ("BEGIN; CREATE TYPE t; COMMIT", "DROP TYPE t", [f"`BEGIN` {_TRANSACTION}", f"`COMMIT` {_TRANSACTION}"]),
    ("\\d t", "-- none", ["`\\` is a command of psql"]),
    ("COPY t FROM STDIN", "TRUNCATE t", ["`COPY t FROM STDIN` moves data in or out of files"]),
    ("SET a TO 0", "RESET a", [f"`SET a TO` {_SESSION}", f"`RESET a` {_SESSION}"]),
    (
        "DROP DATABASE d",
        "CREATE DATABASE d",
        [f"`DROP DATABASE d` {_WHOLE}", f"`CREATE DATABASE d` {_WHOLE}"],
    ),
    ("LOCK t", "SELECT 1", ["`LOCK t` holds a table for as long as it likes"]),
    ("FOO BAR 1", "SELECT 1", ["nobody knows what `FOO BAR` does to the database"]),
    (f"{_INDEX} (a)", "DROP INDEX i", [_stops(_INDEX, "reads and sorts", Lock.SHARE, "every write")]),
    ("CREATE INDEX CONCURRENTLY ON t (a)", "SELECT 1", ["`CREATE INDEX CONCURRENTLY ON t` names no index"]),
    (f"{_TYPE} int", f"{_TYPE} text", [_stops(f"{_TYPE} {name}", "rewrites") for name in ("int", "text")]),
    (f"{_UUID}()", "ALTER TABLE t DROP a", [_stops(_UUID, "rewrites")]),
    ("CREATE INDEX CONCURRENTLY", "SELECT 1", ["`CREATE INDEX CONCURRENTLY` names no index"]),
    ("ALTER TABLE t ADD CHECK (a > 0)", "SELECT 1", [_stops("ALTER TABLE t ADD CHECK", "reads")]),
    (_BOTH, "SELECT 1", [_stops("ALTER TABLE t VALIDATE CONSTRAINT c", "reads")]),
    ("DROP TABLE t", "CREATE TABLE t (a int)", [_lost("DROP TABLE t", "its rows")]),
    ("DROP TABLE t, u", "SELECT 1", ["`DROP TABLE t` is about several tables"]),
    (
        "ALTER TABLE t DROP a",
        "ALTER TABLE t ADD a int",
        [_lost("ALTER TABLE t DROP a", "the column's values")],
    ),
    ("UPDATE t SET a = 1", "UPDATE t SET a = 2", [_lost("UPDATE t SET a", "the values before")]),
    (
        f"{_IN_PLACE} t SET a = 1, b = 2",
        "ALTER TABLE t DROP a",
        [_lost("UPDATE t SET a", "the values before")],
    ),
    (f"{_IN_PLACE} u SET a = 1", "ALTER TABLE t DROP a", [_lost("UPDATE u SET a", "the values before")]),
    ("UPDATE t", "SELECT 1", [_lost("UPDATE t", "the values before")]),
    (_MAYBE_OLD, "SELECT 1", [_lost("DELETE FROM t", "the rows")]),
    ("CREATE TYPE t; INSERT INTO u VALUES (1)", "", [_NO_WAY]),
]


@pytest.mark.parametrize(("up", "down", "expected"), REFUSED)
def test_refused(up: str, down: str, expected: list[str]) -> None:
    found = raw.problems(_operation(up, down), {"uuid"})
    assert [problem.message for problem in found] == [f"sql: {why}" for why in expected]
    assert all(problem.location == PLACE and problem.hint for problem in found)


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a); UPDATE t SET a = 1; DELETE FROM t", "DROP TABLE t"),
        ("ALTER TABLE t ADD a int, ADD b int; UPDATE t SET (a, b) = (1, 2) WHERE true", "ALTER TABLE t DROP a, DROP b"),
        ("ALTER TABLE t ADD COLUMN a int; UPDATE t SET a = x.a FROM x", "ALTER TABLE t DROP a"),
        ("INSERT INTO t VALUES (1)", "DELETE FROM t"),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY i"),
        ("ALTER TABLE t ADD CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c", "SELECT 1"),
        ("DROP VIEW v", "CREATE VIEW v AS SELECT 1"),
        ("GRANT SELECT ON t TO a", "-- stays\nREVOKE SELECT ON t FROM a"),
    ],
)  # fmt: skip
def test_accepted(up: str, down: str) -> None:
    assert raw.problems(_operation(up, down)) == ()


def test_what_has_no_way_back_may_say_so() -> None:
    up = "DROP TABLE t; UPDATE u SET a = 1"
    why = RawSql(up=up, irreversible="nobody reads it")
    assert raw.problems(why) == ()
    assert raw.irreversible(why) == ("DROP TABLE t: nobody reads it", "UPDATE u SET a: nobody reads it")
    assert raw.problems(RawSql(up=up, on_contract=True)) == ()
    assert raw.irreversible(RawSql(up=up, on_contract=True, irreversible="of course")) == ()
    assert raw.irreversible(_operation(up)) == ()


def test_what_stops_everybody_is_refused_at_contract_too() -> None:
    (problem,) = raw.problems(RawSql(up="VACUUM FULL t", on_contract=True))
    assert problem.hint == "use VACUUM alone"


def test_a_reverse_is_derived_only_where_that_is_asked_for() -> None:
    assert raw.problems(_operation("CREATE TYPE t", derive=True)) == ()
    (problem,) = raw.problems(_operation("CREATE TYPE t; INSERT INTO u VALUES (1)", derive=True))
    assert problem.message == "sql: no way back from `INSERT INTO u VALUES`, and nothing says so"
    assert problem.hint == f"give `down`, or {_SAY}"


def _texts(operation: RawSql) -> tuple[list[str], list[str]]:
    (plan,) = raw.unfolded("public", operation, "m")
    assert plan.phase is Phase.EXPAND
    forth = [deed.sql for deed in plan.forth if isinstance(deed, Statement)]
    return forth, [deed.sql for deed in plan.back if isinstance(deed, Statement)]


def test_the_way_back_is_the_files_own() -> None:
    operation = _operation("CREATE TYPE a; CREATE TYPE b", "DROP TYPE b; DROP TYPE a", derive=True)
    assert _texts(operation) == (["CREATE TYPE a", "CREATE TYPE b"], ["DROP TYPE b", "DROP TYPE a"])


def test_a_derived_way_back_is_the_other_way_round() -> None:
    assert _texts(_operation("CREATE TYPE a; CREATE TYPE b", derive=True))[1] == [
        "DROP TYPE b",
        "DROP TYPE a",
    ]
    assert _texts(_operation("CREATE TYPE a"))[1] == []


@pytest.mark.parametrize(("name", "schema"), [("t", "public"), ("s.t", "s")])
def test_rows_of_a_table_that_goes_are_kept(name: str, schema: str) -> None:
    (plan,) = raw.unfolded("public", _operation(f"CREATE TABLE {name} (a int)", f"DROP TABLE {name}"), "m")
    assert plan.back == (puts_away(Target(schema=schema, table="t", location=PLACE), "m"),)


def test_a_drop_of_nothing_is_left_to_the_server() -> None:
    assert _texts(_operation("CREATE TYPE a", "DROP TABLE"))[1] == ["DROP TABLE"]


def test_at_contract_there_is_no_way_back() -> None:
    (plan,) = raw.unfolded("public", RawSql(up="DROP TYPE a", down="CREATE TYPE a", on_contract=True), "m")
    assert (plan.phase, len(plan.forth), plan.back) == (Phase.CONTRACT, 1, ())


_AGAIN = 'CREATE INDEX CONCURRENTLY IF NOT EXISTS "I" ON t (a)'


@pytest.mark.parametrize(
    ("sql", "expected", "index"),
    [
        ("CREATE INDEX CONCURRENTLY I ON t (a)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS I ON t (a)", "i"),
        (_AGAIN, _AGAIN, "I"),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY IF EXISTS i", ""),
        ("ALTER TYPE m ADD VALUE 'b' BEFORE 'a'", "ALTER TYPE m ADD VALUE IF NOT EXISTS 'b' BEFORE 'a'", ""),
        ("VACUUM t", "VACUUM t", ""),
        ("REINDEX INDEX CONCURRENTLY i", "REINDEX INDEX CONCURRENTLY i", ""),
    ],
)  # fmt: skip
def test_what_runs_in_no_transaction_may_run_again(sql: str, expected: str, index: str) -> None:
    (plan,) = raw.unfolded("public", _operation(sql), "m")
    (deed,) = plan.forth
    assert isinstance(deed, Statement)
    assert (deed.sql, deed.index, deed.alone) == (expected, index, True)


def test_a_statement_says_what_it_does() -> None:
    (plan,) = raw.unfolded("public", _operation("UPDATE t SET a = 'secret'"), "m")
    assert plan.forth == (
        Statement(
            sql="UPDATE t SET a = 'secret'",
            summary="run UPDATE t SET a",
            lock=Lock.ROW_EXCLUSIVE,
            effort=Effort.UNKNOWN,
            tables=("t",),
            location=PLACE,
        ),
    )


WORDS = "a ( ) , ; = ON ADD COLUMN IF NOT EXISTS SET 'x' . \"B\" TABLE int DEFAULT AS 1"
BEGINNINGS = """CREATE INDEX CONCURRENTLY|CREATE INDEX|CREATE TABLE|CREATE FUNCTION f (|CREATE FUNCTION|CREATE TRIGGER
CREATE RULE|ALTER TABLE|ALTER TABLE t|ALTER TABLE t ADD|ALTER TYPE m ADD VALUE|UPDATE|UPDATE t SET|WITH|INSERT INTO
DROP TABLE|DROP INDEX CONCURRENTLY"""
STATEMENTS = st.builds(
    "{} {}".format,
    st.sampled_from(re.split(r"[|\n]", BEGINNINGS)),
    st.lists(st.sampled_from(WORDS.split()), max_size=6).map(" ".join),
)


@given(STATEMENTS | st.text(max_size=30), STATEMENTS, st.booleans())
def test_anything_may_be_asked(up: str, down: str, derive: bool) -> None:
    """What is no SQL is a problem; what has no problem has a plan."""
    for operation in (_operation(up, down, derive=derive), _operation(up, derive=derive)):
        if not raw.problems(operation):
            assert raw.unfolded("public", operation, "m")[0].forth
