"""Services that depend on each other in a circle: worth knowing, and no reason not to plan.

They are reported by `catalog check` and kept apart from what makes a catalog unreadable, because the planner
copes with them: what it forbids are mixtures of versions, not circles of services.
"""

from tidegate.core.catalog import Catalog
from tidegate.core.errors import Problem
from tidegate.core.graph import cyclic_components, shortest_cycle
from tidegate.core.ids import ServiceName


def service_cycles(catalog: Catalog) -> tuple[tuple[ServiceName, ...], ...]:
    """A shortest cycle of each group of services that depend on each other; it ends where it began."""
    graph: dict[ServiceName, list[ServiceName]] = {name: [] for name in sorted(catalog.services)}
    for edge in catalog.dependencies:
        graph[edge.consumer].append(edge.provider)
    ordered = {name: sorted(set(providers)) for name, providers in graph.items()}
    cycles = (shortest_cycle(ordered, group) for group in cyclic_components(ordered))
    return tuple((*cycle, cycle[0]) for cycle in cycles)


def cycle_problems(catalog: Catalog) -> tuple[Problem, ...]:
    """Each cycle with its full path, at the place where its first service is declared."""
    return tuple(
        Problem(
            message=f"dependency cycle {' → '.join(cycle)}",
            location=catalog.services[cycle[0]].location,
            hint="turn one of these dependencies round, or move what both need into a service of its own",
        )
        for cycle in service_cycles(catalog)
    )
