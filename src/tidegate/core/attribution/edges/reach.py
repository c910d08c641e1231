"""Which services can be at fault when calls of an edge fail: those whose answers or requests bear on them.

    the callee, and whatever it calls    an error travels from callee to caller
    the caller                           its request may be malformed
    whatever else the caller calls       its request may be built from a wrong answer
    whoever leads to the caller          what it was asked for may be wrong already

Others, such as one beside the caller that never meets it, cannot.
"""

from collections.abc import Collection

from tidegate.core.attribution.edges.observed import Edge
from tidegate.core.graph import reachable
from tidegate.core.ids import ServiceName

_Graph = dict[ServiceName, list[ServiceName]]


def bearing(edges: Collection[Edge]) -> dict[Edge, frozenset[ServiceName]]:
    """For each edge the services that can be at fault when its calls fail."""
    down: _Graph = {service: [] for edge in edges for service in edge if service is not None}
    up: _Graph = {service: [] for service in down}
    for caller, callee in edges:
        if caller is not None:
            down[caller].append(callee)
            up[callee].append(caller)
    return {
        edge: reachable(down, [edge.caller or edge.callee]) | reachable(up, [edge.caller or edge.callee])
        for edge in edges
    }
