"""The two sides on which tidegate meets the world. Each port has an in-memory implementation that ships.

An `Actuator` brings effects about; an `Observer` says what happened. Both may fail with the errors of
`core.errors`; nothing else may escape an adapter.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from tidegate.core.errors import Problem
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.gates.evidence import Finding, Reading
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import DatabaseName, FlagKey, MigrationName, RolloutId, ServiceName, StepId
from tidegate.core.plan.steps import Action
from tidegate.core.strategy import SloLimit
from tidegate.core.traces.journey import Journey
from tidegate.core.traces.reading import TraceReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Names one effect: the idempotency key of its repetitions and the fence against late ones.

    Of two tokens of one rollout and step the one with the higher `attempt` is newer. An actuator remembers
    the newest it obeyed for each subject and refuses older ones with `Superseded`.
    """

    rollout: RolloutId
    step: StepId
    attempt: int

    def __str__(self) -> str:
        return f"{self.rollout}/{self.step}/{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof of an effect, in words: what was done, or that it had been done already."""

    token: Token
    summary: str


class Actuator(Protocol):
    """Brings about one kind of action, forth and back. Every verb may be called again at any time."""

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """Everything that would keep `action` from working, found before anything is changed."""
        ...

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:
        """Bring `action` to `exposure` (a share of one; 1 for actions that have no stages)."""
        ...

    async def verify(self, action: Action, exposure: float) -> str | None:
        """None when the world is as `action` at `exposure` wants it (0: undone), else what is still missing.

        An exposure of 1 includes that nothing is in flight to the old version any more, 0 that nothing is
        in flight to the new one.
        """
        ...

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Bring the world back to before `action`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFlags:
    """The flags as they are served; a higher `generation` is newer. The generation grows across restarts."""

    generation: int
    flags: FlagSet


class Flags(Protocol):
    """What is served of feature flags at this moment, and when that changes."""

    def served(self) -> ServedFlags:
        """The newest good set."""
        ...

    async def changed(self, after: int) -> ServedFlags:
        """The newest set, once its generation is above `after`."""
        ...

    def evaluated(self, flag: FlagKey, variant: str | None) -> None:
        """Note that a flag was evaluated just now."""
        ...


class Budgets(Protocol):
    """Knows the SLOs and asks their sources what is left of their error budgets."""

    def validate(self, limits: Iterable[SloLimit]) -> tuple[Problem, ...]:
        """Everything that would keep the limits from ever being checked."""
        ...

    async def check(self, limit: SloLimit, since: float) -> tuple[Finding, ...]:
        """What is to be said of a limit, for a change that began at `since`, in seconds since 1970."""
        ...


class Contracts(Protocol):
    """Holds answers of live versions against the contracts that are on record, while somebody wants it."""

    def validate(self, subjects: Iterable[Subject]) -> tuple[Problem, ...]:
        """Everything that would keep answers of these releases from ever being held against a contract."""
        ...

    def want(self, subject: Subject, sample: float) -> None:
        """Look at a share of the answers of both versions; forgotten when it is not said again for a while."""
        ...


class Headwind(Protocol):
    """Says why work in the background should stand still for a while."""

    async def reasons(self, rollout: RolloutId) -> tuple[str, ...]:
        """Why, in words, one for each reason; none when it may go on."""
        ...


class DataChecks(Protocol):
    """Holds the old and the new shape of data against each other while both are written."""

    async def check(self, database: DatabaseName, migration: MigrationName) -> tuple[Finding, ...]:
        """What the newest comparison found, made again when it is due; never empty."""
        ...


class Observer(Protocol):
    """Reads cumulative counts of every edge it can see."""

    async def read(self) -> Reading:
        """The counts at this instant; raises `Unavailable` when the source does not answer."""
        ...


class Traces(Protocol):
    """Reads what whole journeys through the environment come to."""

    def want(self, services: Collection[ServiceName]) -> None:
        """Tell journeys apart by the versions of these services; forgotten when not said again for a while.

        What was counted before is not told apart: whoever wants this counts from the first reading after it.
        """
        ...

    async def read(self) -> TraceReading:
        """The counts at this instant; raises `Unavailable` when the source does not answer."""
        ...

    def failing(self, service: ServiceName, since: float) -> tuple[Journey, ...]:
        """Failing journeys through a service that began at `since` or later, the newest last, a bounded number."""
        ...
