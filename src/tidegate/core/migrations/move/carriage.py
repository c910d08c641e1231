"""A table is carried from one database, which leads, to another, which follows: what is read, what is written."""

from dataclasses import dataclass

from tidegate.core.migrations.sql.names import fitted, qualified
from tidegate.core.migrations.unfolding import STATE_SCHEMA

Row = dict[str, str | None]
"""A row as PostgreSQL writes each column as text: exact for every type, whoever reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A column of the follower, and what computes it from the leader's; "" where it is taken as it is."""

    name: str
    type: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A table of the move in one of the databases. `key` are columns of it, `columns` those that writes set."""

    database: str
    schema: str
    table: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    triggers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The table with its schema."""
        return qualified(self.schema, self.table)

    @property
    def outbox(self) -> str:
        """Where its writes wait until they are carried to the other database."""
        return qualified(STATE_SCHEMA, self.own("outbox"))

    @property
    def types(self) -> dict[str, str]:
        """The types of its columns."""
        return dict(self.columns)

    def own(self, what: str) -> str:
        """A name in the schema of tidegate for something that belongs to the table."""
        return fitted(what, self.schema, self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """One direction: every column of the follower by what the leader says."""

    move: str
    leader: Side
    follower: Side
    written: tuple[Written, ...]

    @property
    def plain(self) -> bool:
        """Whether every column is taken as it is."""
        return not any(each.expression for each in self.written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Both directions of a table's move. `forth` leads to the new database, `back` to the old one."""

    forth: Carriage
    back: Carriage

    @property
    def source(self) -> Side:
        """The table where it has been."""
        return self.forth.leader

    @property
    def target(self) -> Side:
        """The table where it goes."""
        return self.forth.follower
