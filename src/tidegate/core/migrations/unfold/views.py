"""Version schemas: a view of each table in its new shape.

Views are made from the tables that there are at that moment, so that those which SQL has made since have one as well.
"""

import re

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.schema import Schema, Table
from tidegate.core.migrations.sql.names import qualified, quoted
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfold.draft import RESERVED
from tidegate.core.migrations.unfolding import Reshape, Unfolding


def version_schema(schema: str, name: MigrationName, chosen: str = "") -> str:
    """The schema of a migration's views, unless its file has `chosen` one."""
    return chosen or f"{schema}_{re.sub(r'[^0-9A-Za-z_]', '_', name)}"


def version_views(unfolding: Unfolding, schema_now: Schema) -> tuple[Statement, ...]:
    """The version schema and its views over the tables that there are now.

    Whoever may use a table may use its view: with `security_invoker` the table's own rights are what counts.
    """
    new = quoted(unfolding.new_schema)
    reshapes = {reshape.table: reshape for reshape in unfolding.reshapes}
    opened = (
        Statement(sql=f"CREATE SCHEMA IF NOT EXISTS {new}", summary=f"make schema {unfolding.new_schema}"),
        Statement(
            sql=f"GRANT USAGE ON SCHEMA {new} TO PUBLIC", summary=f"let everybody use {unfolding.new_schema}"
        ),
    )
    shown = [table for table in schema_now.tables if table.name not in unfolding.hidden]
    views = [statement for table in shown for statement in _view(unfolding, table, reshapes.get(table.name))]
    return (*opened, *views)


def _view(unfolding: Unfolding, table: Table, reshape: Reshape | None) -> tuple[Statement, ...]:
    columns = _columns(table, reshape)
    name = reshape.new_table if reshape else table.name
    view = qualified(unfolding.new_schema, name)
    listed = ", ".join(f"{quoted(column)} AS {quoted(shown)}" for column, shown in columns)
    source = qualified(unfolding.schema, table.name)
    make = f"CREATE OR REPLACE VIEW {view} WITH (security_invoker = true) AS SELECT {listed} FROM {source}"
    grant = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {view} TO PUBLIC"
    said = f"show {table.name} in its new shape as {unfolding.new_schema}.{name}"
    return (
        Statement(sql=make, summary=said, lock=Lock.ACCESS_SHARE, tables=(table.name,)),
        Statement(sql=grant, summary=f"let who may use {table.name} use its view"),
    )


def _columns(table: Table, reshape: Reshape | None) -> tuple[tuple[str, str], ...]:
    """The columns of the view: those of the new shape, and what SQL has added to the table since."""
    known = {column for column, _ in (*reshape.old, *reshape.new)} if reshape else set()
    present = [column.name for column in table.columns]
    own = [name for name in present if name not in known and not name.startswith(RESERVED)]
    return (*(reshape.new if reshape else ()), *((name, name) for name in own))
