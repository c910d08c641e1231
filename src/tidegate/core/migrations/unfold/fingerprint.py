"""What the tables of a migration look like, in short, so that a change of theirs is noticed."""

from collections.abc import Collection
from hashlib import sha256

from tidegate.core.migrations.schema import Schema, Table


def fingerprint(schema: Schema, tables: Collection[str]) -> str:
    """A digest of the columns, constraints and indexes of these tables, without estimates."""
    told = [_told(table) for table in sorted(schema.tables, key=_name) if table.name in tables]
    return sha256("\n".join(told).encode()).hexdigest()


def _name(table: Table) -> str:
    return table.name


def _told(table: Table) -> str:
    constraints = sorted(table.constraints, key=lambda constraint: constraint.name)
    indexes = sorted(table.indexes, key=lambda index: index.name)
    facts = (table.replica_identity, table.replica_index, table.comment, table.obstacles, table.triggers)
    return repr((table.name, table.columns, constraints, indexes, facts))
