"""What no plan made by `tidegate plan` has, and what would mislead the machine if one came by the API."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Final

from tidegate.core.errors import Problem
from tidegate.core.ids import FlagKey
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import ExposeFlag, Exposing, Migrate, Reversibility, Step

NAME: Final = re.compile(r"(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?")
"""As in the schema of changes. Rollouts are named after their change, and their names stand in addresses."""


def malformed(plan: Plan) -> Iterator[Problem]:
    """Everything that makes `plan` none: the machine relies on known steps and edges without a cycle."""
    if not NAME.fullmatch(plan.change):
        hint = "up to 63 lower-case letters, digits and inner dashes"
        yield Problem(message=f"{plan.change!r} is no name of a change", hint=hint)
    if not plan.steps:
        yield Problem(message="the plan has no steps")
    yield from chain.from_iterable(map(_stages, plan.steps))
    yield from _flags(plan)
    yield from chain.from_iterable(map(_contract, plan.steps))
    counted = Counter(step.id for step in plan.steps)
    yield from (Problem(message=f"{id_}: is there twice") for id_, count in counted.items() if count > 1)
    ends = {end for edge in plan.edges for end in (edge.before, edge.after)}
    unknown = sorted(ends - counted.keys())
    yield from (Problem(message=f"an edge names step {id_!r}, which is not in the plan") for id_ in unknown)
    if not unknown and (waiting := counted.keys() - set(chain.from_iterable(plan.waves))):
        yield Problem(message=f"these steps wait for each other: {', '.join(sorted(waiting))}")


def _stages(step: Step) -> Iterator[Problem]:
    if not all(0 < stage.exposure <= 1 for stage in step.stages):
        yield Problem(message=f"{step.id}: exposures are above 0 and at most 1")
    if not isinstance(step.action, Exposing) and any(stage.gates for stage in step.stages):
        yield Problem(message=f"{step.id}: only exposures have gates, this is a {step.action.kind}")


def _contract(step: Step) -> Iterator[Problem]:
    """Giving up an old shape is never undone, and is approved by somebody."""
    if isinstance(step.action, Migrate) and step.action.part is Part.CONTRACT:
        if step.reversibility is not Reversibility.IRREVERSIBLE:
            yield Problem(message=f"{step.id} cannot be undone and is {step.reversibility}")
        if not step.approvals:
            yield Problem(message=f"{step.id} cannot be undone and needs nobody's approval")


def _flags(plan: Plan) -> Iterator[Problem]:
    """A flag is moved between two variants, the same ones for every audience, and at last all the way."""
    moved: dict[FlagKey, set[tuple[str, str]]] = {}
    for step in plan.steps:
        if isinstance(step.action, ExposeFlag):
            flag, off, on = step.action.flag, step.action.off, step.action.on
            moved.setdefault(flag, set()).add((off, on))
            if off == on:
                yield Problem(message=f"{step.id}: flag {flag} is {on!r} both on and off")
            if not step.stages or step.stages[-1].exposure != 1:
                yield Problem(message=f"{step.id} does not end at 100 %")
    for flag in (flag for flag, ends in moved.items() if len(ends) > 1):
        yield Problem(message=f"steps of flag {flag} name different variants")
