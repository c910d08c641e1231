"""Questions that a migration wants answered before its first statement."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import psycopg

from tidegate.actuators.postgres.sessions import Connection
from tidegate.actuators.postgres.troubles import Kind, trouble
from tidegate.core.errors import Problem, Refused
from tidegate.core.migrations.sql.names import quoted
from tidegate.core.migrations.unfolding import Probe, Unfolding

PROBE_SECONDS: Final = 60


async def probed(connection: Connection, unfolding: Unfolding) -> Unfolding:
    """With what the probes warn of; `Refused` with every problem that they found. Nothing is changed."""
    found = [
        (probe, problem)
        for probe in unfolding.probes
        if (problem := await _asked(connection, unfolding, probe))
    ]
    if problems := [problem for probe, problem in found if not probe.warning]:
        raise Refused(problems)
    warnings = tuple(problem for _, problem in found)
    return replace(unfolding, warnings=(*unfolding.warnings, *warnings))


async def _asked(connection: Connection, unfolding: Unfolding, probe: Probe) -> Problem | None:
    path = probe.search_path or (unfolding.schema, "public")
    try:
        async with connection.transaction(force_rollback=True):
            await connection.execute(f"SET LOCAL search_path = {', '.join(map(quoted, path))}")
            await connection.execute(f"SET LOCAL statement_timeout = {PROBE_SECONDS * 1000}")
            await connection.execute("SET TRANSACTION READ ONLY")
            cursor = await connection.execute(probe.sql)
            row = await cursor.fetchone() if cursor.description else None
    except psycopg.Error as error:
        found = trouble(error)
        if found.kind is Kind.LOST:
            raise
        return _problem(probe, found.said)
    return _problem(probe, _said(row)) if row else None


def _said(row: Sequence[object]) -> str:
    return ", ".join(map(str, row))


def _problem(probe: Probe, said: str) -> Problem:
    return Problem(message=probe.message.replace("{}", said), location=probe.location, hint=probe.hint)
