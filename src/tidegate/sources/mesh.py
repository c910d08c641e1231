"""The two files of a local mesh: what runs (`Mesh`), and what one version of a service is (`ServiceVersion`).

    mesh.yaml ─► MeshFile ─► the VersionFile of each service, relative to it

A version file takes the place of an image: its digest is the SHA-256 of its bytes, so a change that names the
digest gets exactly the behaviour that was reviewed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import ServiceName, Version
from tidegate.sources import tree
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.quantities import share
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

TIMEOUT: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFile:
    """One version of one service; `behaviour` is the file's `spec`, checked against the schema."""

    service: ServiceName
    version: Version
    artifact: Path
    digest: str
    behaviour: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshService:
    """A service of a mesh and the version it starts with; `timeout` is in seconds."""

    start: VersionFile
    timeout: float
    latency_ms: float | None

    @property
    def name(self) -> ServiceName:
        """The service."""
        return self.start.service


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshFile:
    """What a mesh runs; `load` is the file's `load`, checked against the schema.

    `tracing` is the share of traces that are recorded, if any are.
    """

    name: str
    entry: ServiceName
    port: int | None
    access_log: bool
    tap: bool
    tracing: float | None
    services: tuple[MeshService, ...]
    load: Mapping[str, Any] | None


def read_version(path: Path) -> VersionFile:
    """A version file; raises `Refused` with everything that is wrong with it."""
    root, problems = read_kind(path, "ServiceVersion")
    if problems := (*problems, *_unknown_flags(root.at("spec"))):
        raise Refused(problems)
    content = path.read_bytes()
    if tree.parse(content, str(path)).documents != (root,):
        raise Refused([Problem(message=f"{path} changed while it was read", hint="try again")])
    return VersionFile(
        service=ServiceName(root.at("metadata", "name").text),
        version=Version(root.at("spec", "version").text),
        artifact=path,
        digest=f"sha256:{sha256(content).hexdigest()}",
        behaviour=root.at("spec").plain(),
    )


def _unknown_flags(spec: Node) -> Iterator[Problem]:
    """Faults that depend on a flag which the version does not evaluate."""
    known = [flag.text for flag in spec.at("flags").elements]
    for fault in spec.at("faults").elements:
        flag = fault.at("when", "flag")
        if flag.text and flag.text not in known:
            yield flag.problem(
                f"the version does not evaluate flag {quoted(flag.text)}",
                did_you_mean(flag.text, known) or "list it under flags",
            )


def digest_of(path: Path) -> str:
    """The digest of an artifact as change files write it."""
    return f"sha256:{sha256(path.read_bytes()).hexdigest()}"


def read_mesh(path: Path) -> MeshFile:
    """A mesh file with its version files; raises `Refused` with everything that is wrong with any of them."""
    root, found = read_kind(path, "Mesh")
    spec = root.at("spec")
    problems = list(found)
    services = [
        made for node in spec.at("services").elements if (made := _service(node, spec, path, problems))
    ]
    problems += _twice(spec.at("services").elements)
    problems += _unknown_entry(spec)
    if not problems:
        problems += _unknown_callees(services, root)
    if problems:
        raise Refused(in_order(problems))
    return MeshFile(
        name=root.at("metadata", "name").text,
        entry=ServiceName(spec.at("entry").text),
        port=spec.at("port").plain(),
        access_log=spec.at("accessLog").plain() is not False,
        tap=spec.at("tap").plain() is True,
        tracing=_sampling(spec),
        services=tuple(services),
        load=spec.at("load").plain(),
    )


def _sampling(spec: Node) -> float | None:
    sampling = spec.at("tracing", "sampling").text
    return share(sampling) if sampling else None


def _service(node: Node, spec: Node, path: Path, problems: list[Problem]) -> MeshService | None:
    """One entry with its version file; what is wrong with that file joins `problems`."""
    name, artifact = node.at("name"), node.at("artifact")
    if not (name.text and artifact.text):
        return None
    try:
        start = read_version(path.parent / artifact.text)
    except Refused as refused:
        problems += [_placed(problem, artifact) for problem in refused.problems]
        return None
    if start.service != name.text:
        problems.append(
            artifact.problem(f"{quoted(artifact.text)} is a version of {start.service}, not of {name.text}")
        )
    timeouts = (node.at("timeoutSeconds").plain(), spec.at("timeoutSeconds").plain(), TIMEOUT)
    timeout = next(value for value in timeouts if value is not None)
    return MeshService(start=start, timeout=timeout, latency_ms=node.at("latencyMs").plain())


def _placed(problem: Problem, artifact: Node) -> Problem:
    """A problem that has no place of its own (a file that cannot be read) stands where the file is named."""
    return problem if problem.location else artifact.problem(problem.message, problem.hint)


def _twice(nodes: Iterable[Node]) -> Iterable[Problem]:
    first: dict[str, Node] = {}
    for node in nodes:
        name = node.at("name")
        if name.text and first.setdefault(name.text, name) is not name:
            yield name.problem(f"{quoted(name.text)} is listed twice (first at {first[name.text].location})")


def _names(spec: Node) -> list[str]:
    return [node.at("name").text for node in spec.at("services").elements]


def _unknown_entry(spec: Node) -> Iterable[Problem]:
    entry, names = spec.at("entry"), _names(spec)
    if entry.text and entry.text not in names:
        hint = did_you_mean(entry.text, names) or f"listed here: {listed(names)}"
        yield entry.problem(f"the entry {quoted(entry.text)} is not among the services", hint)


def _unknown_callees(services: Iterable[MeshService], root: Node) -> Iterable[Problem]:
    """A version that calls a service which the mesh does not run would fail at its first request."""
    names = _names(root.at("spec"))
    nodes = root.at("spec", "services").elements
    for service, node in zip(services, nodes, strict=True):
        for callee in callees(service.start.behaviour):
            if callee not in names:
                caller = f"{service.name} {service.start.version}"
                message = f"{caller} calls {quoted(callee)}, which this mesh does not run"
                yield node.at("artifact").problem(
                    message, did_you_mean(callee, names) or "list it under services"
                )


def callees(behaviour: Mapping[str, Any]) -> tuple[str, ...]:
    """The services that a version calls."""
    calls = (
        call for endpoint in behaviour["endpoints"].values() for call in (endpoint or {}).get("calls", ())
    )
    return tuple(sorted({call["service"] for call in calls}))
