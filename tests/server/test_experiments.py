"""`GET /v1/experiments/{flag}`."""

import httpx
from fastapi import FastAPI
from pydantic import TypeAdapter
from tests.observers.experiments.pushes import EXPERIMENT, NOW, evaluated, logs

from tidegate.core.experiments.report import Report
from tidegate.core.ids import FlagKey
from tidegate.observers.experiments.events import events_of_logs
from tidegate.observers.experiments.table import ExperimentTable
from tidegate.server.experiments import PATH, Experiments


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


async def test_a_flag_without_an_experiment_is_not_found() -> None:
    found = await answer(f"{PATH}/new-chekout")
    told = "there is no experiment on flag 'new-chekout' (did you mean 'new-checkout'?)"
    assert (found.status_code, found.json()["detail"]) == (404, told)
