"""What contract gives up, put into files that are known to be readable, and brought back from them.

A restore point is a folder: a `manifest.json` (see `core.migrations.manifest`) and a file for each table. It is written
beside its place and renamed once it was loaded again and found whole, so that what has the name is good. The name
follows from the data: taken again while nothing changed, it is the same one. All tables are read in one snapshot,
which holds vacuum up for as long as the dump takes; the check needs room for the rows on the server too, in a temporary
table. Files are for their owner alone.
"""

import os
import shutil
import tempfile
from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable, UndefinedColumn, UndefinedTable
from psycopg.rows import TupleRow

from tidegate.actuators.postgres.dumps import digest, dumped, loaded, private, summed
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations import manifest, restore
from tidegate.core.migrations.restore import Doomed, Dump, RestorePoint, Sum
from tidegate.core.migrations.sql.names import qualified
from tidegate.core.migrations.unfolding import Unfolding

Connection = AsyncConnection[TupleRow]

MANIFEST = "manifest.json"

LOADED = "pg_temp._tidegate_loaded"
"""The temporary table into which a dump is loaded."""

SPARE = 64 * 1024 * 1024
"""Bytes of the disk that are left free."""

LOCK_MILLISECONDS = 2000
"""How long putting columns back waits for its lock, and others behind it."""

PAGES = 128
"""Pages of loaded rows that are put back in one transaction."""


async def take(connection: Connection, database: DatabaseName, unfolding: Unfolding, folder: Path) -> str:
    """The path of a restore point, taken and checked, or taken before of the same data and still whole.

    Raises `EffectFailed` where there is no room, or what was written is not what was read; nothing is left behind then.
    """
    home = folder / database
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _draft(home, unfolding) as draft:
            async with _snapshot(connection):
                point = await _described(connection, unfolding)
                place = home / point.name
                if await to_thread(_whole, place):
                    return str(place)
                await _refuse_without_room(connection, point, home)
                point = await _dumped(connection, point, draft)
            await _checked(connection, point, draft)
            _written(point, draft)
            _put(draft, place)
    except OSError as error:
        raise EffectFailed(
            f"the restore point cannot be written to {home}: {error.strerror or error}"
        ) from error
    return str(place)


async def restored(connection: Connection, place: Path) -> str:
    """Bring everything of a restore point back beside the data; what came back, in words. It may be repeated.

    Raises `EffectFailed` where the restore point is not whole, or its table is gone or busy.
    """
    point = await to_thread(_read, place)
    if point is None or not await to_thread(_whole, place):
        raise EffectFailed(f"{place} is no restore point, or its files are not as its {MANIFEST} says")
    try:
        said = [await _restored(connection, dump, place / Path(dump.file).name) for dump in point.dumps]
    except (LockNotAvailable, UndefinedColumn, UndefinedTable) as error:
        raise EffectFailed(f"{place} cannot be put back now: {error.diag.message_primary}") from error
    return "; ".join(said) or "there was nothing to bring back"


async def _described(connection: Connection, unfolding: Unfolding) -> RestorePoint:
    """What would be dumped now; the digests of its files are not known yet."""
    doomed = enumerate(restore.doomed(unfolding), 1)
    dumps = [await _description(connection, number, each) for number, each in doomed]
    return RestorePoint(migration=unfolding.name, dumps=tuple(dumps))


async def _description(connection: Connection, number: int, each: Doomed) -> Dump:
    columns = await _rows(connection, restore.columns(each))
    definitions = await _rows(connection, restore.definitions(each))
    dump = Dump(
        doomed=each,
        columns=tuple((name, type_) for name, type_ in columns),
        definitions=tuple(definition for (definition,) in definitions),
        sum=Sum(rows=0, checksum="0"),
        file=restore.file_name(number, each),
    )
    return replace(dump, sum=await summed(connection, qualified(each.schema, each.table), dump))


async def _refuse_without_room(connection: Connection, point: RestorePoint, home: Path) -> None:
    needed = 0
    for dump in point.dumps:
        for (size,) in await _rows(connection, restore.room(dump.doomed)):
            needed += size
    free = shutil.disk_usage(home).free
    if needed + SPARE > free:
        raise EffectFailed(
            f"no room for the restore point: {home} has {free} bytes free, and it may take {needed} (make room there)"
        )


async def _dumped(connection: Connection, point: RestorePoint, draft: Path) -> RestorePoint:
    dumps = [replace(each, digest=await dumped(connection, each, draft / each.file)) for each in point.dumps]
    return replace(point, dumps=tuple(dumps))


async def _checked(connection: Connection, point: RestorePoint, draft: Path) -> None:
    for dump in point.dumps:
        async with _loaded(connection, dump, draft / dump.file):
            pass


@asynccontextmanager
async def _loaded(connection: Connection, dump: Dump, path: Path) -> AsyncIterator[None]:
    """The rows of a dump in `LOADED`, found to be exactly those that were dumped."""
    try:
        async with connection.transaction():
            await _plainly(connection)
            await connection.execute(f"DROP TABLE IF EXISTS {LOADED}".encode())
            await connection.execute(restore.made(LOADED, dump, temporary=True).encode())
            await loaded(connection, dump, path, LOADED)
        yield
    finally:
        if not connection.broken:
            await connection.execute(f"DROP TABLE IF EXISTS {LOADED}".encode())


async def _restored(connection: Connection, dump: Dump, path: Path) -> str:
    return await (_columns_back if dump.doomed.columns else _table_back)(connection, dump, path)


async def _table_back(connection: Connection, dump: Dump, path: Path) -> str:
    table = restore.restored_table(dump)
    async with connection.transaction():
        await _plainly(connection)
        await connection.execute(f"DROP TABLE IF EXISTS {table}".encode())
        await connection.execute(restore.made(table, dump, temporary=False).encode())
        await loaded(connection, dump, path, table)
    return f"{dump.sum.rows} rows of {dump.doomed.table} are in {table}"


async def _columns_back(connection: Connection, dump: Dump, path: Path) -> str:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}".encode())
        await connection.execute(restore.restored_columns(dump).encode())
    async with _loaded(connection, dump, path):
        ((pages,),) = await _rows(
            connection, f"SELECT pg_relation_size('{LOADED}') / current_setting('block_size')::int + 1"
        )
        back = 0
        for page in range(0, pages, PAGES):
            update = restore.restored_values(dump, LOADED, (page, page + PAGES))
            back += (await connection.execute(update.encode())).rowcount
    return f"{back} of {dump.sum.rows} rows of {dump.doomed.later} have their old columns beside the new ones"


@asynccontextmanager
async def _snapshot(connection: Connection) -> AsyncIterator[None]:
    async with connection.transaction():
        await connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await _plainly(connection)
        yield


async def _plainly(connection: Connection) -> None:
    for setting in (*restore.PLAIN, restore.QUALIFIED):
        await connection.execute(setting.encode())


async def _rows(connection: Connection, question: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(question.encode())).fetchall()


@contextmanager
def _draft(home: Path, unfolding: Unfolding) -> Iterator[Path]:
    """A folder that is gone afterwards, unless it was put somewhere else; what a crash left of it goes first."""
    draft = home / f".{restore.plain(unfolding.name)}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _written(point: RestorePoint, draft: Path) -> None:
    with private(draft / MANIFEST) as file:
        file.write(manifest.written(point).encode())
        file.flush()
        os.fsync(file.fileno())


def _put(draft: Path, place: Path) -> None:
    """Give it its name; what was damaged there keeps existing by another."""
    if place.exists():
        place.rename(tempfile.mkdtemp(prefix=f"{place.name}.damaged-", dir=place.parent))
    draft.rename(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(place: Path) -> RestorePoint | None:
    try:
        return manifest.read((place / MANIFEST).read_text())
    except (OSError, UnicodeDecodeError):
        return None


def _whole(place: Path) -> bool:
    """Whether its files are as its manifest says."""
    point = _read(place)
    if point is None:
        return False
    try:
        return all(digest(place / Path(dump.file).name) == dump.digest for dump in point.dumps)
    except OSError:
        return False
