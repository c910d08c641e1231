"""What experiments have shown so far, `GET /v1/experiments/{flag}`, and with which shares their flags are served."""

import asyncio
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, HTTPException

from tidegate.core.experiments.intended import intended
from tidegate.core.experiments.report import Report
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.ids import FlagKey
from tidegate.observers.experiments.table import ExperimentTable
from tidegate.ports import Flags
from tidegate.sources.words import did_you_mean, quoted

PATH: Final = "/v1/experiments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiments:
    """Shows what `table` has."""

    table: ExperimentTable

    def router(self) -> APIRouter:
        """The path on which an experiment is shown."""
        router = APIRouter()
        router.add_api_route(f"{PATH}/{{flag:path}}", self.report, methods=["GET"])
        return router

    async def report(self, flag: str) -> Report:
        """The experiment on a flag."""
        found = await asyncio.to_thread(self.table.report, FlagKey(flag))
        if found is None:
            hint = did_you_mean(flag, self.table.flags) or "name its file with tidegate up --experiments"
            raise HTTPException(404, f"there is no experiment on flag {quoted(flag)} ({hint})")
        return found


async def keep_exposed(table: ExperimentTable, flags: Flags) -> None:
    """Tell `table`, until cancelled, with which shares flags are served from now on."""
    served = flags.served()
    while True:
        _expose(table, served.flags)
        served = await flags.changed(served.generation)


def _expose(table: ExperimentTable, flags: FlagSet) -> None:
    for key in table.flags:
        flag = flags.flags.get(key)
        table.expose(key, intended(flag) if flag else {})
