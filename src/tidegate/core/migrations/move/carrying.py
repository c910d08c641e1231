"""What is said to the leader to read events and rows, and to the follower to have them.

Events are pulled in rounds: a round is what one snapshot of the leader sees and that of the round before did not. The
follower's `carried` table has the round and the position in it, written in the transaction that applies.
"""

from tidegate.core.migrations.move.carriage import Carriage, Side
from tidegate.core.migrations.move.ranges import within
from tidegate.core.migrations.move.texts import computed, key_columns, texts, typed
from tidegate.core.migrations.sql.names import quoted

CARRIED = "tidegate.carried"
"""How far each carriage is, in the follower's database."""

NOTHING = "1:1:"
"""The snapshot that sees nothing."""

MAKE_CARRIED = f"""CREATE TABLE IF NOT EXISTS {CARRIED} (
    move text NOT NULL, leader text NOT NULL,
    seen pg_snapshot NOT NULL DEFAULT '{NOTHING}', until pg_snapshot, position bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    copied jsonb, last jsonb, rows bigint NOT NULL DEFAULT 0, estimate bigint NOT NULL DEFAULT 0,
    begun timestamptz, done boolean NOT NULL DEFAULT false,
    PRIMARY KEY (move, leader))"""
"""`copied` is the key up to which rows from before were copied, `last` the one at which that ends, and `begun` when
the copy did."""


def pending(carriage: Carriage) -> str:
    """Events of a round behind a position: `seen`, `until`, `position` and `limit` are to be bound."""
    return (
        f'SELECT position, key, {_row(carriage)} AS "row" FROM {carriage.leader.outbox} AS event '
        "WHERE NOT pg_visible_in_snapshot(transaction, %(seen)s::pg_snapshot) "
        "AND pg_visible_in_snapshot(transaction, %(until)s::pg_snapshot) "
        "AND position > %(position)s ORDER BY position LIMIT %(limit)s"
    )


def _row(carriage: Carriage) -> str:
    if carriage.plain:
        return 'event."row"'
    row = 'event."row"'
    columns = ", ".join(f"{typed(row, *each)} AS {quoted(each[0])}" for each in carriage.leader.columns)
    return f"CASE WHEN {row} IS NOT NULL THEN (SELECT {computed(carriage)} FROM (SELECT {columns}) AS r) END"


def lag(leader: Side) -> str:
    """How many events wait, and for how many seconds the oldest does; `seen` is to be bound."""
    return (
        "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 "
        f"FROM {leader.outbox} WHERE NOT pg_visible_in_snapshot(transaction, %(seen)s::pg_snapshot)"
    )


def forget(leader: Side) -> str:
    """Events that are carried go, at most `limit` at a time."""
    return (
        f"DELETE FROM {leader.outbox} WHERE position IN (SELECT position FROM {leader.outbox} "
        "WHERE pg_visible_in_snapshot(transaction, %(seen)s::pg_snapshot) ORDER BY position LIMIT %(limit)s)"
    )


def go(follower: Side) -> str:
    """Rows by their keys (`gone`, an array of objects) are deleted."""
    same = " AND ".join(
        f"t.{quoted(column)} = {typed('gone.key', column, follower.types[column])}" for column in follower.key
    )
    return f"DELETE FROM {follower.name} AS t USING jsonb_array_elements(%(gone)s::jsonb) AS gone(key) WHERE {same}"


def come(carriage: Carriage) -> str:
    """Rows (`come`, an array of objects) are inserted."""
    names = ", ".join(quoted(each.name) for each in carriage.written)
    values = ", ".join(typed("come.fresh", each.name, each.type) for each in carriage.written)
    return (
        f"INSERT INTO {carriage.follower.name} ({names}) OVERRIDING SYSTEM VALUE "
        f"SELECT {values} FROM jsonb_array_elements(%(come)s::jsonb) AS come(fresh)"
    )


def come_unless_there(carriage: Carriage) -> str:
    """Rows of a copy are inserted; those that events brought already are newer."""
    return f"{come(carriage)} ON CONFLICT ({key_columns(carriage.follower)}) DO NOTHING"


def copies(carriage: Carriage) -> str:
    """Keys and rows of the leader behind `low` and up to `high`, at most `limit`."""
    leader = carriage.leader
    return (
        f"SELECT {texts('t', leader.key)}, {computed(carriage)} FROM {leader.name} AS t "
        f"WHERE {within(leader)} ORDER BY {key_columns(leader)} LIMIT %(limit)s"
    )


def end(leader: Side) -> str:
    """The greatest key there is, and the database's estimate of the rows."""
    backwards = ", ".join(f"{quoted(column)} DESC" for column in leader.key)
    estimate = f"(SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = '{leader.name}'::regclass)"
    return f"SELECT {texts('t', leader.key)}, {estimate} FROM {leader.name} AS t ORDER BY {backwards} LIMIT 1"
