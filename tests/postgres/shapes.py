"""The table of `tests.core.migrations.shapes` on a server: as a migration in the middle of its course leaves it."""

import psycopg


def make(url: str, rows: int, *, key: str = "integer", of: str = "i") -> None:
    """The table with so many rows, every third written in the new shape, and the views of both shapes."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLE.format(key=key))
        connection.execute(_ROWS.format(of=of, rows=rows))
        connection.execute(_VIEWS)
        connection.execute("ANALYZE users")


_TABLE = """
CREATE TABLE users (
    id {key} PRIMARY KEY, "full" text, note text, first text, last text, slug varchar(80),
    _tidegate_shape "char"
)
"""
_ROWS = """
INSERT INTO users
SELECT {of}, 'Ann' || i || ' Doe', 'n' || i, 'Ann' || i, 'Doe', 'ann' || i || ' doe',
       CASE WHEN i % 3 = 0 THEN 'n' ELSE 'o' END::"char"
FROM generate_series(1, {rows}) AS i
"""
_VIEWS = """
CREATE SCHEMA public_first;
CREATE VIEW public_first.users AS SELECT id, "full" AS name, note FROM public.users;
CREATE SCHEMA public_split;
CREATE VIEW public_split.users AS SELECT id, note, first AS given, last AS family, slug FROM public.users
"""
