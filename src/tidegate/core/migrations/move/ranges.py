"""Both tables held against each other in the form that crosses: checksums by range of the key, then single rows."""

from tidegate.core.migrations.move.carriage import Carriage, Side
from tidegate.core.migrations.move.texts import computed, key_columns, texts, typed

_HASH = "('x' || left(md5(said::text), 16))::bit(64)::bigint::numeric"


def within(side: Side) -> str:
    """Whether a row's key is in a range; `low` and `high` are to be bound, null for no bound."""
    return f"(%(low)s::jsonb IS NULL OR ({key_columns(side)}) > ({_bound(side, 'low')})) AND {_upto(side)}"


def _upto(side: Side) -> str:
    return f"(%(high)s::jsonb IS NULL OR ({key_columns(side)}) <= ({_bound(side, 'high')}))"


def _bound(side: Side, name: str) -> str:
    return ", ".join(typed(f"%({name})s::jsonb", column, side.types[column]) for column in side.key)


def of_leader(carriage: Carriage) -> str:
    """Keys, and rows as the follower should have them, in a range."""
    return _rows(carriage.leader, computed(carriage))


def of_follower(carriage: Carriage) -> str:
    """Keys, and rows as the follower has them, in a range."""
    return _rows(carriage.follower, texts("t", (each.name for each in carriage.written)))


def _rows(side: Side, row: str) -> str:
    return (
        f"SELECT {texts('t', side.key)} AS key, {row} AS said, row_number() OVER (ORDER BY {key_columns(side)}) "
        f"AS number FROM {side.name} AS t WHERE {within(side)} ORDER BY {key_columns(side)} LIMIT %(limit)s"
    )


def checksum(rows: str) -> str:
    """How many rows, their checksum, and the key of the one that is last of `limit`, if there are so many."""
    return (
        f"SELECT count(*), coalesce(sum({_HASH}), 0)::text, "
        f"(array_agg(key) FILTER (WHERE number = %(limit)s))[1] FROM ({rows}) AS ranged"
    )


def hashes(rows: str) -> str:
    """The key of each row as text, and its checksum."""
    return f"SELECT key::text, md5(said::text) FROM ({rows}) AS ranged"


def drawn(side: Side) -> str:
    """The key of a row drawn at random, up to `high`; none where the pages that are looked at have none."""
    sample = f"{side.name} AS t TABLESAMPLE SYSTEM (1)"
    return f"SELECT {texts('t', side.key)} FROM {sample} WHERE {_upto(side)} ORDER BY random() LIMIT 1"
