"""Every example goes forth, back, forth again and completes, one after the other on one database, under clients.

Clients of the old version read and write throughout, those of the new one from the moment that its shape is there. What
each was told is committed is looked up at every turn, in its own shape as it was written, in the other by the columns
that both have.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from bench.migrations.clients import Client, Ledger, connect
from bench.migrations.lookup import Lookup
from bench.migrations.shapes import Reference

from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.errors import EffectFailed, Refused
from tidegate.core.ids import DatabaseName, RolloutId, StepId
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import (
    AlterColumn,
    CreateConstraint,
    CreateTable,
    ForeignKey,
    Migration,
    Operation,
)
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.unfolding import Unfolding
from tidegate.demo.postgres import running
from tidegate.ports import Token
from tidegate.sources.migrations import read_migration

CLIENTS: Final = 2
"""Of each version."""

WHILE: Final = 0.5
"""Seconds that clients have for themselves at each turn."""


@dataclass(slots=True)
class Outcome:
    """What became of one example."""

    name: str
    refused: str = ""
    failures: list[str] = field(default_factory=list)
    statements: int = 0
    rows: int = 0
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return not self.refused and not self.failures


@dataclass(slots=True, kw_only=True)
class Course:
    """One example on its way."""

    url: str
    engine: Migrator
    migration: Migration
    unfolding: Unfolding
    outcome: Outcome
    attempt: int = 0

    async def forth(self, to: Phase) -> None:
        await self.engine.forth(self.migration, to, self._token())

    async def back(self) -> None:
        await self.engine.back(self.migration, None, self._token())

    def _token(self) -> Token:
        self.attempt += 1
        return Token(rollout=RolloutId("bench"), step=StepId(self.migration.name), attempt=self.attempt)

    @property
    def renamed(self) -> Mapping[str, str]:
        """Tables that the new shape calls otherwise."""
        return {
            each.table: each.new_table for each in self.unfolding.reshapes if each.table != each.new_table
        }

    @asynccontextmanager
    async def clients(self, schema: str, renamed: Mapping[str, str]) -> AsyncIterator[list[Ledger]]:
        """Clients of one version for as long as it is entered; what they found wrong is told at the end."""
        stop = asyncio.Event()
        clients = [
            Client(
                url=self.url,
                base=self.unfolding.schema,
                schema=schema,
                renamed=renamed,
                promised=promised(self.migration),
                referred=referred(self.migration),
            )
            for _ in range(CLIENTS)
        ]
        tasks = [asyncio.create_task(client.run(stop)) for client in clients]
        try:
            yield [client.ledger for client in clients]
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            for client in clients:
                self.outcome.statements += client.ledger.statements
                self.outcome.failures += client.ledger.failures

    async def check(self, ledgers: Sequence[Ledger], schema: str, *, own: bool, when: str) -> None:
        """Every committed row is there."""
        looked = await Lookup(self.url, self.unfolding).all(ledgers, schema, own=own)
        self.outcome.rows += looked.rows
        self.outcome.failures += [f"{when}: {each}" for each in looked.wrong]


def promised(migration: Migration) -> Mapping[str, tuple[Reference, ...]]:
    """Foreign keys that rows are taken over to as they are: it is for applications that they keep to them before."""
    found: dict[str, list[Reference]] = {}
    for each in migration.operations:
        if isinstance(each, CreateConstraint) and (there := each.constraint.references):
            columns = each.constraint.columns
            reference = Reference(columns=columns, table=there.table, referenced=there.columns)
            if all(column == expression for column, expression in each.up):
                found.setdefault(each.table, []).append(reference)
    return {table: tuple(references) for table, references in found.items()}


def referred(migration: Migration) -> frozenset[str]:
    """Tables that something is to refer to."""
    return frozenset(key.table for each in migration.operations for key in _keys(each))


def _keys(operation: Operation) -> Iterator[ForeignKey]:
    match operation:
        case CreateTable(columns=columns, constraints=constraints):
            found = [each.references for each in columns] + [each.references for each in constraints]
        case CreateConstraint(constraint=constraint):
            found = [constraint.references]
        case AlterColumn(references=references):
            found = [references]
        case _:
            found = []
    yield from filter(None, found)


async def tidy(course: Course) -> None:
    """Rows of earlier examples that keep to nothing go, as nobody could take them over."""
    async with await connect(course.url, course.unfolding.schema, course.unfolding.schema) as connection:
        for table, references in promised(course.migration).items():
            for each in references:
                columns, referenced = ", ".join(each.columns), ", ".join(each.referenced)
                there = f"SELECT {referenced} FROM {each.table}"
                await connection.execute(f"DELETE FROM {table} WHERE ({columns}) NOT IN ({there})".encode())


async def play(course: Course) -> None:
    """Forth, back, forth and complete."""
    old, new = course.unfolding.old_schema, course.unfolding.new_schema
    await tidy(course)
    async with course.clients(old, {}) as olds:
        await asyncio.sleep(WHILE)
        await course.forth(Phase.DUAL_WRITE)
        async with course.clients(new, course.renamed) as news:
            await asyncio.sleep(WHILE)
            await course.forth(Phase.SWITCH)
            await asyncio.sleep(WHILE)
        await course.check(news, new, own=True, when="switched")
        await course.back()
        await course.check(news, old, own=False, when="gone back")
        await course.forth(Phase.DUAL_WRITE)
        async with course.clients(new, course.renamed) as again:
            await course.forth(Phase.SWITCH)
            await asyncio.sleep(WHILE)
            await _compare(course)
    await course.check(olds, old, own=True, when="before contract")
    async with course.clients(new, course.renamed) as last:
        await course.forth(Phase.CONTRACT)
        await asyncio.sleep(WHILE)
    await course.check(olds, new, own=False, when="contracted")
    await course.check([*again, *last], new, own=True, when="contracted")


async def _compare(course: Course) -> None:
    """Both shapes are held against each other by the engine while both are written."""
    report = await course.engine.compared(course.migration)
    course.outcome.failures += [f"compared: {each.table}: {each.said}" for each in report.mismatches]


async def run(paths: Sequence[Path], url: str, folder: Path) -> list[Outcome]:
    """What became of each example, in the order given."""
    engine = Migrator(Database(name=DatabaseName("bench"), url=url), clock=time.time, folder=folder)
    outcomes = []
    for path in paths:
        outcome, began = Outcome(path.stem), time.monotonic()
        outcomes.append(outcome)
        try:
            migration = read_migration(path)
            unfolding = await engine.planned(migration)
            course = Course(url=url, engine=engine, migration=migration, unfolding=unfolding, outcome=outcome)
            await play(course)
        except Refused as refused:
            outcome.refused = str(refused)
        except EffectFailed as failed:
            outcome.failures.append(str(failed))
        outcome.seconds = round(time.monotonic() - began, 1)
        _tell(outcome)
    return outcomes


def _tell(outcome: Outcome) -> None:
    told = f"{outcome.statements} statements, {outcome.rows} rows looked up, {outcome.seconds} s"
    print(f"{outcome.name:<50} {'good' if outcome.good else 'BAD'}  {told}", flush=True)
    for line in ([outcome.refused] if outcome.refused else []) + outcome.failures[:5]:
        print(f"    {line[:300]}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Read the arguments, play the examples, tell how they went."""
    parser = argparse.ArgumentParser(prog="python -m bench.migrations pgroll", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder of pgroll's migrations")
    parser.add_argument(
        "--only", default="", help="names that hold this; what comes before goes straight through"
    )
    parser.add_argument("--json", type=Path, metavar="OUT")
    asked = parser.parse_args(arguments)
    paths = sorted(asked.folder.glob("*.yaml"))
    with running(fsync="off") as server, tempfile.TemporaryDirectory() as kept:
        outcomes = asyncio.run(run(paths, server.fresh(), Path(kept)))
    good = sum(outcome.good for outcome in outcomes)
    print(f"{good} of {len(outcomes)} went forth, back, forth and completed")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n")
    return 0 if good == len(outcomes) else 1
