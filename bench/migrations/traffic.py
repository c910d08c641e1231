"""What applications notice of three migrations on a big table: beside none, and beside what one would write by hand.

For each migration, on a table of its own with the same rows and under the same rate of statements:

none       statements of the old version alone
tidegate   the old version, both, the new one; all phases from expand to contract
plain      `ALTER TABLE` and `UPDATE` in one transaction, as one would write it by hand

"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from bench.migrations.applications import Application, Timing
from bench.migrations.cases import CASES, ROWS, fill
from bench.migrations.locks import watching
from psycopg import AsyncConnection

from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.ids import DatabaseName, MigrationName, RolloutId, StepId
from tidegate.core.migrations.database import Database
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.phases import Phase
from tidegate.demo.postgres import PostgresServer, running
from tidegate.ports import Token

RATE: Final = 200.0
"""Statements a second."""

BASELINE: Final = 20.0
TAIL: Final = 5.0
"""Seconds of statements that still count after the last of a migration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One case on a fresh table, under so many statements a second."""

    url: str
    case: str
    rate: float
    folder: Path


async def with_none(trial: Trial) -> Mapping[str, Any]:
    """Statements of the old version, and nothing else."""
    application = Application(trial.url, "old", trial.rate)
    async with watching(trial.url) as locks:
        await asyncio.sleep(BASELINE)
    return {**summary(application.stop()), "locks": locks.longest}


async def with_tidegate(trial: Trial) -> Mapping[str, Any]:
    """All phases, the application moving from its old version to its new one meanwhile."""
    engine = Migrator(
        Database(name=DatabaseName("bench"), url=trial.url), clock=time.time, folder=trial.folder
    )
    migration = Migration(
        name=MigrationName("bench"),
        operations=(CASES[trial.case].operation,),
    )
    began, phases = time.monotonic(), {}
    old = Application(trial.url, "old", trial.rate)

    async def forth(to: Phase) -> None:
        since = time.monotonic()
        token = Token(rollout=RolloutId("bench"), step=StepId("bench"), attempt=1)
        await engine.forth(migration, to, token)
        phases[to.value] = round(time.monotonic() - since, 2)

    async with watching(trial.url) as locks:
        await forth(Phase.EXPAND)
        await forth(Phase.DUAL_WRITE)
        new = Application(trial.url, trial.case, trial.rate / 2)
        old.rate(trial.rate / 2)
        for phase in (Phase.BACKFILL, Phase.VERIFY, Phase.SWITCH):
            await forth(phase)
        new.rate(trial.rate)
        timings = old.stop()
        await asyncio.sleep(TAIL)
        report = await engine.compared(migration)
        await forth(Phase.CONTRACT)
        await asyncio.sleep(TAIL)
    timings += new.stop()
    return {
        **summary(timings),
        "locks": locks.longest,
        "seconds": round(time.monotonic() - began, 1),
        "phases": phases,
        "compared": report.rows,
        "mismatches": len(report.mismatches),
    }


async def with_plain(trial: Trial) -> Mapping[str, Any]:
    """One transaction; the old version goes on saying what it says."""
    application = Application(trial.url, "old", trial.rate)
    async with watching(trial.url) as locks:
        began = time.monotonic()
        async with await AsyncConnection.connect(trial.url) as connection:
            for statement in CASES[trial.case].plain:
                await connection.execute(statement.encode())
        seconds = time.monotonic() - began
        await asyncio.sleep(TAIL)
    return {**summary(application.stop()), "locks": locks.longest, "seconds": round(seconds, 1)}


WAYS: Final = {"none": with_none, "tidegate": with_tidegate, "plain": with_plain}


def summary(timings: Sequence[Timing]) -> Mapping[str, Any]:
    """Percentiles in milliseconds over every statement that was due."""
    seconds = np.array([each.seconds for each in timings])
    p50, p99, worst = (1e3 * float(np.quantile(seconds, share)) for share in (0.5, 0.99, 1.0))
    return {
        "statements": len(timings),
        "failed": sum(each.failed for each in timings),
        "p50": round(p50, 2),
        "p99": round(p99, 2),
        "max": round(worst, 1),
    }


def measure(server: PostgresServer, case: str, way: str, rows: int, rate: float) -> Mapping[str, Any]:
    """One way of one case, on a fresh table."""
    url = server.fresh()
    fill(url, rows)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(WAYS[way](Trial(url=url, case=case, rate=rate, folder=Path(folder))))
    told = {mode: f"{1e3 * held:.0f} ms" for mode, held in found["locks"].items()}
    print(f"{case:<14}{way:<10}{json.dumps({**found, 'locks': told})}", flush=True)
    return found


def main(arguments: Sequence[str]) -> int:
    """Read the arguments, measure, tell."""
    parser = argparse.ArgumentParser(prog="python -m bench.migrations traffic", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rate", type=float, default=RATE, help="statements per second")
    parser.add_argument("--case", choices=tuple(CASES), action="append", help="only these")
    parser.add_argument("--json", type=Path, metavar="OUT")
    asked = parser.parse_args(arguments)
    found: dict[str, dict[str, Any]] = {}
    with running(shared_buffers="1GB", max_wal_size="4GB") as server:
        for case in asked.case or CASES:
            found[case] = {way: measure(server, case, way, asked.rows, asked.rate) for way in WAYS}
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0
