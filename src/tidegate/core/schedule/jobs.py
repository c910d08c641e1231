"""From a plan to the jobs of a scheduling problem.

A release runs from its first stage to the end of its last, each stage as long as it bakes, and so does a flag; a task
as long as its command may take; starting a version without traffic, removing a flag or a part of a migration takes no
time: how long a backfill takes nobody knows before. Old versions and old shapes of data go when all is through, which
needs no schedule.

Flags are no releases: they take nothing of what may be under change at once.

A service weighs as much as the journeys that go through it, or else as its traffic, where that is known of every
service of the change, and otherwise by its tier; one whose tier is not known weighs as much as the most critical.
Services without an owner count as if they had the same one, and so do those without a system.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Final

from tidegate.core.catalog import Catalog, Service
from tidegate.core.ids import ServiceName, StepId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Expose, ExposeFlag, Milestone, RunTask, Step, tidies
from tidegate.core.schedule.policy import AtMost, SchedulePolicy
from tidegate.core.schedule.problem import Job, SchedulingProblem

RELEASES: Final = "releases at once"
BLAST_RADIUS: Final = "blast radius"
NOBODY: Final = "(none)"
MILLION: Final = 1_000_000
"""Blast radius is counted in millionths of the catalog's whole weight."""
TIERS: Final = {1: 8.0, 2: 4.0, 3: 2.0, 4: 1.0}


def problem_of(plan: Plan, catalog: Catalog, policy: SchedulePolicy, origin: float) -> SchedulingProblem:
    """When the steps of a plan may run, from `origin` (seconds since 1970) on."""
    steps = [step for step in plan.steps if not (isinstance(step.action, Milestone) or tidies(step.action))]
    uses = _uses(steps, catalog, policy.at_most)
    number = {step.id: i for i, step in enumerate(steps)}
    edges = [(number[e.before], number[e.after]) for e in plan.edges if {e.before, e.after} <= number.keys()]
    return SchedulingProblem(
        jobs=tuple(
            Job(
                id=s.id, seconds=_seconds(s), demands={use.resource: use.amount for use in uses.get(s.id, ())}
            )
            for s in steps
        ),
        precedence=tuple(dict.fromkeys(edges)),
        capacities={use.resource: use.capacity for of_job in uses.values() for use in of_job},
        openings=policy.calendar.openings(origin),
    )


def _seconds(step: Step) -> int:
    match step.action:
        case Expose() | ExposeFlag():
            return ceil(sum(stage.bake for stage in step.stages))
        case RunTask(commands=commands):
            return ceil(commands.timeout)
        case _:
            return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """What a release takes of a resource, and how much of that there is."""

    resource: str
    amount: int
    capacity: int


def _uses(steps: Iterable[Step], catalog: Catalog, at_most: AtMost) -> Mapping[StepId, tuple[_Use, ...]]:
    released = {s.id: catalog.services[s.action.service] for s in steps if isinstance(s.action, Expose)}
    shares = _shares(catalog, released.values())
    return {id_: tuple(_used(service, shares[service.name], at_most)) for id_, service in released.items()}


def _used(service: Service, share: float, at_most: AtMost) -> Iterator[_Use]:
    counted = {
        RELEASES: at_most.releases,
        f"owner {service.owner or NOBODY}": at_most.per_owner,
        f"system {service.system or NOBODY}": at_most.per_system,
    }
    for resource, capacity in counted.items():
        if capacity is not None:
            yield _Use(resource=resource, amount=1, capacity=capacity)
    if at_most.blast_radius is not None:
        amount, capacity = ceil(round(share * MILLION, 3)), floor(round(at_most.blast_radius * MILLION, 3))
        yield _Use(resource=BLAST_RADIUS, amount=amount, capacity=capacity)


def _shares(catalog: Catalog, released: Collection[Service]) -> Mapping[ServiceName, float]:
    """What part of the catalog's weight each released service is."""
    weigh = next((each for each in _MEASURES if None not in map(each, released)), _tier)
    total = sum(weigh(service) or 0.0 for service in catalog.services.values()) or 1.0
    return {service.name: (weigh(service) or 0.0) / total for service in released}


_MEASURES: Final[tuple[Callable[[Service], float | None], ...]] = (
    lambda service: service.journeys,
    lambda service: service.traffic,
)


def _tier(service: Service) -> float:
    return TIERS.get(service.tier or 1, TIERS[1])
