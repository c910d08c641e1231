"""Versions that are called although, as far as is known, nothing deployed them."""

from collections import Counter
from collections.abc import Collection, Mapping

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.learned import Drift, DriftKind, LearnedGraph

Deployed = Mapping[ServiceName, Collection[Version]]
"""The versions in which each service may be live; of a service that is not in it nothing is known."""


def unexpected_versions(graph: LearnedGraph, deployed: Deployed) -> tuple[Drift, ...]:
    """Each version with the calls to it, the busiest first."""
    calls: Counter[VersionedService] = Counter()
    for edge in graph.edges:
        for versions, count in edge.versions.items():
            calls[versions.callee] += count
    return tuple(
        Drift(
            kind=DriftKind.UNEXPECTED_VERSION,
            consumer=None,
            provider=called.service,
            version=called.version,
            calls=count,
        )
        for called, count in sorted(calls.items(), key=lambda item: (-item[1], item[0]))
        if called.service in deployed and called.version not in deployed[called.service]
    )
