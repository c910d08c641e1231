"""`python -m bench.planning`: how long a plan takes, on real service graphs and on made ones of a thousand and more.

Every service of the graph is released, each provider in a version that offers the old and the new interface and
each consumer in one that needs the new: so every edge orders two releases. Real graphs (`--data DIR`, not part
of this project) are read if they are there. Times are the best of three, beside the time that one pass over all
pairs takes: the ratio says what ordering costs over judging.
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.change import Change, Release
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.live import pairs
from tidegate.core.plan.plan import Plan
from tidegate.core.strategy import Stage, Strategy, StrategyKind

STRATEGY = Strategy(kind=StrategyKind.CANARY, stages=(Stage(exposure=0.1), Stage(exposure=1.0)))
Edges = list[tuple[str, str]]


def world(services: list[str], edges: Edges) -> tuple[Catalog, Change]:
    """A catalog with these dependencies, and a change that releases everything in it."""
    needs: dict[str, list[str]] = {name: [] for name in services}
    for consumer, provider in edges:
        needs[consumer].append(provider)

    def consumes(name: str, wanted: str) -> tuple[Requirement, ...]:
        return tuple(Requirement(interface=InterfaceName(p), range=wanted) for p in needs[name])

    def provides(name: str, *versions: str) -> tuple[Provision, ...]:
        return (Provision(interface=InterfaceName(name), versions=versions),)

    catalog = Catalog(
        services={
            ServiceName(n): Service(
                name=ServiceName(n),
                version=Version("1.0.0"),
                provides=provides(n, "1.0.0"),
                consumes=consumes(n, "^1.0.0"),
            )
            for n in services
        }
    )
    releases = tuple(
        Release(
            service=ServiceName(n),
            version=Version("2.0.0"),
            artifact=n,
            digest="sha256:" + "0" * 64,
            provides=provides(n, "1.0.0", "2.0.0"),
            consumes=consumes(n, "^2.0.0"),
            strategy=STRATEGY,
        )
        for n in services
    )
    return catalog, Change(name="everything", releases=releases)


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


def measure(name: str, services: list[str], edges: Edges) -> None:
    """One line: the size of the graph, the plan's waves, its time and the ratio to judging alone."""
    catalog, change = world(services, edges)
    judging = min(_timed(lambda: pairs(catalog, change)) for _ in range(3))
    planning = min(_timed(lambda: make_plan(catalog, change)) for _ in range(3))
    answer = make_plan(catalog, change)
    outcome = f"{len(answer.waves)} waves" if isinstance(answer, Plan) else f"{len(answer.blames)} to blame"
    print(
        f"  {name:<12} {len(services):6d} services {len(edges):6d} edges: {outcome:>14}, "
        f"{planning:7.3f} s, {planning / judging:4.1f} x judging alone"
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Measure every graph."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.planning", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of real cases")
    given = parser.parse_args()
    print("plans of a change that releases every service, CPU seconds")
    graphs = real(given.data)
    if not graphs:
        print(f"  no graphs in {given.data}: real graphs are skipped")
    for name, (services, edges) in graphs.items():
        measure(name, services, edges)
    for size in (100, 1000, 10_000):
        measure(f"made-{size}", *made(size, 5))


if __name__ == "__main__":
    main()
