"""`GET /v1/experiments/{flag}`."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import httpx
from fastapi import FastAPI
from pydantic import TypeAdapter
from tests.observers.experiments.pushes import EXPERIMENT, NOW, evaluated, logs

from tidegate.core.experiments.report import Report
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.serving import Exposure, served
from tidegate.core.ids import FlagKey, RolloutId, StepId
from tidegate.observers.experiments.events import Evaluated, events_of_logs
from tidegate.observers.experiments.table import ExperimentTable
from tidegate.ports import ServedFlags
from tidegate.server.experiments import PATH, Experiments, keep_exposed

BARE = replace(EXPERIMENT, flag=FlagKey("bare"), periods=())


async def answer(path: str) -> httpx.Response:
    table = ExperimentTable([EXPERIMENT], lambda: NOW, key=b"k")
    table.accept(events_of_logs(logs(evaluated()), table.wanted, now=NOW))
    api = FastAPI()
    api.include_router(Experiments(table=table).router())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://here") as http:
        return await http.get(path)


async def test_a_report_is_read_as_it_was_written() -> None:
    found = await answer(f"{PATH}/new-checkout")
    report = TypeAdapter(Report).validate_python(found.json())
    assert (report.flag, report.at, report.waiting) == (FlagKey("new-checkout"), NOW, 1)
    assert [(arm.variant, arm.drawn) for arm in report.arms] == [("off", 0), ("on", 1)]


class Served:
    """Flags whose exposure grows twice, and nobody knows what comes then."""

    def __init__(self) -> None:
        self.shares = [0.05, 0.25]
        self.told = asyncio.Event()

    def served(self) -> ServedFlags:
        return self._with([])

    async def changed(self, after: int) -> ServedFlags:
        if not self.shares:
            self.told.set()
            await asyncio.Event().wait()
        return replace(self._with([self.shares.pop(0)]), generation=after + 1)

    def evaluated(self, flag: FlagKey, variant: str | None) -> None:
        raise NotImplementedError

    def _with(self, shares: Sequence[float]) -> ServedFlags:
        flag = Flag(key=BARE.flag, variants={"on": True, "off": False}, default="off")
        exposures = [
            Exposure(
                rollout=RolloutId("r"), step=StepId("s"), flag=BARE.flag, variant="on", share=share, salt="r"
            )
            for share in shares
        ]
        return ServedFlags(generation=1, flags=served(FlagSet(flags={BARE.flag: flag}), exposures, [], []))


async def test_periods_follow_the_exposure_of_the_flag() -> None:
    seconds = count(NOW)
    table = ExperimentTable([BARE, EXPERIMENT], lambda: next(seconds), key=b"k")
    flags = Served()
    following = asyncio.create_task(keep_exposed(table, flags))
    await flags.told.wait()
    following.cancel()
    for number in range(3):
        told = Evaluated(flag=BARE.flag, unit=f"u{number}", variant="on", by_lot=True, at=NOW + number + 0.5)
        table.accept([told])
    report = table.report(BARE.flag)
    assert report is not None
    assert [(arm.variant, round(arm.intended, 9), arm.drawn) for arm in report.arms] == [
        ("off", 0.75, 0),
        ("on", 0.25, 2),
    ]
    assert report.lost == {"served a variant that had no share then": 1}


async def test_a_flag_without_an_experiment_is_not_found() -> None:
    found = await answer(f"{PATH}/new-chekout")
    told = "there is no experiment on flag 'new-chekout' (did you mean 'new-checkout'?)"
    assert (found.status_code, found.json()["detail"]) == (404, told)
