"""Carry out one command on one service: fenced, once, written ahead, and undone when it fails.

    newer token known ─► Superseded        same token done ─► its receipt again
    otherwise: fence ─► wanted state ─► the data plane ─► acknowledged state, done

Killed anywhere, the same token comes again and goes on from the wanted state. Failed, the acknowledged state
is what is wanted again; the fences stay, so what was overtaken stays overtaken.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from tidegate.core.errors import EffectFailed, Superseded, TidegateError
from tidegate.core.ids import ServiceName
from tidegate.mesh import store
from tidegate.mesh.dataplane import DataPlane
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import Fence, ServiceState, State, with_fence
from tidegate.ports import Receipt, Token

Change = Callable[[State, ServiceState], ServiceState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What is to become of a service, as a function and in words."""

    service: ServiceName
    summary: str
    change: Change


def obey(layout: Layout, token: Token, effect: Effect) -> Receipt:
    """Bring about an effect under the name of `token`, once."""
    name = effect.service
    store.load(layout)  # where no mesh is up, not even a lock is left behind
    with store.locked(layout):
        state = store.load(layout)
        service = service_of(state, name)
        known = service.fences.get(token.rollout)
        if known and known.attempt > token.attempt:
            newer = Token(rollout=token.rollout, step=known.step, attempt=known.attempt)
            raise Superseded(f"{token} comes too late for {name}: {newer} was obeyed since")
        if known and known.attempt == token.attempt and known.summary:
            return Receipt(token=token, summary=f"already done: {known.summary}")
        return _act(layout, state, token, effect)


def service_of(state: State, name: ServiceName) -> ServiceState:
    """A service of the mesh, or an error that says which there are."""
    if name not in state.services:
        raise EffectFailed(f"this mesh runs no service {name!r}; it runs {', '.join(state.services)}")
    return state.services[name]


def _act(layout: Layout, state: State, token: Token, effect: Effect) -> Receipt:
    name = effect.service
    begun = Fence(attempt=token.attempt, step=token.step)
    fenced = _with(state, with_fence(state.services[name], token.rollout, begun))
    store.save(layout, fenced)
    wanted = fenced.with_service(effect.change(fenced, fenced.services[name]))
    store.save(layout, wanted)
    plane = DataPlane(layout)
    try:
        ack = plane.apply(wanted)
    except EffectFailed:
        _go_back(layout, plane, wanted)
        raise
    told = f"{effect.summary} (generation {ack.generation}, {ack.seconds * 1000:.0f} ms)"
    done = _with(wanted, with_fence(wanted.services[name], token.rollout, replace(begun, summary=told)))
    # Acknowledged first: a fence that says "done" must never be ahead of what a failure goes back to.
    store.save_acked(layout, done)
    store.save(layout, done)
    return Receipt(token=token, summary=told)


def _with(state: State, service: ServiceState) -> State:
    """The state with one service's notes changed: nothing that Envoy would see."""
    return replace(state, services={**state.services, service.name: service})


def _go_back(layout: Layout, plane: DataPlane, failed: State) -> None:
    """Want the last acknowledged state again, as a generation of its own, with every fence kept."""
    if not (good := store.load_acked(layout)):
        return
    services = {
        name: replace(service, fences=failed.services[name].fences) for name, service in good.services.items()
    }
    back = replace(good, generation=failed.generation + 1, services=services)
    store.save(layout, back)
    with suppress(TidegateError):  # the failure that brought us here is the one to tell
        plane.apply(back)
        store.save_acked(layout, back)
