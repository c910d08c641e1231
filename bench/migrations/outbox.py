"""What a table's move costs: the trigger on each statement, and how far the follower is behind under a rate of writes.

The same statements run without and with the outbox in one run, in turn: what else the machine does meets both alike.
Each statement is timed without its commit, which would hide the trigger behind the disk. Then writers write at each
rate while the carrier runs: rows a second that arrive, and the lag that is sampled meanwhile.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection

from tidegate.actuators.postgres.mover import Mover
from tidegate.core.ids import DatabaseName, MigrationName, RolloutId, StepId
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration, MoveTable, Pace
from tidegate.core.migrations.phases import Phase
from tidegate.demo.postgres import PostgresServer, running
from tidegate.ports import Token

ROWS: Final = 20_000
RATES: Final = (200, 1000)
"""Statements a second."""

ROUNDS, STATEMENTS = 10, 300
WRITERS: Final = 8
LOOK_SECONDS: Final = 0.1
OLD, NEW = DatabaseName("shop"), DatabaseName("ledger")
MOVED: Final = Migration(
    name=MigrationName("move"), operations=(MoveTable(table="moved", to=NEW),), pace=Pace(duty=1.0)
)
FILL: Final = """
CREATE TABLE {0} (id bigint PRIMARY KEY, name text, balance numeric);
INSERT INTO {0} SELECT i, 'name ' || i, i FROM generate_series(1, %d) i;
"""


async def measured(server: PostgresServer, seconds: float) -> dict[str, Any]:
    """Everything, on two fresh databases."""
    old, new = server.fresh(), server.fresh()
    with psycopg.connect(old, autocommit=True) as connection:
        for table in ("moved", "still"):
            connection.execute((FILL.format(table) % ROWS).encode())
    databases = {OLD: Database(name=OLD, url=old), NEW: Database(name=NEW, url=new)}
    mover = Mover(databases, OLD, clock=time.time)
    token = Token(rollout=RolloutId("bench"), step=StepId("move"), attempt=1)
    began = time.perf_counter()
    await mover.forth(MOVED, Phase.VERIFY, token)
    copied = {"rows": ROWS, "seconds until verified": round(time.perf_counter() - began, 2)}
    trigger = overhead(old)
    carrier = asyncio.create_task(mover.run_all())
    await _drained(mover)  # what was written for the comparison, while nobody carried
    lags = [await under(old, mover, rate, seconds) for rate in RATES]
    carrier.cancel()
    await asyncio.gather(carrier, return_exceptions=True)
    began = time.perf_counter()
    await mover.forth(MOVED, Phase.SWITCH, token)
    switched = round(time.perf_counter() - began, 2)
    return {"copy": copied, "statement": trigger, "carried": lags, "seconds of switch": switched}


def overhead(url: str) -> dict[str, float]:
    """The median of an update's milliseconds, without and with the trigger."""
    found: dict[str, list[float]] = {"still": [], "moved": []}
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(ROUNDS):
            for table, times in found.items():
                times.extend(_timed(connection, table))
    without, noted = (statistics.median(times) * 1000 for times in found.values())
    return {"ms without": round(without, 3), "ms with": round(noted, 3), "ratio": round(noted / without, 2)}


def _timed(connection: psycopg.Connection, table: str) -> list[float]:
    sql, times = f"UPDATE {table} SET balance = balance + 1 WHERE id = %s".encode(), []
    with connection.transaction():
        for number in range(STATEMENTS):
            began = time.perf_counter()
            connection.execute(sql, [1 + number * 7 % ROWS])
            times.append(time.perf_counter() - began)
    return times


async def under(url: str, mover: Mover, rate: int, seconds: float) -> dict[str, float]:
    """Lag while a writer writes, and how fast the carrier was once that ended."""
    lags: list[float] = []
    writing = asyncio.create_task(_write_all(url, rate, seconds))
    while not writing.done():
        lags.append((await mover.lag(MOVED.name)).seconds)
        await asyncio.sleep(LOOK_SECONDS)
    written, start = await writing
    await _drained(mover)
    cuts = statistics.quantiles(lags, n=20)
    return {
        "asked a second": rate,
        "written a second": round(written / seconds),
        "carried a second": round(written / (time.perf_counter() - start)),
        "lag s, median": round(statistics.median(lags), 3),
        "lag s, p95": round(cuts[-1], 3),
        "lag s, most": round(max(lags), 3),
    }


async def _drained(mover: Mover) -> None:
    while (await mover.lag(MOVED.name)).rows:  # noqa: ASYNC110 - the state of a database, which sets no event
        await asyncio.sleep(LOOK_SECONDS)


async def _write_all(url: str, rate: int, seconds: float) -> tuple[int, float]:
    """How many were written, and when that began."""
    began = time.perf_counter()
    written = [_write(url, rate / WRITERS, seconds) for _ in range(WRITERS)]
    return sum(await asyncio.gather(*written)), began


async def _write(url: str, rate: float, seconds: float) -> int:
    number, began = 0, time.perf_counter()
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        while (now := time.perf_counter()) < began + seconds:
            await asyncio.sleep(max(began + number / rate - now, 0))
            key = random.randint(1, ROWS)
            await connection.execute("UPDATE moved SET balance = balance + 1 WHERE id = %s", [key])
            number += 1
    return number


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write JSON where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.migrations outbox")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    with running() as server:
        found = asyncio.run(measured(server, given.seconds))
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    return 0
