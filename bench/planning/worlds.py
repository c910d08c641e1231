"""Service graphs, real and made, and changes that release some of their services."""

import json
import random
from collections.abc import Collection
from pathlib import Path

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.change import Change, Release
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.core.strategy import Stage, Strategy, StrategyKind

STRATEGY = Strategy(kind=StrategyKind.CANARY, stages=(Stage(exposure=0.1), Stage(exposure=1.0)))
Edges = list[tuple[str, str]]


def world(services: list[str], edges: Edges, released: Collection[str]) -> tuple[Catalog, Change]:
    """A catalog with these dependencies, and a change of some services, each edge between which orders two.

    A released provider offers the old and the new interface; a released consumer needs the new one of each
    provider that is released too.
    """
    needs: dict[str, list[str]] = {name: [] for name in services}
    for consumer, provider in edges:
        needs[consumer].append(provider)
    catalog = Catalog(
        services={
            ServiceName(n): Service(
                name=ServiceName(n),
                version=Version("1.0.0"),
                provides=_provides(n, "1.0.0"),
                consumes=tuple(Requirement(interface=InterfaceName(p), range="^1.0.0") for p in needs[n]),
            )
            for n in services
        }
    )
    releases = tuple(_release(n, needs[n], released) for n in services if n in released)
    return catalog, Change(name="everything", releases=releases)


def _release(name: str, needs: list[str], released: Collection[str]) -> Release:
    ranges = {provider: "^2.0.0" if provider in released else "^1.0.0" for provider in needs}
    return Release(
        service=ServiceName(name),
        version=Version("2.0.0"),
        artifact=name,
        digest="sha256:" + "0" * 64,
        provides=_provides(name, "1.0.0", "2.0.0"),
        consumes=tuple(Requirement(interface=InterfaceName(p), range=r) for p, r in ranges.items()),
        strategy=STRATEGY,
    )


def _provides(name: str, *versions: str) -> tuple[Provision, ...]:
    return (Provision(interface=InterfaceName(name), versions=versions),)


def made(size: int, fan_out: int) -> tuple[list[str], Edges]:
    """A random graph without cycles, each service calling up to `fan_out` others below it."""
    dice = random.Random(size)
    names = [f"s{number}" for number in range(size)]
    edges = {
        (names[i], names[dice.randrange(i)]) for i in range(1, size) for _ in range(dice.randint(1, fan_out))
    }
    return names, sorted(edges)


def real(folder: Path) -> dict[str, tuple[list[str], Edges]]:
    """The real graphs in `folder`; edges among services only."""
    found = {}
    for path in sorted(folder.glob("graphs/*.json")):
        graph = json.loads(path.read_text(encoding="utf-8"))
        services = list(graph["services"])
        edges = [(a, b) for a, b in map(tuple, graph["edges"]) if a in services and b in services and a != b]
        found[path.stem] = services, edges
    return found


def dag(count: int, edges: int) -> list[tuple[int, int]]:
    """A random graph without cycles: so many different edges, each to a lower number, in no order."""
    dice = random.Random(count)
    found: set[tuple[int, int]] = set()
    while len(found) < edges:
        start = dice.randrange(1, count)
        found.add((start, dice.randrange(start)))
    return dice.sample(sorted(found), edges)
