"""A shop whose accounts move to a ledger."""

from dataclasses import replace

from tidegate.core.errors import Location
from tidegate.core.ids import DatabaseName, MigrationName
from tidegate.core.migrations.move.carriage import Move
from tidegate.core.migrations.move.parties import Places, move_of
from tidegate.core.migrations.operations import Expressions, Migration, MoveTable
from tidegate.core.migrations.schema import Column, Constraint, Index, Schema, Table

LOCATION = Location(file="move.yaml", line=3)
KEY = Constraint(name="a_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)")
ACCOUNTS = Table(
    name="accounts",
    columns=(
        Column(name="id", type="bigint", not_null=True, default="nextval('accounts_id_seq'::regclass)"),
        Column(name="name", type="text", collation='"C"', comment="it's theirs"),
        Column(name="size", type="integer", generated="length(name)"),
        Column(name="kind", type="text", not_null=True, default="'x'::text"),
    ),
    constraints=(
        KEY,
        Constraint(
            name="a_kind",
            type="foreign_key",
            columns=("kind",),
            definition="FOREIGN KEY (kind) REFERENCES kinds(name)",
            references_table="kinds",
            references_columns=("name",),
        ),
    ),
    indexes=(
        Index(
            name="a_name",
            columns=("name",),
            definition="CREATE UNIQUE INDEX a_name ON public.accounts USING btree (name)",
            unique=True,
        ),
    ),
    comment="accounts",
    triggers=("audit", "!tidegate_outbox"),
)
KINDS = Table(name="kinds", columns=(Column(name="name", type="text", not_null=True),))


def operation(
    columns: Expressions = (), back: Expressions = (), to: str = "ledger", to_table: str = ""
) -> MoveTable:
    """Accounts move."""
    return MoveTable(
        table="accounts",
        to=DatabaseName(to),
        to_table=to_table,
        columns=columns,
        back=back,
        location=LOCATION,
    )


def places(
    wanted: MoveTable | None = None,
    here: tuple[Table, ...] = (ACCOUNTS, KINDS),
    there: tuple[Table, ...] = (),
) -> Places:
    """Accounts in the shop, and what the ledger has."""
    migration = Migration(name=MigrationName("move"), operations=(wanted or operation(),))
    return Places(
        migration=migration,
        database="shop",
        here=Schema(name="public", tables=here),
        there=Schema(name="public", tables=there),
    )


def moved(given: Places) -> Move:
    """The move, which there is."""
    move = move_of(given)
    assert isinstance(move, Move), move
    return move


def without_restore_point(given: Places) -> Places:
    """The same, with nothing kept."""
    return replace(given, migration=replace(given.migration, restore_point="none"))
