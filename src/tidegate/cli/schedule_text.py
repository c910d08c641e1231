"""A schedule as a table with a bar for each release, for a terminal of 80 columns. Pure: values in, a string out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tidegate.cli.plan_text import wrapped
from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.flags.facts import owner_of
from tidegate.core.ids import StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Action, Deploy, Expose, ExposeFlag, RemoveFlag
from tidegate.core.schedule.bound import Bound, Certified
from tidegate.core.schedule.problem import SchedulingProblem

BAR: Final = 20
MIGRATION: Final = "migration/"
SHORT: Final = 3600
"""Up to which makespan, in seconds, times are shown with seconds and without dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step and when it runs, in seconds since 1970."""

    step: StepId
    service: str
    owner: str
    begins: int
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The steps of a change by time, and what is certain of this schedule."""

    change: str
    time_zone: str
    begins: int
    makespan: int
    bound: Bound
    gap: float
    method: str
    steps: tuple[Row, ...]

    @classmethod
    def of(
        cls,
        *,
        change: Change,
        catalog: Catalog,
        plan: Plan,
        problem: SchedulingProblem,
        found: Certified,
        origin: int,
    ) -> "Timetable":
        """The schedule that was found, by the clock, in order of time."""
        rows = _rows(catalog, plan, problem, found, origin)
        return cls(
            change=change.name,
            time_zone=change.schedule.calendar.time_zone,
            begins=origin,
            makespan=found.schedule.makespan,
            bound=found.bound,
            gap=found.gap,
            method=found.method,
            steps=tuple(sorted(rows, key=lambda row: (row.begins, row.ends))),
        )


def _rows(
    catalog: Catalog, plan: Plan, problem: SchedulingProblem, found: Certified, origin: int
) -> Iterator[Row]:
    for job, start in zip(problem.jobs, found.schedule.starts, strict=True):
        service, owner = _answering(catalog, plan.by_id[job.id].action)
        yield Row(
            step=job.id,
            service=service,
            owner=owner,
            begins=origin + start,
            ends=origin + start + job.seconds,
        )


def _answering(catalog: Catalog, action: Action) -> tuple[str, str]:
    """The service of a step, if it has one, and who answers for the step, if anybody is known to."""
    match action:
        case Deploy(service=service) | Expose(service=service):
            return service, catalog.services[service].owner or ""
        case ExposeFlag(flag=flag) | RemoveFlag(flag=flag):
            return "", owner_of(catalog.flags, flag)
        case _:
            return "", ""


def timetable_text(table: Timetable) -> str:
    """Releases, flags and tasks by time, and below them how good the schedule is; versions started are left out."""
    rows = [row for row in table.steps if not row.step.startswith("deploy/")]
    zone = ZoneInfo(table.time_zone)
    head = f"Change {table.change}: {len(rows)} {_kinds(rows)} from {_day(table.begins, zone)} {zone}"
    return "\n".join([wrapped(head), "", *_table(table, rows, zone), "", *map(wrapped, _summary(table))])


KINDS: Final[Mapping[str, str]] = {"flag": "flags", MIGRATION: "migrations"}
"""What there may be besides releases and tasks, by how its steps begin."""


def _kinds(rows: list[Row]) -> str:
    there = [what for kind, what in KINDS.items() if any(row.step.startswith(kind) for row in rows)]
    return f"{', '.join(('releases', *there))} and tasks"


def _table(table: Timetable, rows: list[Row], zone: ZoneInfo) -> Iterator[str]:
    form = "%H:%M:%S" if table.makespan < SHORT else "%m-%d %H:%M"
    times = [[f"{datetime.fromtimestamp(at, zone):{form}}" for at in (row.begins, row.ends)] for row in rows]
    width = len(times[0][0])
    names = 80 - 2 * (width + 2) - BAR - 4
    owner = 2 * names // 5
    service = names - owner
    yield f"{'begins':<{width}}  {'ends':<{width}}  {'service':<{service}}  owner"
    for row, (begins, ends) in zip(rows, times, strict=True):
        name = _cut(row.service or row.step.removeprefix(MIGRATION), service)
        yield f"{begins}  {ends}  {name:<{service}}  {_cut(row.owner, owner):<{owner}}  {_bar(row, table)}".rstrip()


def _bar(row: Row, table: Timetable) -> str:
    """The step's part of the whole time; never nothing."""
    scale = BAR / max(1, table.makespan)
    first = min(BAR - 1, int((row.begins - table.begins) * scale))
    last = max(first + 1, round((row.ends - table.begins) * scale))
    return " " * first + "█" * (last - first)


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}…"


def _summary(table: Timetable) -> Iterator[str]:
    yield f"makespan {_span(table.makespan)}; no schedule takes less than {_span(table.bound.seconds)}"
    yield f"certified gap {100 * table.gap:.1f} % ({table.method})"
    yield f"limited by {table.bound.limit}"


def _span(seconds: int) -> str:
    """`1d 2h 3m 4s`, without the parts that are nothing."""
    parts = []
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        parts += [f"{count}{unit}"] if count else []
    return " ".join(parts) or "0s"


def _day(at: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"
