"""An application with a version: statements at a rate, each timed from the moment that it was due.

It runs in a process of its own, so that whoever migrates slows it down by nothing but the database. A statement that
had to wait for a connection counts from when it was due: what a user would have seen, with nothing left out.
"""

import asyncio
import multiprocessing as mp
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final

import psycopg
from bench.migrations.cases import ROWS, VERSIONS, Statement, Version
from psycopg import AsyncConnection

CONNECTIONS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One statement: when it was due and how long it took, in seconds; whether it failed."""

    due: float
    seconds: float
    failed: bool


class Application:
    """A process of one version; its `rate`, in statements per second, may be changed at any time."""

    def __init__(self, url: str, version: str, rate: float) -> None:
        context = mp.get_context("spawn")
        self._rate: Synchronized[float] = context.Value("d", rate)
        self._here, there = context.Pipe()
        self._process = context.Process(target=_work, args=(url, version, self._rate, there), daemon=True)
        self._process.start()
        assert self._here.recv() == "ready"

    def rate(self, rate: float) -> None:
        """From now on."""
        self._rate.value = rate

    def stop(self) -> list[Timing]:
        """Everything that was timed."""
        self.rate(-1.0)
        timings: list[Timing] = self._here.recv()
        self._process.join()
        return timings


def _work(url: str, version: str, rate: "Synchronized[float]", pipe: Any) -> None:
    pipe.send(asyncio.run(_statements(url, VERSIONS[version], rate, lambda: pipe.send("ready"))))


async def _statements(
    url: str, version: Version, rate: "Synchronized[float]", ready: Callable[[], None]
) -> list[Timing]:
    idle: asyncio.Queue[AsyncConnection[Any]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(
            await AsyncConnection.connect(url, autocommit=True, options=f"-c search_path={version.path}")
        )
    ready()
    timings: list[Timing] = []
    dice, under_way, number = random.Random(7), set[asyncio.Task[None]](), ROWS
    due = time.time()
    while (wanted := rate.value) >= 0:
        if wanted == 0:
            await asyncio.sleep(0.01)
            due = time.time()
            continue
        due += dice.expovariate(wanted)
        await asyncio.sleep(max(due - time.time(), 0))
        number += 1
        said = dice.choices([version.read, version.update, version.insert], [5, 4, 1])[0]
        statement = said(number if said is version.insert else dice.randrange(ROWS) + 1)
        task = asyncio.create_task(_one(idle, statement, due, timings))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    while not idle.empty():
        await idle.get_nowait().close()
    return timings


async def _one(
    idle: "asyncio.Queue[AsyncConnection[Any]]", statement: Statement, due: float, timings: list[Timing]
) -> None:
    connection = await idle.get()
    failed = False
    try:
        await connection.execute(*statement)
    except psycopg.Error:
        failed = True
    finally:
        idle.put_nowait(connection)
    timings.append(Timing(due=due, seconds=time.time() - due, failed=failed))
