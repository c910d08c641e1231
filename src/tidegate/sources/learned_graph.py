"""A LearnedGraph file: who really calls whom, written as it was learned and read when a change is planned.

learned.json ─► Measured ─► the same document
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tidegate.core.errors import Refused
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.core.traces.learned import Drift, DriftKind, LearnedEdge, LearnedGraph
from tidegate.core.traces.measured import Measured
from tidegate.sources.documents import API_VERSION, read_kind
from tidegate.sources.quantities import instant
from tidegate.sources.tree import Limits
from tidegate.sources.words import quoted, utc

KIND: Final = "LearnedGraph"
LIMITS: Final = Limits(bytes=8 * 1024 * 1024, values=1_000_000)
"""Room for about twenty thousand edges."""


def read_learned_graph(path: Path) -> Measured:
    """A LearnedGraph file; raises `Refused` with everything that is wrong with it."""
    root, problems = read_kind(path, KIND, LIMITS)
    learned = root.at("metadata", "learned")
    at = instant(learned.text)
    if at is None and not problems:
        problems = (learned.problem(f"{quoted(learned.text)} is no time"),)
    if problems or at is None:
        raise Refused(problems)
    spec = root.at("spec").plain()
    return Measured(
        graph=LearnedGraph(
            edges=tuple(map(_edge, spec["edges"])),
            drifts=tuple(map(_drift, spec.get("drifts", ()))),
            shares={
                ServiceName(each["entry"]): {
                    ServiceName(name): float(share) for name, share in each["through"].items()
                }
                for each in spec.get("journeys", ())
            },
        ),
        at=at,
        seconds=float(spec["seconds"]),
    )


def learned_graph_text(measured: Measured) -> str:
    """The file that `read_learned_graph` reads: JSON in which no character is escaped that YAML would not read."""
    return json.dumps(_document(measured), indent=2, ensure_ascii=False)


def _document(measured: Measured) -> dict[str, Any]:
    graph = measured.graph
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"learned": utc(measured.at)},
        "spec": {
            "seconds": measured.seconds,
            "edges": [_edge_values(edge) for edge in graph.edges],
            "journeys": [
                {"entry": entry, "through": dict(through)} for entry, through in graph.shares.items()
            ],
            "drifts": [_drift_values(drift) for drift in graph.drifts],
        },
    }


# -- edges ---------------------------------------------------------------------------------------------------

_FACTS: Final = {
    "timed_out": "timedOut",
    "fan_out": "fanOut",
    "retry_factor": "retryFactor",
    "critical": "critical",
}
"""What a source may not know, by its name in files."""


def _edge(written: Mapping[str, Any]) -> LearnedEdge:
    caller, callee = written.get("caller"), ServiceName(written["callee"])
    return LearnedEdge(
        caller=None if caller is None else ServiceName(caller),
        callee=callee,
        declared=written.get("declared", False),
        calls=written["calls"],
        bad=written.get("bad", 0),
        rejected=written.get("rejected", 0),
        asynchronous=written.get("asynchronous", 0),
        versions=dict(_versions(caller, callee, written.get("versions", ()))),
        **{name: written.get(field) for name, field in _FACTS.items()},
    )


def _versions(
    caller: str | None, callee: ServiceName, written: Iterable[Mapping[str, Any]]
) -> Iterable[tuple[CallEdge, int]]:
    for each in written:
        begin = _of(caller, each["from"]) if caller and "from" in each else None
        yield CallEdge(caller=begin, callee=_of(callee, each["to"])), each["calls"]


def _of(service: str, version: str) -> VersionedService:
    return VersionedService(service=ServiceName(service), version=Version(version))


def _edge_values(edge: LearnedEdge) -> dict[str, Any]:
    return _told(
        {
            "caller": edge.caller,
            "callee": edge.callee,
            "declared": edge.declared,
            "calls": edge.calls,
            "bad": edge.bad,
            "rejected": edge.rejected,
            "asynchronous": edge.asynchronous,
            **{field: getattr(edge, name) for name, field in _FACTS.items()},
            "versions": [
                _told(
                    {
                        "from": versions.caller and versions.caller.version,
                        "to": versions.callee.version,
                        "calls": calls,
                    }
                )
                for versions, calls in edge.versions.items()
            ],
        }
    )


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not known."""
    return {name: value for name, value in values.items() if value is not None}


# -- drifts --------------------------------------------------------------------------------------------------


def _drift(written: Mapping[str, Any]) -> Drift:
    consumer, interface, version = (written.get(name) for name in ("consumer", "interface", "version"))
    return Drift(
        kind=DriftKind(written["kind"]),
        consumer=consumer and ServiceName(consumer),
        provider=ServiceName(written["provider"]),
        interface=interface and InterfaceName(interface),
        version=version and Version(version),
        calls=written["calls"],
    )


def _drift_values(drift: Drift) -> dict[str, Any]:
    return _told(
        {
            "kind": str(drift.kind),
            "consumer": drift.consumer,
            "provider": drift.provider,
            "interface": drift.interface,
            "version": drift.version,
            "calls": drift.calls,
        }
    )
