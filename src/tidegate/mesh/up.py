"""Bring a mesh up from its file, and take it down.

There is no daemon: `up` starts processes and goes away, `down` finds them by their locks. A mesh that was not
taken down (the machine went off, something was killed) is brought back by `up` as its state says, which is
where its rollouts left it.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from tidegate.core.errors import EffectFailed, Problem, Refused, Unavailable
from tidegate.mesh import ports, probe, process, store
from tidegate.mesh.collector import collector_port, trace_token
from tidegate.mesh.dataplane import ENVOY, LOAD, DataPlane, envoy_binary
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import Instance, Ports, ServiceState, State
from tidegate.sources.mesh import MeshFile, MeshService, read_mesh

Tell = Callable[[str], None]

READY_SECONDS: Final = 30.0


def up(directory: Path | str, file: Path, *, load: bool, tell: Tell = lambda _: None) -> State:
    """Start everything in `file` and wait until every service answers through Envoy.

    `tell` hears of the progress. Raises `Unavailable` when the mesh is up already or cannot run here.
    """
    mesh = read_mesh(file)
    if load and mesh.load is None:
        hint = "add spec.load, or run `tidegate mesh up` with --no-load"
        raise Refused((Problem(message=f"{file} describes no load", hint=hint),))
    envoy_binary()
    layout = Layout.of(directory)
    with store.locked(layout):
        trace_token(layout)
        known = _known(layout, mesh, file, load=load)
        state = known or _fresh(layout, mesh, file, load=load)
        try:
            _start(layout, state, load=load, tell=tell)
        except BaseException:
            if not known:  # what was there before stays; what never came up is cleared away
                _clear(layout)
            raise
    return state


def _start(layout: Layout, state: State, *, load: bool, tell: Tell) -> None:
    tell(f"starting {len(state.instances)} services and Envoy in {layout.root}")
    store.save(layout, state)
    ack = DataPlane(layout).apply(state)
    store.save_acked(layout, state)
    tell(f"Envoy serves generation {ack.generation}")
    _await_ready(state)
    if load:
        _start_load(layout, state)
        tell(f"sending {float((state.load or {})['rate']):g} requests a second")


def _known(layout: Layout, mesh: MeshFile, file: Path, *, load: bool) -> State | None:
    """The state of a mesh that was not taken down; raises when nothing of it is missing."""
    if not layout.wanted.exists():
        return None
    state = store.load(layout)
    if state.source != str(file.absolute()):
        hint = "take that one down first, or use another --dir"
        raise Unavailable(f"{layout.root} has a mesh from another file, {state.source}", hint)
    wanted = {*state.instances, ENVOY, *([LOAD] if load else [])}
    if all(process.running(layout, name) for name in wanted):
        raise Unavailable(
            f"a mesh is up already in {layout.root}", "see `tidegate mesh status`, or take it down"
        )
    return replace(state, load=mesh.load if load else state.load, collector=collector_port(layout))


def _fresh(layout: Layout, mesh: MeshFile, file: Path, *, load: bool) -> State:
    """A new mesh: whatever an earlier one left behind is stopped and cleared."""
    process.stop(layout, process.names(layout))
    for folder in (layout.run, layout.config, layout.logs):
        shutil.rmtree(folder, ignore_errors=True)
    layout.logs.mkdir(parents=True, exist_ok=True)
    layout.acked.unlink(missing_ok=True)
    made = initial(mesh, file, ports.free({mesh.port} if mesh.port else set()), load=load)
    return replace(made, collector=collector_port(layout))


def initial(mesh: MeshFile, file: Path, free: Iterator[int], *, load: bool) -> State:
    """The first state of a mesh: every service at its starting version."""
    if mesh.port and ports.in_use(mesh.port):
        raise Unavailable(f"port {mesh.port} is in use", f"free it, or change spec.port in {file}")
    return State(
        generation=1,
        entry=mesh.entry,
        ports=Ports(admin=next(free), ingress=mesh.port or next(free), probe=next(free)),
        access_log=mesh.access_log,
        tap=mesh.tap,
        tracing=mesh.tracing,
        services={service.name: _service(service, free) for service in mesh.services},
        load=mesh.load if load else None,
        source=str(file.absolute()),
    )


def _service(service: MeshService, free: Iterator[int]) -> ServiceState:
    start = service.start
    stable = Instance(
        version=start.version,
        artifact=str(start.artifact.absolute()),
        digest=start.digest,
        port=next(free),
        behaviour=start.behaviour,
    )
    return ServiceState(
        name=service.name,
        timeout=service.timeout,
        latency_ms=service.latency_ms,
        stable=stable,
        egress={start.version: next(free)},
    )


def _await_ready(state: State) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for service, instance in state.instances.values():
        while reason := probe.through_envoy(state, service, instance):
            if time.monotonic() > deadline:
                raise EffectFailed(f"the mesh is not ready after {READY_SECONDS:.0f} s: {reason}")
            time.sleep(0.02)


def _start_load(layout: Layout, state: State) -> None:
    url = f"http://127.0.0.1:{state.ports.ingress}"
    spec = {"url": url, "host": state.entry, "load": dict(state.load or {})}
    store.write(layout.spec(LOAD), json.dumps(spec))
    process.start(layout, LOAD, process.python("tidegate.demo.load", str(layout.root)))
    deadline = time.monotonic() + READY_SECONDS
    while not process.running(layout, LOAD):
        if time.monotonic() > deadline:
            raise EffectFailed(
                f"the load did not start: {process.last_line(layout, LOAD) or 'no reason given'}"
            )
        time.sleep(0.02)


# -- down ----------------------------------------------------------------------------------------------------


def down(directory: Path | str, *, tell: Tell = lambda _: None) -> int:
    """Stop every process of the mesh and forget its state; the logs stay. The number of processes stopped."""
    layout = Layout.of(directory)
    if not layout.lock.exists():
        raise Unavailable(f"no mesh is up in {layout.root}", "start one with `tidegate mesh up FILE`")
    with store.locked(layout):
        alive = [name for name in _names(layout) if process.running(layout, name)]
        if not alive and not layout.wanted.exists():
            raise Unavailable(f"no mesh is up in {layout.root}", "start one with `tidegate mesh up FILE`")
        tell(f"stopping {len(alive)} processes")
        _clear(layout)
    return len(alive)


def _names(layout: Layout) -> set[str]:
    """Every process that runs, ran, or was about to."""
    return set(process.names(layout)) | {
        path.name.removesuffix(".json") for path in layout.run.glob("*.json")
    }


def _clear(layout: Layout) -> None:
    """Stop everything, callers before those they call, and forget it; the logs stay."""
    names = _names(layout)
    for group in ({LOAD}, {ENVOY}, names - {LOAD, ENVOY}):
        process.stop(layout, group & names)
    for path in (layout.wanted, layout.acked):
        path.unlink(missing_ok=True)
    for folder in (layout.run, layout.config):
        shutil.rmtree(folder, ignore_errors=True)
