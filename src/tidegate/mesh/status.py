"""How a mesh is: which versions answer, with which share of the traffic, and what users got lately."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tidegate.core.errors import Unavailable
from tidegate.core.ids import RolloutId, ServiceName, Version
from tidegate.mesh import probe, process, publish, store
from tidegate.mesh.admin import Admin
from tidegate.mesh.dataplane import ENVOY, LOAD, DataPlane
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import TOTAL, ServiceState, State

RATE_SECONDS: Final = 5.0
TAIL_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionStatus:
    """One version: its share of the traffic, and `healthy` or what is wrong with it."""

    version: Version
    share: float
    healthy: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """One service, and the rollout that holds it."""

    name: ServiceName
    versions: tuple[VersionStatus, ...]
    holder: RolloutId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStatus:
    """The load of the last few seconds: users' requests and failures a second; `wanted` is the rate asked for."""

    running: bool
    wanted: float
    rate: float
    failed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a mesh is. `pending` is what Envoy has not acknowledged of the generation, if anything."""

    directory: str
    url: str
    admin: str
    generation: int
    envoy: bool
    acknowledged: Mapping[str, str]
    pending: str | None
    services: tuple[ServiceStatus, ...]
    load: LoadStatus | None

    @property
    def healthy(self) -> bool:
        """Whether everything that should be so is so."""
        versions = [version for service in self.services for version in service.versions]
        load = self.load is None or self.load.running
        return self.envoy and self.pending is None and load and all(version.healthy for version in versions)


def status_of(directory: Path | str) -> Status:
    """How the mesh is now; raises `Unavailable` when there is none."""
    layout = Layout.of(directory)
    state = store.load(layout)
    acknowledged, pending = _envoy(layout, state)
    return Status(
        directory=str(layout.root),
        url=f"http://127.0.0.1:{state.ports.ingress}",
        admin=f"http://127.0.0.1:{state.ports.admin}",
        generation=state.generation,
        envoy=process.running(layout, ENVOY),
        acknowledged=acknowledged,
        pending=pending,
        services=tuple(_service_status(state, service) for service in state.services.values()),
        load=_load_status(layout, state),
    )


def _envoy(layout: Layout, state: State) -> tuple[Mapping[str, str], str | None]:
    try:
        with Admin(state.ports.admin) as admin:
            served = publish.acknowledged(admin)
        return served, DataPlane(layout).missing(state)
    except Unavailable as error:
        return {}, str(error)


def _service_status(state: State, service: ServiceState) -> ServiceStatus:
    versions = []
    for instance in service.live:
        reason = probe.through_envoy(state, service, instance)
        share = service.share(instance.version) / TOTAL
        versions.append(
            VersionStatus(version=instance.version, share=share, healthy=not reason, reason=reason or "")
        )
    return ServiceStatus(name=service.name, versions=tuple(versions), holder=service.holder)


def _load_status(layout: Layout, state: State) -> LoadStatus | None:
    if state.load is None:
        return None
    samples = _recent(layout)
    return LoadStatus(
        running=process.running(layout, LOAD),
        wanted=float(state.load["rate"]),
        rate=len(samples) / RATE_SECONDS,
        failed=sum(status != 200 for status in samples) / RATE_SECONDS,
    )


def _recent(layout: Layout) -> list[int]:
    """The statuses of the users' requests of the last few seconds, from the end of the record."""
    try:
        with layout.load.open("rb") as stream:
            stream.seek(max(0, layout.load.stat().st_size - TAIL_BYTES))
            lines = stream.read(TAIL_BYTES).split(b"\n")[:-1]
    except OSError:
        return []
    since = time.time() - RATE_SECONDS
    samples = (json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}"))
    return [sample["status"] for sample in samples if sample["time"] >= since]
