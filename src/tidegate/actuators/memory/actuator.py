"""The actuator of an imagined world, and failures that can be ordered of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from tidegate.actuators.memory.rules import RULES
from tidegate.actuators.memory.world import Asked, Deed, Fence, MemoryWorld, Verb
from tidegate.core.errors import EffectFailed, Problem, Superseded, Unavailable
from tidegate.core.ids import StepId
from tidegate.core.plan.steps import (
    Action,
    Expose,
    ExposeFlag,
    Migrate,
    Milestone,
    RemoveFlag,
    Retire,
    RunTask,
)
from tidegate.ports import Receipt, Token


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
        """A service must be there before its traffic can move, and a flag before its users can."""
        if fault := self._strikes(Verb.VALIDATE, Moment.BEFORE, action, None):
            return (Problem(message=fault.message),)
        if isinstance(action, Expose | Retire) and action.service not in self.world.deployed:
            message = f"there is no service {action.service!r} in this world"
            return (Problem(message=message, hint="deploy it first, or correct its name"),)
        if isinstance(action, ExposeFlag | RemoveFlag) and action.flag in self.world.removed:
            return (Problem(message=f"flag {action.flag!r} was removed", hint="define it again"),)
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
        return RULES[type(action)].missing(self.world, action, exposure)

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
        rule = RULES[type(action)]
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
    """What an action acts on, and tokens are compared for: the service's, the flag's or the task's name."""
    if isinstance(action, Migrate):
        return action.migration.name
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
