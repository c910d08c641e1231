"""A migration unfolded on a database as it is, or refused before anything is changed."""

from tidegate.actuators.postgres.book import Book
from tidegate.actuators.postgres.entries import Entry, digest
from tidegate.actuators.postgres.probing import probed
from tidegate.actuators.postgres.reading import read_schema
from tidegate.core.errors import Problem, Refused
from tidegate.core.migrations.drift import missing
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.schema import Schema
from tidegate.core.migrations.unfold import unfold
from tidegate.core.migrations.unfolding import Unfolding


async def unfolded(book: Book, migration: Migration) -> tuple[Unfolding, Schema]:
    """On the schema as it is, all probes asked; with the schema, `_tidegate` names and all."""
    await _alone(book, migration)
    schema = await read_schema(book.connection, migration.schema)
    found = unfold(migration, schema)
    if not isinstance(found, Unfolding):
        raise Refused(found)
    return await probed(book.connection, found), await read_schema(
        book.connection, migration.schema, leftovers=True
    )


async def under_way(book: Book, migration: Migration) -> Entry | None:
    """What the book says of it, unless nothing of it is there any more; `Refused` where it cannot go on."""
    entry = await book.entry(migration.name)
    if entry is None or entry.undone:
        return None
    if digest(entry.migration) != digest(migration):
        raise Refused([_another(entry, migration)])
    if not entry.idle and not entry.contracting:
        await _still_there(book, entry)
    return entry


async def _alone(book: Book, migration: Migration) -> None:
    """Only one migration of a schema at a time."""
    others = [
        entry
        for entry in await book.entries()
        if entry.unfolding.schema == migration.schema and not entry.idle
    ]
    if problems := [_in_the_way(entry, migration) for entry in others if entry.name != migration.name]:
        raise Refused(problems)


async def _still_there(book: Book, entry: Entry) -> None:
    """The old shape has what it had when the migration began."""
    now = await read_schema(book.connection, entry.unfolding.schema)
    said = missing(entry.before, now.tables)
    if said:
        hint = "put it back, or the migration cannot go on"
        message = f"since migration {entry.name} began: "
        raise Refused(
            [Problem(message=message + each, location=entry.migration.location, hint=hint) for each in said]
        )


def _another(entry: Entry, migration: Migration) -> Problem:
    message = f"the database knows another migration named {entry.name}, which does other things"
    at = f"{entry.phase or entry.under_way}"
    return Problem(
        message=f"{message}; it is at {at}",
        location=migration.location,
        hint="give this one a name of its own",
    )


def _in_the_way(entry: Entry, migration: Migration) -> Problem:
    at = f"at {entry.phase}" if entry.phase else f"entering {entry.under_way}"
    return Problem(
        message=f"migration {entry.name} of schema {entry.unfolding.schema} is under way, {at}",
        location=migration.location,
        hint=f"let it contract, or: tidegate migrations rollback {entry.name}",
    )
