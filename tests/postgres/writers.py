"""Applications that write a table wherever it is written at the moment, and remember what was acknowledged."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection

GONE = "-"
"""What is remembered of a row that is deleted."""

Names = dict[int, str]


class Writers:
    """They share no rows, so each knows what its own must be; `touched` are keys that any of them meant to write."""

    def __init__(self, urls: Sequence[str], seed: int) -> None:
        self.acknowledged: Names = {}
        self.touched: set[int] = set()
        self.written = 0
        self._urls = urls
        self._draw = random.Random(seed)
        self._going = True

    @asynccontextmanager
    async def going(self, count: int) -> AsyncIterator[None]:
        """So many of them write meanwhile; half of their rows are there from before."""
        tasks = [asyncio.create_task(self._write(number)) for number in range(count)]
        try:
            yield
        finally:
            self._going = False
            await asyncio.gather(*tasks)

    async def _write(self, number: int) -> None:
        mine = dict.fromkeys(range(1 + number * 700, 400 + number * 700), "")
        keys = iter(range(1_000_000 * (number + 1), 1_000_000 * (number + 2)))
        while self._going:
            for url in self._urls:
                with contextlib.suppress(psycopg.Error):
                    async with await AsyncConnection.connect(url) as connection:
                        while self._going:
                            await self._transaction(connection, mine, keys)

    async def _transaction(self, connection: AsyncConnection, mine: Names, keys: Iterator[int]) -> None:
        now: Names = {}
        for _ in range(self._draw.randint(1, 4)):
            await self._statement(connection, mine | now, now, keys)
        if self._draw.random() < 0.1:
            await asyncio.sleep(self._draw.uniform(0, 0.3))
        if self._draw.random() < 0.15:
            await connection.rollback()
            return
        await connection.commit()
        mine |= now
        self.acknowledged |= now
        self.written += 1

    async def _statement(
        self, connection: AsyncConnection, mine: Names, now: Names, keys: Iterator[int]
    ) -> None:
        row, fresh = self._draw.choice([key for key in mine if mine[key] != GONE]), next(keys)
        self.touched |= {row, fresh}
        match self._draw.choice(["insert", "update", "update", "delete", "key"]):
            case "insert":
                await connection.execute(
                    "INSERT INTO accounts (id, name) VALUES (%s, %s)", [fresh, f"i{fresh}"]
                )
                now[fresh] = f"i{fresh}"
            case "update":
                await connection.execute("UPDATE accounts SET name = %s WHERE id = %s", [f"u{fresh}", row])
                now[row] = f"u{fresh}"
            case "delete":
                await connection.execute("DELETE FROM accounts WHERE id = %s", [row])
                now[row] = GONE
            case _:
                moved = "UPDATE accounts SET id = %s, name = %s WHERE id = %s"
                await connection.execute(moved, [fresh, f"k{fresh}", row])
                now |= {row: GONE, fresh: f"k{fresh}"}
