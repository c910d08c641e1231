"""What is said to the leader so that it notes every write, and to the follower so that it refuses them.

Both sides have the same triggers from dual write on; which side refuses says which one follows. The carrier is known
by a setting of its transaction, so what it writes is neither noted, or it would go in circles, nor refused.

A follower does not accept writes: of two writes of one row in two databases none can be said to be the last.
"""

from tidegate.core.migrations.move.carriage import Side
from tidegate.core.migrations.move.texts import TEXT_FORM, texts
from tidegate.core.migrations.sql.names import literal, qualified, quoted
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfolding import STATE_SCHEMA

CARRYING = "tidegate.carrying"
"""The setting of a transaction that applies events."""

CAPTURE = "!tidegate_outbox"
"""The first of all triggers after a write: one before it that wrote the row again would be noted too early."""

REFUSAL = "!tidegate_refusal"
TRUNCATE = "!tidegate_truncate"

_NOT_CARRYING = f"current_setting('{CARRYING}', true) IS DISTINCT FROM 'on'"


def captured(side: Side) -> tuple[Statement, ...]:
    """An outbox, and the triggers that fill it."""
    made = (
        _said(
            side, f"CREATE SCHEMA IF NOT EXISTS {quoted(STATE_SCHEMA)}", "a schema for what tidegate keeps"
        ),
        _said(side, _outbox(side), "an outbox for writes"),
        _said(side, _noting(side), "the function that notes a write"),
        _said(side, _truncating(side), "the function that refuses to truncate"),
    )
    each = "AFTER INSERT OR UPDATE OR DELETE"
    return (
        *made,
        _trigger(side, CAPTURE, f"{each} ON {side.name} FOR EACH ROW WHEN ({_NOT_CARRYING})", "note"),
        _trigger(side, TRUNCATE, f"BEFORE TRUNCATE ON {side.name} FOR EACH STATEMENT", "truncate"),
    )


def uncaptured(side: Side) -> tuple[Statement, ...]:
    """Everything that `captured` made and a refusal goes again."""
    triggers = (drop_trigger(side, name) for name in (REFUSAL, CAPTURE, TRUNCATE))
    functions = (
        _said(side, f"DROP FUNCTION IF EXISTS {_function(side, what)}()", f"drop function {side.own(what)}")
        for what in ("note", "truncate", "refuse")
    )
    return (
        *triggers,
        *functions,
        _said(side, f"DROP TABLE IF EXISTS {side.outbox}", f"drop outbox {side.own('outbox')}"),
    )


def refused(side: Side, other: Side) -> tuple[Statement, ...]:
    """The side takes writes no more: once this has committed every write before it has, too."""
    when = "BEFORE INSERT OR UPDATE OR DELETE"
    return (
        _said(side, _refusing(side, other), "the function that refuses writes"),
        _trigger(side, REFUSAL, f"{when} ON {side.name} FOR EACH STATEMENT WHEN ({_NOT_CARRYING})", "refuse"),
    )


def accepted(side: Side) -> tuple[Statement, ...]:
    """The side takes writes again."""
    return (drop_trigger(side, REFUSAL),)


def drop_trigger(side: Side, name: str) -> Statement:
    """A trigger of tidegate goes; a table that is gone took it along."""
    sql = f"DROP TRIGGER IF EXISTS {quoted(name)} ON {side.name}"
    return _said(side, sql, f"drop trigger {name}", Lock.ACCESS_EXCLUSIVE)


def _outbox(side: Side) -> str:
    return (
        f"CREATE TABLE IF NOT EXISTS {side.outbox} ("
        "position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), "
        "at timestamptz NOT NULL DEFAULT clock_timestamp(), "
        "operation text NOT NULL, key jsonb NOT NULL, row jsonb) "
        "WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)"
    )


def _noting(side: Side) -> str:
    before, after = texts("OLD", side.key), texts("NEW", tuple(side.types))
    insert = f"INSERT INTO {side.outbox} (operation, key, row) VALUES"
    body = (
        "BEGIN CASE TG_OP "
        f"WHEN 'INSERT' THEN {insert} ('insert', {texts('NEW', side.key)}, {after}); "
        f"WHEN 'UPDATE' THEN {insert} ('update', {before}, {after}); "
        f"ELSE {insert} ('delete', {before}, NULL); END CASE; RETURN NULL; END"
    )
    settings = " ".join(f"SET {name} = {literal(value)}" for name, value in TEXT_FORM)
    return (
        f"CREATE OR REPLACE FUNCTION {_function(side, 'note')}() RETURNS trigger LANGUAGE plpgsql "
        f"SECURITY DEFINER SET search_path = pg_catalog {settings} AS {literal(body)}"
    )


def _truncating(side: Side) -> str:
    message = literal(
        f"table {side.schema}.{side.table} is on its way to another database: TRUNCATE is refused"
    )
    body = (
        "BEGIN RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', "
        f"MESSAGE = {message}, HINT = 'delete its rows'; END"
    )
    return (
        f"CREATE OR REPLACE FUNCTION {_function(side, 'truncate')}() RETURNS trigger "
        f"LANGUAGE plpgsql AS {literal(body)}"
    )


def _refusing(side: Side, other: Side) -> str:
    place = f"database {other.database} as {other.schema}.{other.table}"
    message = literal(f"table {side.schema}.{side.table} is written in {place}")
    body = (
        "BEGIN RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction', "
        f"MESSAGE = {message}, HINT = 'write it there; here it is only read until its move is through'; END"
    )
    return (
        f"CREATE OR REPLACE FUNCTION {_function(side, 'refuse')}() RETURNS trigger "
        f"LANGUAGE plpgsql AS {literal(body)}"
    )


def _function(side: Side, what: str) -> str:
    return qualified(STATE_SCHEMA, side.own(what))


def _trigger(side: Side, name: str, when: str, what: str) -> Statement:
    """`OR REPLACE`, so that it may be said again."""
    sql = f"CREATE OR REPLACE TRIGGER {quoted(name)} {when} EXECUTE FUNCTION {_function(side, what)}()"
    return _said(side, sql, f"trigger {name}", Lock.SHARE_ROW_EXCLUSIVE)


def _said(side: Side, sql: str, summary: str, lock: Lock = Lock.NONE) -> Statement:
    tables = (side.table,) if lock is not Lock.NONE else ()
    return Statement(sql=sql, summary=summary, lock=lock, tables=tables, database=side.database)
