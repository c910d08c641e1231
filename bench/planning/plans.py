"""How long a plan takes, beside the time that one pass over all pairs takes: what ordering costs over judging."""

import random
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.planning.worlds import Edges, dag, made, real, world

from tidegate.core.plan.build import make_plan
from tidegate.core.plan.live import pairs
from tidegate.core.plan.plan import Plan


def measure_plans(folder: Path) -> None:
    """Every graph, with all its services released."""
    print("plans of a change that releases every service, CPU seconds")
    graphs = real(folder)
    if not graphs:
        print(f"  no graphs in {folder}: real graphs are skipped")
    for name, (services, edges) in graphs.items():
        _measure(name, services, edges)
    for size in (100, 1000, 10_000):
        _measure(f"made-{size}", *made(size, 5))


def _measure(name: str, services: list[str], edges: Edges) -> None:
    """One line: the size of the graph, the plan's waves, its time and the ratio to judging alone."""
    catalog, change = world(services, edges, frozenset(services))
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


def measure_scale(services: int, dependencies: int, releases: int) -> None:
    """A small change in a large catalog, from the catalog in memory to the waves of the plan."""
    print(f"a change of {releases:,} of {services:,} services with {dependencies:,} dependencies")
    names = [f"s{number}" for number in range(services)]
    released = frozenset(random.Random(releases).sample(names, releases))
    edges = [(names[a], names[b]) for a, b in dag(services, dependencies)]
    catalog, change = world(names, edges, released)
    before = _megabytes()
    found = _told("every pair judged, first time", lambda: pairs(catalog, change))
    found = _told("every pair judged, again", lambda: pairs(catalog, change))
    plan = _told("the plan", lambda: make_plan(catalog, change))
    assert isinstance(plan, Plan)
    waves = _told("its waves", lambda: plan.waves)
    print(f"  {len(found):,} pairs, {len(plan.steps):,} steps, {len(plan.edges):,} edges, {len(waves)} waves")
    print(f"  peak memory: {before:,} MB with the catalog, {_megabytes():,} MB in the end")


Found = TypeVar("Found")


def _told(what: str, work: Callable[[], Found]) -> Found:
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    print(f"  {what:<30} {time.process_time() - cpu:6.2f} s CPU {time.perf_counter() - wall:6.2f} s")
    return found


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
