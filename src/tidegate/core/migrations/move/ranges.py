"""Both tables held against each other in the form that crosses: checksums by range of the key, then single rows."""

from dataclasses import dataclass

from tidegate.core.migrations.move.carriage import Carriage, Row, Side
from tidegate.core.migrations.move.texts import computed, key_columns, texts, typed

_HASH = "('x' || left(md5(said::text), 16))::bit(64)::bigint::numeric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Keys above `low` up to `high`; None is no bound."""

    low: Row | None = None
    high: Row | None = None


def within(side: Side) -> str:
    """Whether a row's key is in a range; `low` and `high` are to be bound, null for no bound."""
    columns = key_columns(side)

    def bound(name: str) -> str:
        values = (typed(f"%({name})s::jsonb", column, side.types[column]) for column in side.key)
        return ", ".join(values)

    return (
        f"(%(low)s::jsonb IS NULL OR ({columns}) > ({bound('low')})) "
        f"AND (%(high)s::jsonb IS NULL OR ({columns}) <= ({bound('high')}))"
    )


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


def sampled(carriage: Carriage) -> str:
    """Keys of about `rows` rows anywhere in the leader, of `share` percent of its pages."""
    side = carriage.leader
    return f"SELECT {texts('t', side.key)} FROM {side.name} AS t TABLESAMPLE SYSTEM (%(share)s) LIMIT %(rows)s"


