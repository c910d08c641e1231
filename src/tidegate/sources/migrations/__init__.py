"""Migration files, in whatever form they are written, become one value.

    shop.yaml   kind: Migration       ──own──────────────────────────►┐
    01_x.yaml   pgroll's operations   ──pgroll: our words for theirs──►├ operations ─► Migration ─checks─► or Refused
    01_x.up.sql and 01_x.down.sql     ──pairs, sections──────────────►│
    4f2a_x.py   a revision of Alembic ──revisions ─► offline──────────►┘

files       tells the form of a file; the migrations of a folder in order
operations  what a file says of an operation → the operation
checks      what no schema can say and no database is needed for
written     the migration that a file without words for schema, pace and the like makes
"""

from tidegate.sources.migrations.files import read_migration, read_migrations

__all__ = ["read_migration", "read_migrations"]
