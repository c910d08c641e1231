"""Rows of a table in a gzipped `COPY` file, out and in again."""

import gzip
import hashlib
import os
import zlib
from asyncio import sleep
from pathlib import Path
from typing import IO

from psycopg import AsyncConnection, DataError
from psycopg.rows import TupleRow

from tidegate.core.errors import EffectFailed
from tidegate.core.migrations import restore
from tidegate.core.migrations.restore import Dump, Sum

Connection = AsyncConnection[TupleRow]

PIECE = 64 * 1024
"""Bytes that are read or written before others have a turn."""


async def dumped(connection: Connection, dump: Dump, path: Path) -> str:
    """Write the rows to a file; its digest. They are on the disk when this returns."""
    with private(path) as raw:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=raw, mtime=0) as file:
            await _out(connection, dump, file)
        raw.flush()
        os.fsync(raw.fileno())
    return digest(path)


async def loaded(connection: Connection, dump: Dump, path: Path, table: str) -> None:
    """Fill a table, as SQL, from a file; `EffectFailed` where that is not exactly what was dumped."""
    try:
        await _in(connection, dump, path, table)
        total = await summed(connection, table, dump)
    except (OSError, EOFError, zlib.error) as error:
        raise EffectFailed(f"{path} cannot be read: {error}") from error
    except DataError as error:
        raise EffectFailed(f"{path} is not what PostgreSQL wrote ({error.sqlstate})") from error
    if total != dump.sum:
        raise EffectFailed(
            f"{path} holds {total.rows} rows that are not the {dump.sum.rows} that were dumped"
        )


async def summed(connection: Connection, table: str, dump: Dump) -> Sum:
    """The sum of a table, as SQL, over the columns of a dump."""
    cursor = await connection.execute(restore.summed(table, [name for name, _ in dump.columns]).encode())
    rows, checksum = await cursor.fetchone() or (0, "0")
    return Sum(rows=rows, checksum=checksum)


def private(path: Path) -> IO[bytes]:
    """A new file, for its owner alone."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _out(connection: Connection, dump: Dump, file: gzip.GzipFile) -> None:
    held = bytearray()
    async with connection.cursor() as cursor, cursor.copy(restore.copied_out(dump).encode()) as rows:
        async for row in rows:
            held += row
            if len(held) >= PIECE:
                file.write(held)
                held.clear()
                await sleep(0)
    file.write(held)


async def _in(connection: Connection, dump: Dump, path: Path, table: str) -> None:
    async with connection.cursor() as cursor, cursor.copy(restore.copied_in(table, dump).encode()) as rows:
        with gzip.open(path) as file:
            while piece := file.read(PIECE):
                await rows.write(piece)
