"""Tables that have both shapes, by hand: as a migration in the middle of its course leaves them."""

from dataclasses import replace

import psycopg

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.unfolding import Pair, Reshape, Return, Unfolding

SPLIT = Reshape(
    table="users",
    new_table="users",
    key=("id",),
    old=(("id", "id"), ("full", "name"), ("note", "note")),
    new=(("id", "id"), ("note", "note"), ("first", "given"), ("last", "family"), ("slug", "slug")),
    added=(
        Pair(column="first", type="text", up="split_part(name, ' ', 1)"),
        Pair(column="last", type="text", up="split_part(name, ' ', 2)"),
        Pair(column="slug", type="varchar(80)", up="lower(name)"),
    ),
    dropped=(Return(column="full", type="text", down="given || ' ' || family"),),
)
UNFOLDING = Unfolding(
    name=MigrationName("split"),
    schema="public",
    old_schema="public_first",
    new_schema="public_split",
    phases=(),
    reshapes=(SPLIT,),
)
MIGRATION = Migration(name=MigrationName("split"), operations=())


def with_expressions(up: str, down: str) -> Unfolding:
    """The same with other expressions for the first new and the first old column."""
    added = (replace(SPLIT.added[0], up=up), *SPLIT.added[1:])
    dropped = (replace(SPLIT.dropped[0], down=down),)
    return replace(UNFOLDING, reshapes=(replace(SPLIT, added=added, dropped=dropped),))


def make(url: str, rows: int, *, key: str = "integer", of: str = "i") -> None:
    """The table with so many rows, every third written in the new shape, and the views of both shapes."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLE.format(key=key))
        connection.execute(_ROWS.format(of=of, rows=rows))
        connection.execute(_VIEWS)
        connection.execute("ANALYZE users")


def with_triggers() -> tuple[str, ...]:
    """Statements that keep both shapes from now on; a write that changes neither leaves `_tidegate_shape` alone."""
    return (_KEEP, _TRIGGER)


_KEEP = """
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (current_schemas(false))[1] = 'public_split' THEN
        IF TG_OP = 'INSERT' OR (NEW.first, NEW.last, NEW.slug) IS DISTINCT FROM (OLD.first, OLD.last, OLD.slug) THEN
            NEW."full" := NEW.first || ' ' || NEW.last;
            NEW._tidegate_shape := 'n';
        END IF;
    ELSIF TG_OP = 'INSERT' OR NEW."full" IS DISTINCT FROM OLD."full" THEN
        NEW.first := split_part(NEW."full", ' ', 1);
        NEW.last := split_part(NEW."full", ' ', 2);
        NEW.slug := lower(NEW."full");
        NEW._tidegate_shape := 'o';
    END IF;
    RETURN NEW;
END $$
"""
_TRIGGER = "CREATE TRIGGER keep BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep()"
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
