"""`tidegate schedule`: when each release of a change would run, and how much better that could be."""

import json
import time
from dataclasses import asdict
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from tidegate.cli.plan import CATALOG, CHANGE, CONTRACTS, LEARNED, planned, refuse_infeasible
from tidegate.cli.schedule_text import Timetable, timetable_text
from tidegate.core.errors import Problem, Refused
from tidegate.core.plan.blame import Infeasible
from tidegate.core.schedule.jobs import problem_of
from tidegate.core.schedule.problem import Unschedulable
from tidegate.schedulers import best_schedule
from tidegate.sources.quantities import instant, local_time, seconds

LONGEST_BUDGET = 3600.0
MINUTE = 60


def budget_of(text: str) -> float:
    """A duration of at most an hour."""
    found = seconds(text)
    if found is None or found > LONGEST_BUDGET:
        raise click.BadParameter(f"{text!r} is not a duration of at most 1h, such as 10s")
    return found


@click.command()
@CHANGE
@CATALOG
@CONTRACTS
@LEARNED
@click.option(
    "--budget", type=budget_of, default="10s", show_default=True, help="Time to look for a better schedule."
)
@click.option("--from", "begin", metavar="TIME", help="When the first release may begin; default: now.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def schedule(
    change: Path,
    *,
    catalog: Path | None,
    contracts: Path | None,
    learned: Path | None,
    budget: float,
    begin: str | None,
    output: str,
) -> None:
    """Print when each release of CHANGE would run, within its windows, freezes and limits.

    Exits with 2 when no order is safe, or when something never fits.
    """
    given = planned(change, catalog, contracts, learned)
    read, services, plan = given.change, given.catalog, given.made
    if isinstance(plan, Infeasible):
        refuse_infeasible(change, plan)
    origin = _origin(begin, read.schedule.calendar.time_zone)
    problem = problem_of(plan, services, read.schedule, origin)
    found = best_schedule(problem, budget)
    if isinstance(found, Unschedulable):
        message = f"{change}: {found.job} has no place in any schedule: {found.reason}"
        raise Refused([Problem(message=message, hint=found.hint)])
    table = Timetable.of(
        change=read, catalog=services, plan=plan, problem=problem, found=found, origin=origin
    )
    click.echo(json.dumps(asdict(table), indent=2) if output == "json" else timetable_text(table))


def _origin(text: str | None, zone: str) -> int:
    """The whole second from which is planned; a time without a zone is one of the schedule's."""
    if text is None:
        return ceil(time.time() / MINUTE) * MINUTE
    local = local_time(text)
    found = local.replace(tzinfo=ZoneInfo(zone)).timestamp() if local else instant(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-01-01 09:00", param_hint="--from")
    return ceil(found)
