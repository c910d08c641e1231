"""An imagined world and its actuator: for simulation, demonstrations and tests.

The rules are those of every actuator here, so that what holds in memory holds on a mesh:

* A token names one effect. Its repetition changes nothing and gets the same receipt.
* Within one rollout, of two tokens for one service (or task) the one with the higher attempt is newer,
  whichever steps they come from. After the newer was obeyed, the older is refused with `Superseded`.
* A newer token that asks for what is so already is obeyed and changes nothing.
* What cannot be is refused with `EffectFailed`: traffic to a version that does not run, or stopping one that
  still has traffic.

The world keeps a log of the effects that really changed it; a thing done twice stands in it twice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isclose
from types import MappingProxyType
from typing import Any

from tidegate.core.errors import EffectFailed, Problem, Superseded, Unavailable
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.steps import Action, Deploy, Expose, Milestone, Retire, RunTask
from tidegate.ports import Receipt, Token


class Verb(StrEnum):
    """The four things an actuator can be asked."""

    VALIDATE = "validate"
    APPLY = "apply"
    VERIFY = "verify"
    REVERT = "revert"


class Moment(StrEnum):
    """When a scripted failure strikes: `after` means that the effect took place and its answer was lost."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure to order: the first `times` calls that fit fail. What is None fits everything.

    `subject` is the name of a service or task, `kind` that of an action. `step` fits `apply` and `revert`
    only, because the other verbs are not told for which step they are asked.
    """

    verb: Verb
    kind: str | None = None
    subject: str | None = None
    step: StepId | None = None
    moment: Moment = Moment.BEFORE
    times: int = 1
    message: str = "it was told to fail"
    raises: type[EffectFailed] | type[Unavailable] = EffectFailed

    def fits(self, verb: Verb, action: Action, token: Token | None) -> bool:
        """Whether this failure is meant for that call."""
        wanted = (self.verb, self.kind, self.subject, self.step)
        given = (verb, action.kind, subject_of(action), token.step if token else None)
        return all(each is None or each == value for each, value in zip(wanted, given, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One real change of the world, and which versions had traffic by weight after it."""

    verb: Verb
    action: Action
    exposure: float
    token: Token
    summary: str
    live: Mapping[ServiceName, frozenset[Version]]


Asked = tuple[Verb, Action, float]
"""What a token stands for: the verb, its action and the exposure (0 for a revert)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The newest command obeyed for a subject; `receipt` once it is done."""

    token: Token
    asked: Asked
    receipt: Receipt | None = None


@dataclass(slots=True)
class MemoryWorld:
    """Everything there is: which versions run, who gets which share of traffic, lanes and tasks done."""

    deployed: dict[ServiceName, set[Version]] = field(default_factory=dict)
    weights: dict[ServiceName, dict[Version, float]] = field(default_factory=dict)
    lanes: dict[ServiceName, tuple[tuple[ServiceName, Version], ...]] = field(default_factory=dict)
    tasks: set[str] = field(default_factory=set)
    log: list[Deed] = field(default_factory=list)
    fences: dict[tuple[RolloutId, bool, str], Fence] = field(default_factory=dict)

    @classmethod
    def of(cls, live: Mapping[str, str]) -> "MemoryWorld":
        """A world at rest, where each service runs one version and sends it everything."""
        pairs = [(ServiceName(service), Version(version)) for service, version in live.items()]
        return cls(
            deployed={service: {version} for service, version in pairs},
            weights={service: {version: 1.0} for service, version in pairs},
        )

    def share(self, service: ServiceName, version: Version) -> float:
        """The share of a service's traffic that goes to a version, lanes aside."""
        return self.weights.get(service, {}).get(version, 0.0)

    def runs(self, service: ServiceName, version: Version) -> bool:
        """Whether that version is deployed."""
        return version in self.deployed.get(service, set())

    def live(self) -> Mapping[ServiceName, frozenset[Version]]:
        """The versions of each service that have traffic by weight."""
        return MappingProxyType(
            {
                service: frozenset(version for version, share in shares.items() if share > 0)
                for service, shares in self.weights.items()
            }
        )


class MemoryActuator:
    """Every kind of action in a `MemoryWorld`; `faults` says which calls fail."""

    def __init__(self, world: MemoryWorld, faults: Iterable[Fault] = ()) -> None:
        self.world = world
        self._faults: list[Fault] = []
        self.fail(*faults)

    def fail(self, *faults: Fault) -> None:
        """Let the next calls that fit fail; earlier faults are used up first."""
        for fault in faults:
            self._faults.extend([fault] * fault.times)

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """A service must be there before its traffic can move."""
        if fault := self._strikes(Verb.VALIDATE, Moment.BEFORE, action, None):
            return (Problem(message=fault.message),)
        if isinstance(action, Expose | Retire) and action.service not in self.world.deployed:
            message = f"there is no service {action.service!r} in this world"
            return (Problem(message=message, hint="deploy it first, or correct its name"),)
        return ()

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        """Bring the action to that exposure."""
        return self._obey((Verb.APPLY, action, exposure), token)

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Undo the action."""
        return self._obey((Verb.REVERT, action, 0.0), token)

    async def verify(self, action: Action, exposure: float) -> str | None:
        """What is still missing; nothing is ever in flight here."""
        if fault := self._strikes(Verb.VERIFY, Moment.BEFORE, action, None):
            return fault.message
        return _RULES[type(action)].missing(self.world, action, exposure)

    def _obey(self, asked: Asked, token: Token) -> Receipt:
        verb, action, exposure = asked
        key = (token.rollout, isinstance(action, RunTask), subject_of(action))
        fence = _fenced(self.world.fences.get(key), asked, token)
        self.world.fences[key] = fence
        self._strike(verb, Moment.BEFORE, action, token)
        receipt = fence.receipt
        if receipt is None:
            receipt = Receipt(token=token, summary=self._act(verb, action, exposure, token))
            self.world.fences[key] = replace(fence, receipt=receipt)
        self._strike(verb, Moment.AFTER, action, token)
        return receipt

    def _act(self, verb: Verb, action: Action, exposure: float, token: Token) -> str:
        rule = _RULES[type(action)]
        world = self.world
        done = rule.forth(world, action, exposure) if verb is Verb.APPLY else rule.back(world, action)
        if done is None:
            return f"{subject_of(action)} was so already"
        deed = Deed(verb=verb, action=action, exposure=exposure, token=token, summary=done, live=world.live())
        world.log.append(deed)
        return done

    def _strike(self, verb: Verb, moment: Moment, action: Action, token: Token) -> None:
        if fault := self._strikes(verb, moment, action, token):
            raise fault.raises(f"{subject_of(action)}: {fault.message}")

    def _strikes(self, verb: Verb, moment: Moment, action: Action, token: Token | None) -> Fault | None:
        """The failure that strikes now, if any, which uses up one of its times."""
        for place, fault in enumerate(self._faults):
            if fault.moment is moment and fault.fits(verb, action, token):
                return self._faults.pop(place)
        return None


def subject_of(action: Action) -> str:
    """What an action acts on, and tokens are compared for: the service's or the task's name."""
    return action.name if isinstance(action, RunTask | Milestone) else action.service


def _fenced(fence: Fence | None, asked: Asked, token: Token) -> Fence:
    """The fence with `token` as its newest; refuses a token that is late or stood for something else."""
    if fence is None or token.attempt > fence.token.attempt:
        return Fence(token=token, asked=asked)
    if token.attempt < fence.token.attempt:
        raise Superseded(f"{token} comes too late for {subject_of(asked[1])}: {fence.token} was obeyed since")
    if (fence.token, fence.asked) != (token, asked):
        raise EffectFailed(f"{token} cannot stand for {_words(asked)}, it stood for {_words(fence.asked)}")
    return fence


def _words(asked: Asked) -> str:
    verb, action, exposure = asked
    return f"{verb} {action.kind} of {subject_of(action)} at {exposure:g}"


# What each kind of action does to the world: forth and back answer in words what they did, or None when it
# was so already; the third says what is missing.


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
class _Rule:
    """One kind's three functions; each is given actions of that kind only."""

    forth: Callable[[MemoryWorld, Any, float], str | None]
    back: Callable[[MemoryWorld, Any], str | None]
    missing: Callable[[MemoryWorld, Any, float], str | None]


_RULES: Mapping[type[Action], _Rule] = {
    Deploy: _Rule(_deploy, _undeploy, _undeployed),
    Expose: _Rule(_expose, _unexpose, _unexposed),
    Retire: _Rule(_retire, _unretire, _unretired),
    RunTask: _Rule(_run, _unrun, _unran),
    Milestone: _Rule(_nothing, _nothing, _nothing),
}
