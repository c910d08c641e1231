"""How far migrations are, as their databases say: `GET /v1/migrations`, and the progress of a rollout's steps."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from tidegate.actuators.postgres.engine import Engine
from tidegate.core.errors import EffectFailed, Unavailable
from tidegate.core.ids import DatabaseName, StepId
from tidegate.core.migrations.state import MigrationState
from tidegate.core.migrations.words import progress
from tidegate.core.plan.steps import Migrate
from tidegate.core.rollout.state import Rollout, StepStatus

PATH: Final = "/v1/migrations"
PATIENCE_SECONDS: Final = 2.0
"""Whoever looks at a rollout does not wait longer for a database that hangs."""

UNDER_WAY: Final = {StepStatus.APPLYING, StepStatus.REVERTING}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseView:
    """Every migration that a database remembers, the newest last; `silent` says why it does not answer."""

    database: DatabaseName
    migrations: tuple[MigrationState, ...] = ()
    silent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationBoard:
    """Asks the `engines`, each time it is asked."""

    engines: Mapping[DatabaseName, Engine]

    def router(self) -> APIRouter:
        """The path on which all databases are shown."""
        router = APIRouter()
        router.add_api_route(PATH, self.view, methods=["GET"])
        return router

    async def view(self) -> tuple[DatabaseView, ...]:
        """Every database, asked side by side."""
        return tuple(await asyncio.gather(*map(self._database, self.engines)))

    async def progress(self, rollout: Rollout) -> Mapping[StepId, str]:
        """How far the migrations are that a rollout carries out at this moment."""
        steps = {
            step.id: step.action
            for step in rollout.plan.steps
            if isinstance(step.action, Migrate) and rollout.steps[step.id].status in UNDER_WAY
        }
        return dict(zip(steps, await asyncio.gather(*map(self._progress, steps.values())), strict=True))

    async def _database(self, name: DatabaseName) -> DatabaseView:
        try:
            states = await asyncio.wait_for(self.engines[name].states(), PATIENCE_SECONDS)
        except (Unavailable, EffectFailed, TimeoutError) as error:
            return DatabaseView(database=name, silent=_silent(error))
        return DatabaseView(database=name, migrations=states)

    async def _progress(self, action: Migrate) -> str:
        if action.database not in self.engines:
            return f"database {action.database} is not known here"
        asked = self.engines[action.database].state(action.migration.name)
        try:
            state = await asyncio.wait_for(asked, PATIENCE_SECONDS)
        except (Unavailable, EffectFailed, TimeoutError) as error:
            return _silent(error)
        return progress(state) if state else "about to begin"


def _silent(error: Exception) -> str:
    return str(error) or f"the database did not answer within {PATIENCE_SECONDS:g} s"
