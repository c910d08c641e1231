"""Deploy, expose and retire versions on the local mesh.

Every verb may be called again at any time, from any process: the mesh directory has the lock, the fences and
the last acknowledged state (see `mesh.obey`). A service belongs to one rollout from the first command that
touches it until its old version is retired, or its new one stopped again.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from tidegate.core.errors import EffectFailed, Problem, Refused
from tidegate.core.ids import Version
from tidegate.core.plan.steps import Action, Deploy, Expose, Retire
from tidegate.mesh import ports, probe, process, store
from tidegate.mesh import state as states
from tidegate.mesh.admin import Admin
from tidegate.mesh.dataplane import DataPlane, drain
from tidegate.mesh.layout import Layout
from tidegate.mesh.obey import Change, Effect, obey, service_of
from tidegate.mesh.state import Instance, ServiceState, State, process_name
from tidegate.ports import Receipt, Token
from tidegate.sources.mesh import VersionFile, callees, read_version

MeshAction = Deploy | Expose | Retire

LOOK_SECONDS = 0.25  # how long one look may wait for requests in flight; the caller looks again


class MeshActuator:
    """Brings about the steps of a rollout on the mesh in `mesh_dir`."""

    def __init__(self, mesh_dir: Path | str) -> None:
        self._layout = Layout.of(mesh_dir)
        self._plane = DataPlane(self._layout)

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """What would keep `action` from working; raises `Unavailable` when no mesh is up."""
        return await asyncio.to_thread(self._validate, _ours(action))

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        """Bring `action` to `exposure`."""
        return await asyncio.to_thread(self._apply, _ours(action), exposure, token)

    async def verify(self, action: Action, exposure: float) -> str | None:
        """None when the mesh is as `action` at `exposure` wants it, else what is missing."""
        return await asyncio.to_thread(self._verify, _ours(action), exposure)

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Bring the mesh back to before `action`."""
        return await asyncio.to_thread(self._revert, _ours(action), token)

    # -- validate ----------------------------------------------------------------------------------------

    def _validate(self, action: MeshAction) -> tuple[Problem, ...]:
        state = store.load(self._layout)
        if action.service not in state.services:
            known = ", ".join(state.services)
            return (Problem(message=f"the mesh runs no service {action.service!r}", hint=f"it runs {known}"),)
        service = state.services[action.service]
        match action:
            case Deploy():
                return tuple(_deploy_problems(state, service, action))
            case Expose():
                return tuple(_live_problems(service, action.old))
            case Retire():
                return tuple(_live_problems(service, action.version))
            case _:
                assert_never(action)

    # -- apply and revert --------------------------------------------------------------------------------

    def _apply(self, action: MeshAction, exposure: float, token: Token) -> Receipt:
        match action:
            case Deploy():
                change, summary = self._deploying(action, token), f"{_name(action)} runs without traffic"
            case Expose():
                change, summary = _exposing(action, exposure, token), _shared(action, exposure)
            case Retire():
                change, summary = _retiring(action, token), f"{_name(action)} drained and stopped"
            case _:
                assert_never(action)
        return self._obey(action, token, summary, change)

    def _revert(self, action: MeshAction, token: Token) -> Receipt:
        match action:
            case Deploy():
                change, summary = _undeploying(action, token), f"{_name(action)} stopped"
            case Expose():
                change, summary = _exposing(action, 0.0, token), _shared(action, 0.0)
            case Retire():
                change, summary = _unretiring(action, token), f"{_name(action)} runs again without traffic"
            case _:
                assert_never(action)
        return self._obey(action, token, summary, change)

    def _obey(self, action: MeshAction, token: Token, summary: str, change: Change) -> Receipt:
        try:
            return obey(self._layout, token, Effect(service=action.service, summary=summary, change=change))
        except OSError as error:
            raise EffectFailed(f"the mesh in {self._layout.root} could not be changed: {error}") from error

    def _deploying(self, action: Deploy, token: Token) -> Change:
        """Reads the artifact now: what runs is what was reviewed, or nothing."""

        def change(state: State, service: ServiceState) -> ServiceState:
            held = states.hold(service, token.rollout)
            running = service.canary
            if running and (running.version, running.digest) == (action.version, action.digest):
                return replace(held, lanes=action.lanes)
            path = _artifact(state, action)
            problems = list(_artifact_problems(action, path))
            if problems:
                raise EffectFailed(f"{_name(action)} cannot be deployed: {'; '.join(map(str, problems))}")
            free = ports.free(state.ports_in_use)
            instance = _instance(read_version(path), next(free), action.latency_ms)
            return states.deploy(held, instance, next(free), action.lanes)

        return change

    # -- verify ------------------------------------------------------------------------------------------

    def _verify(self, action: MeshAction, exposure: float) -> str | None:
        state = store.load(self._layout)
        service = service_of(state, action.service)
        match action:
            case Deploy():
                wrong = self._running(state, service, action.version, wanted=exposure > 0)
            case Expose():
                wrong = _share_missing(service, action, exposure)
            case Retire():
                wrong = self._running(state, service, action.version, wanted=exposure == 0)
            case _:
                assert_never(action)
        if wrong or (wrong := self._plane.missing(state)):
            return wrong
        return self._still_in_flight(state, service, action, exposure) if isinstance(action, Expose) else None

    def _running(self, state: State, service: ServiceState, version: Version, *, wanted: bool) -> str | None:
        """Whether a version answers through Envoy, or has gone, as wanted."""
        name = process_name(service.name, version)
        instance = next((live for live in service.live if live.version == version), None)
        if wanted:
            return probe.through_envoy(state, service, instance) if instance else f"{name} is not deployed"
        gone = not instance and not process.running(self._layout, name)
        return None if gone else f"{name} still runs"

    def _still_in_flight(
        self, state: State, service: ServiceState, action: Expose, exposure: float
    ) -> str | None:
        """What is still with the side that should have nothing; lanes with traffic are meant to be there."""
        left = {1.0: action.old, 0.0: action.new}.get(exposure)
        if left is None or not service.runs(left):
            return None
        if states.pinned_traffic(state, service, to_canary=left == action.new):
            return None
        name = process_name(service.name, left)
        with Admin(state.ports.admin) as admin:
            drained = drain(admin, [name], LOOK_SECONDS)
        return None if drained else f"requests are still in flight to {name}"


def _ours(action: Action) -> MeshAction:
    if isinstance(action, (Deploy, Expose, Retire)):
        return action
    raise EffectFailed(f"the mesh cannot carry out a step of kind {action.kind!r}")


def _name(action: Deploy | Retire) -> str:
    return process_name(action.service, action.version)


def _shared(action: Expose, exposure: float) -> str:
    return f"{process_name(action.service, action.new)} has {exposure:.2%} of the traffic"


def _artifact(state: State, action: Deploy) -> Path:
    """Artifacts are named relative to the mesh file: it takes the place of a registry."""
    return Path(state.source).parent / action.artifact


def _instance(file: VersionFile, port: int, latency_ms: float | None) -> Instance:
    return Instance(
        version=file.version,
        artifact=str(file.artifact.absolute()),
        digest=file.digest,
        port=port,
        behaviour=file.behaviour,
        latency_ms=latency_ms,
    )


# -- changes -------------------------------------------------------------------------------------------------


def _exposing(action: Expose, exposure: float, token: Token) -> Change:
    weight = states.weight_of(exposure)

    def change(_: State, service: ServiceState) -> ServiceState:
        moved = states.expose(service, action.old, action.new, weight)
        return states.hold(moved, token.rollout) if moved.canary else moved

    return change


def _undeploying(action: Deploy, token: Token) -> Change:
    def change(state: State, service: ServiceState) -> ServiceState:
        if not service.runs(action.version) and service.holder != token.rollout:
            return service  # nothing of this rollout is left here, and another one may hold the service
        states.hold(service, token.rollout)
        return replace(states.undeploy(state, service.name, action.version), holder=None)

    return change


def _retiring(action: Retire, token: Token) -> Change:
    def change(state: State, service: ServiceState) -> ServiceState:
        if not service.runs(action.version):
            return service
        states.hold(service, token.rollout)
        return states.retire(state, service.name, action.version)

    return change


def _unretiring(action: Retire, token: Token) -> Change:
    def change(_: State, service: ServiceState) -> ServiceState:
        if service.runs(action.version):
            return service  # nothing to take back, so nothing to hold the service for
        return states.unretire(states.hold(service, token.rollout), action.version)

    return change


# -- problems ------------------------------------------------------------------------------------------------


def _live_problems(service: ServiceState, version: Version) -> Iterable[Problem]:
    if not service.runs(version):
        running = " and ".join(instance.version for instance in service.live)
        yield Problem(message=f"{service.name} {version} is not running", hint=f"{running} is")


def _deploy_problems(state: State, service: ServiceState, action: Deploy) -> Iterable[Problem]:
    if service.runs(action.version):
        yield Problem(message=f"{process_name(service.name, action.version)} is running already")
    elif service.canary:
        versions = f"{service.stable.version} and {service.canary.version}"
        yield Problem(
            message=f"{service.name} runs two versions already ({versions})",
            hint=f"finish rollout {service.holder or 'that deployed it'} first",
        )
    path = _artifact(state, action)
    yield from _artifact_problems(action, path)
    yield from _unknown_callees(state, action, path)


def _artifact_problems(action: Deploy, path: Path) -> Iterable[Problem]:
    try:
        file = read_version(path)
    except Refused as refused:
        yield from refused.problems
        return
    except OSError as error:
        yield Problem(message=f"cannot read {action.artifact!r}: {error.strerror}")
        return
    if (file.service, file.version) != (action.service, action.version):
        made = process_name(file.service, file.version)
        yield Problem(
            message=f"{action.artifact} is {made}, not {process_name(action.service, action.version)}"
        )
    if file.digest != action.digest:
        yield Problem(
            message=f"{action.artifact} has digest {file.digest}, the change asks for {action.digest}",
            hint="deploy what was reviewed, or review it again and change the digest",
        )


def _unknown_callees(state: State, action: Deploy, path: Path) -> Iterable[Problem]:
    try:
        file = read_version(path)
    except (Refused, OSError):
        return
    for callee in callees(file.behaviour):
        if callee not in state.services:
            yield Problem(message=f"{_name(action)} calls {callee!r}, which the mesh does not run")


def _share_missing(service: ServiceState, action: Expose, exposure: float) -> str | None:
    """None when the new version has the share of the traffic that it should have."""
    weight = states.weight_of(exposure)
    found = {instance.version: service.share(instance.version) for instance in service.live}
    sole = {states.TOTAL: action.new, 0: action.old}.get(weight)
    if found.get(action.new, 0) == weight and (found.get(action.old) is not None or sole in found):
        return None
    told = ", ".join(f"{version} {share / states.TOTAL:.2%}" for version, share in found.items())
    return f"{service.name} should have {action.new} at {exposure:.2%}; it has {told}"
