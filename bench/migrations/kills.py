"""tidegate and PostgreSQL are killed at random moments, under clients, on the way forth and on the way back.

`kill -9` strikes the command `tidegate migrations`, or the server, which flushes as it does in production. Whatever was
killed is started again, until what was asked for is through. At every turn each row that a client was told is committed
is looked up, and both shapes are compared.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from bench.migrations.clients import Client, Ledger
from bench.migrations.lookup import Lookup

from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.demo.postgres import PostgresServer, running
from tidegate.sources.migrations import read_migration

ROWS: Final = 60_000
WINDOW: Final = 6.0
"""A kill comes at a moment drawn evenly from so many seconds after a command began."""

MIGRATION: Final = """\
apiVersion: tidegate.dev/v1alpha1
kind: Migration
metadata:
  name: kills
spec:
  pace: {batchRows: 500, duty: 60%}
  operations:
    - splitColumn:
        table: accounts
        column: name
        into:
          - {name: first_name, type: text, nullable: true}
          - {name: last_name, type: text, nullable: true}
        up:
          first_name: split_part(name, '-', 1)
          last_name: split_part(name, '-', 2)
        down: concat(first_name, '-', last_name)
        lossy: true
    - alterColumn:
        table: entries
        column: amount
        type: bigint
        up: amount::bigint
        down: amount::text
    - createIndex:
        name: entries_account
        table: entries
        columns: [{column: account}]
"""


@dataclass(slots=True)
class Found:
    """What was killed when, and what was wrong afterwards."""

    killed: list[str] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    rows: int = 0
    statements: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Trial:
    """A database under clients, and a way to kill."""

    server: PostgresServer
    url: str
    file: Path
    folder: Path
    kills: int
    dice: random.Random
    found: Found = field(default_factory=Found)

    @property
    def engine(self) -> Migrator:
        database = Database(name=DatabaseName("kills"), url=self.url)
        return Migrator(database, clock=time.time, folder=self.folder)

    async def until_through(self, *command: str) -> None:
        """Start a command again and again until it ends by itself, killing as long as kills are left."""
        while True:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tidegate", "migrations", command[0], str(self.file)),
                *("--database", self.url, *command[1:]),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            killed = await self._kill(process, command) if len(self.found.killed) < self.kills else False
            _, said = await process.communicate()
            if process.returncode == 0:
                return
            if not killed:
                self.found.wrong.append(f"{' '.join(command)}: {said.decode()[-500:]}")
                return

    async def _kill(self, process: asyncio.subprocess.Process, command: Sequence[str]) -> bool:
        """At a random moment; whether the command was still at it."""
        delay = self.dice.uniform(0.3, WINDOW)
        try:
            await asyncio.wait_for(process.wait(), delay)
        except TimeoutError:
            victim = self.dice.choice(("tidegate", "PostgreSQL"))
            self.found.killed.append(f"{victim} {delay:.2f} s into {' '.join(command)}")
            print(f"{len(self.found.killed):>4}  {self.found.killed[-1]}", flush=True)
            if victim == "tidegate":
                process.send_signal(signal.SIGKILL)
            else:
                await asyncio.to_thread(self.server.kill)
                await asyncio.to_thread(self.server.start)
            return True
        return False

    async def check(
        self, ledgers: Sequence[Ledger], unfolding: Unfolding, schema: str, when: str, *, own: bool
    ) -> None:
        looked = await Lookup(self.url, unfolding).all(ledgers, schema, own=own)
        self.found.rows += looked.rows
        self.found.wrong += [f"{when}: {each}" for each in looked.wrong]
        self.found.turns.append(f"{when}: {looked.rows} rows looked up")
        print(f"      {self.found.turns[-1]}", flush=True)


class Clients:
    """Clients of one version for as long as they are entered."""

    def __init__(self, trial: Trial, schema: str) -> None:
        self._stop = asyncio.Event()
        self._trial = trial
        self._clients = [
            Client(url=trial.url, base="public", schema=schema, lost=lambda: True, pause=0.01)
            for _ in range(2)
        ]
        self._tasks: list[asyncio.Task[Ledger]] = []

    async def __aenter__(self) -> list[Ledger]:
        self._tasks = [asyncio.create_task(client.run(self._stop)) for client in self._clients]
        return [client.ledger for client in self._clients]

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        for ledger in await asyncio.gather(*self._tasks):
            self._trial.found.statements += ledger.statements
            self._trial.found.wrong += ledger.failures


async def play(trial: Trial) -> None:
    """Forth and back until half of the kills are used up, then forth to the end."""
    migration = read_migration(trial.file)
    unfolding = await trial.engine.planned(migration)
    old, new = unfolding.old_schema, unfolding.new_schema
    async with AsyncExitStack() as stack:
        olds = await stack.enter_async_context(Clients(trial, old))
        while True:
            await trial.until_through("run", "--to", Phase.DUAL_WRITE)
            async with Clients(trial, new) as news:
                await trial.until_through("run", "--to", Phase.SWITCH)
                await _compare(trial)
            await trial.check(news, unfolding, new, "switched", own=True)
            if len(trial.found.killed) >= 0.7 * trial.kills:
                break
            await trial.until_through("rollback")
            await trial.check(news, unfolding, old, "gone back", own=False)
    await trial.check(olds, unfolding, old, "before contract", own=True)
    async with Clients(trial, new) as last:
        await trial.until_through("run", "--to", Phase.CONTRACT, "--yes")
    await trial.check(olds, unfolding, new, "contracted", own=False)
    await trial.check([*news, *last], unfolding, new, "contracted", own=True)


async def _compare(trial: Trial) -> None:
    report = await trial.engine.compared(read_migration(trial.file))
    trial.found.wrong += [f"compared: {each.table}: {each.said}" for each in report.mismatches]


def fill(url: str) -> None:
    """Two tables, one referring to the other."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE accounts (id bigint PRIMARY KEY, name text)")
        columns = "id bigint PRIMARY KEY, account bigint REFERENCES accounts (id), amount text NOT NULL"
        connection.execute(f"CREATE TABLE entries ({columns})")
        connection.execute("CREATE INDEX entries_referring ON entries (account)")
        connection.execute(f"INSERT INTO accounts SELECT n, n || '-x' || n FROM generate_series(1, {ROWS}) n")
        connection.execute(f"INSERT INTO entries SELECT n, n, n::text FROM generate_series(1, {ROWS}) n")
        connection.execute("VACUUM ANALYZE")


def main(arguments: Sequence[str]) -> int:
    """Read the arguments, kill, tell."""
    parser = argparse.ArgumentParser(prog="python -m bench.migrations kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="OUT")
    asked = parser.parse_args(arguments)
    with running() as server, tempfile.TemporaryDirectory() as name:
        url, folder = server.fresh(), Path(name)
        fill(url)
        (folder / "kills.yaml").write_text(MIGRATION)
        trial = Trial(
            server=server,
            url=url,
            file=folder / "kills.yaml",
            folder=folder,
            kills=asked.kills,
            dice=random.Random(asked.seed),
        )
        asyncio.run(play(trial))
    found = trial.found
    print(f"{len(found.killed)} kills, {found.statements} statements, {found.rows} rows looked up")
    print("\n".join(found.wrong[:20]) or "nothing was lost or changed")
    if asked.json:
        asked.json.write_text(json.dumps(asdict(found), indent=1) + "\n")
    return 1 if found.wrong or len(found.killed) < asked.kills else 0
