"""The mesh that faults are tried on: canaries out beside what runs, their shares, and everything back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.attribution.matrix.shop import NEW, Release, write, write_mesh

from tidegate.core.ids import RolloutId, ServiceName
from tidegate.mesh import ports, store
from tidegate.mesh import state as states
from tidegate.mesh import up as meshes
from tidegate.mesh.dataplane import DataPlane
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import Instance, ServiceState, State
from tidegate.sources.mesh import read_version

Shares = Mapping[ServiceName, float]
Change = Callable[[ServiceState], ServiceState]


@contextmanager
def standing(folder: Path) -> Iterator["Field"]:
    """The shop, up in a folder as long as this lasts."""
    field = Field(folder)
    meshes.up(field.layout.root, write_mesh(folder), load=False)
    try:
        yield field
    finally:
        meshes.down(field.layout.root)


class Field:
    """A running shop in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.layout = Layout.of(folder / "mesh")

    @property
    def state(self) -> State:
        """How it is now."""
        return store.load(self.layout)

    def release(self, rollout: str, releases: Mapping[ServiceName, Release]) -> None:
        """Start a canary of each, without traffic."""
        free = ports.free(self.state.ports_in_use)
        changes = {}
        for service, release in releases.items():
            path = write(self._folder, service, NEW, f"{service}-{NEW}-{rollout}", release)
            changes[service] = _deploying(RolloutId(rollout), _instance(path, next(free)), next(free))
        self._change(changes)

    def share(self, shares: Shares) -> None:
        """Give canaries their share of the traffic."""
        self._change({service: _exposing(share) for service, share in shares.items()})

    def clear(self) -> None:
        """Stop all canaries."""
        self._change(
            {service.name: _without_canary for service in self.state.services.values() if service.canary}
        )

    def _change(self, changes: Mapping[ServiceName, Change]) -> None:
        """All at once, as one generation of configuration."""
        with store.locked(self.layout):
            wanted = self.state
            for name, change in changes.items():
                wanted = wanted.with_service(change(wanted.services[name]))
            store.save(self.layout, wanted)
            DataPlane(self.layout).apply(wanted)
            store.save_acked(self.layout, wanted)


def _instance(path: Path, port: int) -> Instance:
    file = read_version(path)
    return Instance(
        version=file.version, artifact=str(path), digest=file.digest, port=port, behaviour=file.behaviour
    )


def _deploying(rollout: RolloutId, instance: Instance, egress: int) -> Change:
    return lambda service: states.deploy(states.hold(service, rollout), instance, egress, ())


def _exposing(share: float) -> Change:
    return lambda service: states.expose(
        service, service.stable.version, service.live[0].version, states.weight_of(share)
    )


def _without_canary(service: ServiceState) -> ServiceState:
    return replace(service, canary=None, weight=0, holder=None)
