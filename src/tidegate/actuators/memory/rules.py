"""What each kind of action does to an imagined world, forth and back, and what is missing of it.

Forth and back answer in words what they did, or None when it was so already; the third says what is missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from tidegate.actuators.memory.world import MemoryWorld
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import ServiceName, Version
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.steps import (
    Action,
    Deploy,
    Expose,
    ExposeFlag,
    Migrate,
    Milestone,
    RemoveFlag,
    Retire,
    RunTask,
)


def _start(world: MemoryWorld, service: ServiceName, version: Version) -> str | None:
    if world.runs(service, version):
        return None
    world.deployed.setdefault(service, set()).add(version)
    return f"started {service} {version}"


def _stop(world: MemoryWorld, service: ServiceName, version: Version) -> str | None:
    if share := world.share(service, version):
        raise EffectFailed(f"{service} {version} still has {share:.0%} of the traffic and cannot be stopped")
    if not world.runs(service, version):
        return None
    world.deployed[service].remove(version)
    return f"stopped {service} {version}"


def _running(world: MemoryWorld, service: ServiceName, version: Version, *, wanted: bool) -> str | None:
    if world.runs(service, version) == wanted:
        return None
    return f"{service} {version} {'does not run yet' if wanted else 'still runs'}"


def _deploy(world: MemoryWorld, action: Deploy, _exposure: float) -> str | None:
    world.lanes[action.service] = action.lanes
    return _start(world, action.service, action.version)


def _undeploy(world: MemoryWorld, action: Deploy) -> str | None:
    done = _stop(world, action.service, action.version)
    world.lanes[action.service] = ()
    return done


def _undeployed(world: MemoryWorld, action: Deploy, exposure: float) -> str | None:
    return _running(world, action.service, action.version, wanted=exposure > 0)


def _retire(world: MemoryWorld, action: Retire, _exposure: float) -> str | None:
    done = _stop(world, action.service, action.version)
    world.lanes[action.service] = ()  # with one version left there is nothing to keep apart
    return done


def _unretire(world: MemoryWorld, action: Retire) -> str | None:
    return _start(world, action.service, action.version)


def _unretired(world: MemoryWorld, action: Retire, exposure: float) -> str | None:
    return _running(world, action.service, action.version, wanted=exposure == 0)


def _expose(world: MemoryWorld, action: Expose, exposure: float) -> str | None:
    service = action.service
    shares = {action.old: 1 - exposure, action.new: exposure}
    shares = {version: share for version, share in shares.items() if share > 0}
    for version, share in shares.items():
        if not world.runs(service, version):
            raise EffectFailed(f"{service} {version} does not run and cannot get {share:.0%} of the traffic")
    if world.weights.get(service) == shares:
        return None
    world.weights[service] = shares
    return f"{service} {action.new} gets {exposure:.0%} of the traffic"


def _unexpose(world: MemoryWorld, action: Expose) -> str | None:
    return _expose(world, action, 0.0)


def _unexposed(world: MemoryWorld, action: Expose, exposure: float) -> str | None:
    share = world.share(action.service, action.new)
    if isclose(share, exposure):
        return None
    return f"{action.service} {action.new} has {share:.0%} of the traffic, wanted is {exposure:.0%}"


def _expose_flag(world: MemoryWorld, action: ExposeFlag, exposure: float) -> str | None:
    if action.flag in world.removed:
        raise EffectFailed(f"flag {action.flag} was removed and cannot be exposed")
    shares = world.flags.setdefault(action.flag, {})
    if isclose(shares.get(action.audience_name, 0.0), exposure):
        return None
    shares[action.audience_name] = exposure
    return f"flag {action.flag} is {action.on} for {exposure:.0%} of {action.audience_name or 'everyone'}"


def _unexpose_flag(world: MemoryWorld, action: ExposeFlag) -> str | None:
    return _expose_flag(world, action, 0.0)


def _unexposed_flag(world: MemoryWorld, action: ExposeFlag, exposure: float) -> str | None:
    share = world.flags.get(action.flag, {}).get(action.audience_name, 0.0)
    if isclose(share, exposure):
        return None
    return f"flag {action.flag} is {action.on} for {share:.0%}, wanted is {exposure:.0%}"


def _remove_flag(world: MemoryWorld, action: RemoveFlag, _exposure: float) -> str | None:
    if action.flag in world.removed:
        return None
    world.removed.add(action.flag)
    return f"removed flag {action.flag}"


def _serve_flag(world: MemoryWorld, action: RemoveFlag) -> str | None:
    if action.flag not in world.removed:
        return None
    world.removed.remove(action.flag)
    return f"flag {action.flag} is served again"


def _migrate(world: MemoryWorld, action: Migrate, _exposure: float) -> str | None:
    done = world.migrated.setdefault(action.migration.name, [])
    if action.part in done:
        return None
    if tuple(done) != tuple(Part)[: len(done)] or action.part is not tuple(Part)[len(done)]:
        raise EffectFailed(
            f"migration {action.migration.name} cannot {action.part} after {', '.join(done) or 'nothing'}"
        )
    done.append(action.part)
    return f"migration {action.migration.name}: {action.part} is through"


def _unmigrate(world: MemoryWorld, action: Migrate) -> str | None:
    done = world.migrated.get(action.migration.name, [])
    if action.part not in done:
        return None
    if action.part is Part.CONTRACT or done[-1] is not action.part:
        raise EffectFailed(
            f"migration {action.migration.name} cannot go back before {action.part}: {done[-1]} is done"
        )
    done.pop()
    return f"migration {action.migration.name}: {action.part} is taken back"


def _unmigrated(world: MemoryWorld, action: Migrate, exposure: float) -> str | None:
    done = world.migrated.get(action.migration.name, [])
    if (action.part in done) == (exposure > 0):
        return None
    return (
        f"migration {action.migration.name}: {action.part} is {'still' if exposure == 0 else 'not yet'} done"
    )


def _unremoved(world: MemoryWorld, action: RemoveFlag, exposure: float) -> str | None:
    if (action.flag in world.removed) == (exposure > 0):
        return None
    return f"flag {action.flag} {'is still served' if exposure else 'is not served yet'}"


def _run(world: MemoryWorld, action: RunTask, _exposure: float) -> str | None:
    if action.name in world.tasks:
        return None
    world.tasks.add(action.name)
    return f"ran {action.name}"


def _unrun(world: MemoryWorld, action: RunTask) -> str | None:
    if action.name not in world.tasks:
        return None
    world.tasks.remove(action.name)
    return f"undid {action.name}"


def _unran(world: MemoryWorld, action: RunTask, exposure: float) -> str | None:
    if (action.name in world.tasks) == (exposure > 0):
        return None
    return f"{action.name} {'has not run yet' if exposure else 'has not been undone yet'}"


def _nothing(*_: object) -> None:
    """A milestone is always so already."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind's three functions; each is given actions of that kind only."""

    forth: Callable[[MemoryWorld, Any, float], str | None]
    back: Callable[[MemoryWorld, Any], str | None]
    missing: Callable[[MemoryWorld, Any, float], str | None]


RULES: Mapping[type[Action], Rule] = {
    Deploy: Rule(_deploy, _undeploy, _undeployed),
    Expose: Rule(_expose, _unexpose, _unexposed),
    Retire: Rule(_retire, _unretire, _unretired),
    ExposeFlag: Rule(_expose_flag, _unexpose_flag, _unexposed_flag),
    Migrate: Rule(_migrate, _unmigrate, _unmigrated),
    RemoveFlag: Rule(_remove_flag, _serve_flag, _unremoved),
    RunTask: Rule(_run, _unrun, _unran),
    Milestone: Rule(_nothing, _nothing, _nothing),
}
