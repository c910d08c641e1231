"""`tidegate slo`: what OpenSLO files promise, what is wrong with them, and what is left of the error budgets."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from tidegate.cli import slo_status
from tidegate.cli.catalog import DIR, problem_values
from tidegate.cli.exits import Exit
from tidegate.cli.plan_text import wrapped
from tidegate.core.errors import Refused
from tidegate.core.slo.definitions import Objective, ServiceLevels, Slo
from tidegate.core.slo.promql import OPERATORS
from tidegate.core.slo.status import EVERYTHING, ObjectiveStatus
from tidegate.core.slo.status import status as status_of
from tidegate.core.slo.window import CalendarWindow, Window
from tidegate.core.slo.words import span
from tidegate.core.telemetry import PrometheusServer
from tidegate.observers.prometheus import Clients
from tidegate.observers.prometheus.indicators import slo_readings
from tidegate.sources import openslo
from tidegate.sources.telemetry import read_telemetry

OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group()
def slo() -> None:
    """Service level objectives, read from OpenSLO files."""


@slo.command()
@DIR
@OUTPUT
def check(folder: Path, output: str) -> None:
    """Report every problem of the OpenSLO files in DIR."""
    reading = openslo.read(folder)
    if output == "json":
        problems = [problem_values(problem) for problem in reading.problems]
        click.echo(json.dumps({**_counts(reading.levels), "problems": problems}, indent=2))
        raise SystemExit(Exit.REFUSED if problems else Exit.OK)
    if reading.levels is None:
        raise Refused(reading.problems)
    click.echo(f"{_summary(reading.levels)}: no problems")


@slo.command("list")
@DIR
@OUTPUT
def list_(folder: Path, output: str) -> None:
    """Show what each SLO in DIR promises of which service."""
    levels = openslo.read_service_levels(folder)
    slos = [levels.slos[name] for name in sorted(levels.slos)]
    if output == "json":
        click.echo(json.dumps({"slos": [_values(each) for each in slos]}, indent=2))
    else:
        lines = [wrapped(line) for each in slos for line in _text(each)]
        click.echo("\n".join(lines) or f"no SLOs in {folder}")


@slo.command()
@DIR
@click.option(
    "--telemetry",
    type=click.Path(path_type=Path),
    help="Telemetry file that says how the Prometheus of its url is reached.",
)
@OUTPUT
def status(folder: Path, telemetry: Path | None, output: str) -> None:
    """Show what is left of the error budgets of the SLOs in DIR, and which alerts fire.

    Exits with 1 if a budget is spent or an alert fires, else with 3 if something could not be read.
    """
    levels = openslo.read_service_levels(folder)
    server = read_telemetry(telemetry).prometheus if telemetry else None
    at = time.time()
    found = asyncio.run(_statuses([levels.slos[name] for name in sorted(levels.slos)], server, at))
    if output == "json":
        answer = {"at": at, "objectives": [slo_status.values(each) for each in found]}
        click.echo(json.dumps(answer, indent=2))
    else:
        click.echo("\n".join(slo_status.text(found)) if found else f"no SLOs in {folder}")
    raise SystemExit(_exit(found))


# -- status ---------------------------------------------------------------------------------------------------


async def _statuses(
    slos: Sequence[Slo], server: PrometheusServer | None, at: float
) -> tuple[ObjectiveStatus, ...]:
    """The status of every objective at an instant, a few SLOs at a time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(slo: Slo) -> tuple[ObjectiveStatus, ...]:
        async with places:
            readings = await slo_readings(clients, slo, EVERYTHING, at=at)
        return tuple(map(status_of, readings))

    async with Clients(server) as clients:
        found = await asyncio.gather(*map(one, slos))
    return tuple(each for objectives in found for each in objectives)


AT_ONCE: Final = 4


def _exit(statuses: Sequence[ObjectiveStatus]) -> Exit:
    """What is known to be bad counts before what is not known."""
    findings = [found for each in statuses for found in each.findings]
    if any(found.broken for found in findings):
        return Exit.FAILED
    return Exit.UNAVAILABLE if any(found.missing for found in findings) else Exit.OK


# -- counts ---------------------------------------------------------------------------------------------------


def _counts(levels: ServiceLevels | None) -> Mapping[str, int | None]:
    """How much a folder declares; nothing is counted in one with problems."""
    if levels is None:
        return dict.fromkeys(NOUNS)
    slos = levels.slos.values()
    inline = [each for each in slos if levels.slis.get(each.sli.name) != each.sli]
    return {
        "slos": len(levels.slos),
        "services": len({each.service for each in slos}),
        "indicators": len(levels.slis) + len(inline),
        "dataSources": len(levels.data_sources),
    }


NOUNS: Final = {
    "slos": ("SLO", "SLOs"),
    "services": ("service", "services"),
    "indicators": ("indicator", "indicators"),
    "dataSources": ("data source", "data sources"),
}


def _summary(levels: ServiceLevels) -> str:
    counts = _counts(levels)
    slos, services, *rest = (
        f"{counts[name]} {one if counts[name] == 1 else many}" for name, (one, many) in NOUNS.items()
    )
    return ", ".join([f"{slos} of {services}", *rest])


# -- one SLO --------------------------------------------------------------------------------------------------


def _text(slo: Slo) -> Iterator[str]:
    source = slo.sli.measure.source
    yield f"{slo.name}, {slo.service}"
    yield from (f"  {_objective(slo, objective)}" for objective in slo.objectives)
    yield f"  over {slo.window}; {slo.sli.name} from {source.name or source.type}"


def _objective(slo: Slo, objective: Objective) -> str:
    name = f"{objective.name}: " if objective.name else ""
    return f"{name}{_percent(objective.target)} of {_what(slo, objective)} ({slo.method})"


def _what(slo: Slo, objective: Objective) -> str:
    """What must be good, in words."""
    length = f" of {span(objective.slice_seconds)}" if objective.slice_seconds else ""
    good = f" with at least {_percent(objective.slice_target)} good" if objective.slice_target else ""
    level = f" {OPERATORS[objective.op]} {objective.value:g}" if objective.op else ""
    return f"{slo.unit}{length}{good}{level}"


def _percent(share: float) -> str:
    """Not rounded: a target of 99.999 % is not 100 %."""
    return f"{share * 100:.10g} %"


def _values(slo: Slo) -> dict[str, Any]:
    source = slo.sli.measure.source
    return {
        "name": slo.name,
        "service": slo.service,
        "indicator": slo.sli.name,
        "objectives": [_objective_values(objective) for objective in slo.objectives],
        "window": _window_values(slo.window),
        "budgetingMethod": slo.method,
        "source": {"name": source.name or None, "type": source.type},
    }


def _objective_values(objective: Objective) -> dict[str, Any]:
    return {
        "name": objective.name or None,
        "target": objective.target,
        "op": objective.op,
        "value": objective.value,
        "sliceTarget": objective.slice_target,
        "sliceSeconds": objective.slice_seconds,
    }


def _window_values(window: Window) -> dict[str, Any]:
    calendar = window if isinstance(window, CalendarWindow) else None
    return {
        "duration": str(window.duration),
        "seconds": window.duration.seconds,
        "rolling": calendar is None,
        "start": calendar.start.isoformat() if calendar else None,
        "timeZone": calendar.time_zone if calendar else None,
    }
