"""Made-up traffic for simultaneous canaries, in which it is known who is guilty."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.core.attribution.journeys.cells import Rows
from tidegate.core.attribution.journeys.suspects import Suspect
from tidegate.core.gates.eprocess import Arm, Floats
from tidegate.core.ids import ServiceName, Version

CANARIES, EXPOSURE = 10, 0.1
RATE, FAULT, JOINT_FAULT = 0.001, 0.01, 0.05
"""The share of journeys that fail anyway, and what is added by a guilty version, and by a guilty pair that meets."""
_LEAST_VISITED, _MOST_VISITED = 0.2, 0.9
_AT_ONCE = 20_000

SERVICES = tuple(ServiceName(f"service-{number}") for number in range(CANARIES))
SUSPECTS = tuple(
    Suspect(service=service, old=Version("1"), new=Version("2"), exposure=EXPOSURE) for service in SERVICES
)
LINKS = tuple((SERVICES[0], service) for service in SERVICES[1:])
"""All are within two calls of each other, so that every pair is a hypothesis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who is guilty, by place; `added` is by how much the share of failing journeys grows, given who was met new.

    `runs` is how often it is run, in proportion to the first.
    """

    name: str
    guilty: tuple[frozenset[int], ...]
    added: Callable[[Floats], Floats | float]
    one_hash: bool = False
    runs: float = 1.0

    @property
    def size(self) -> int:
        """How many are guilty together."""
        return len(self.guilty[0]) if self.guilty else 1


WORLDS = (
    World(name="one", guilty=(frozenset({0}),), added=lambda new: FAULT * new[:, 0]),
    World(
        name="pair",
        guilty=(frozenset({0, 1}),),
        added=lambda new: JOINT_FAULT * new[:, 0] * new[:, 1],
        runs=0.5,
    ),
    World(
        name="two by themselves",
        guilty=(frozenset({0}), frozenset({1})),
        added=lambda new: FAULT * (new[:, 0] + new[:, 1]),
        runs=0.3,
    ),
    World(name="nobody", guilty=(), added=lambda _: 0.0),
    World(
        name="one, all of one hash",
        guilty=(frozenset({0}),),
        added=lambda new: FAULT * new[:, 0],
        one_hash=True,
        runs=0.2,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """Journeys in order, and the numbers of those that failed."""

    rows: Rows
    failing: NDArray[np.intp]

    def between(self, first: int, last: int) -> tuple[Rows, Arm]:
        """The journeys from one number up to another, as rows of an experiment."""
        ended = np.zeros((last - first, 1))
        ended[self.failing[(self.failing >= first) & (self.failing < last)] - first] = 1.0
        rows = Rows(new=self.rows.new[first:last], old=self.rows.old[first:last])
        return rows, Arm(np.ones_like(ended), ended)


def traffic(world: World, failing: int, random: np.random.Generator) -> Traffic:
    """Journeys until so many have failed."""
    visited = random.uniform(_LEAST_VISITED, _MOST_VISITED, CANARIES)
    blocks: list[tuple[Floats, Floats, Floats]] = []
    while sum(int(failed.sum()) for *_, failed in blocks) < failing:
        blocks.append(_block(world, visited, random))
    new, old, failed = (np.concatenate(column) for column in zip(*blocks, strict=True))
    return Traffic(rows=Rows(new=new, old=old), failing=np.flatnonzero(failed)[:failing])


def _block(world: World, visited: Floats, random: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    shape = _AT_ONCE, CANARIES
    through = random.random(shape, dtype=np.float32) < visited
    drawn = random.random((_AT_ONCE, 1) if world.one_hash else shape, dtype=np.float32) < EXPOSURE
    new, old = (through & drawn).astype(np.float64), (through & ~drawn).astype(np.float64)
    failed = random.random(_AT_ONCE) < RATE + world.added(new)
    return new, old, failed.astype(np.float64)
