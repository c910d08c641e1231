"""One trace as a tree of calls, and what can be said of it: how it ended, which versions it met, where it failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName
from tidegate.core.traces.span import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a journey. `parent` is the index of the call during which it was made; the entry has none.

    `start` is in seconds since 1970, `seconds` how long it took, as its caller saw it. A `skewed` one was recorded by
    a clock that does not agree with that of the call around it, so that its `start` is a guess. `attempt` counts tries
    of the same call from one, `retry_of` is the index of the try before. An `asynchronous` one was not waited for.
    `name` is the operation and `said` what was told of its failure; neither has any value of a user.
    """

    edge: CallEdge
    parent: int | None
    start: float
    seconds: float
    ending: Ending
    status: int | None = None
    attempt: int = 1
    retry_of: int | None = None
    skewed: bool = False
    asynchronous: bool = False
    name: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a failure began: the version that failed by itself, on the call that it failed at.

    `at_fault` is the callee that broke, or the caller whose request was malformed.
    """

    at_fault: VersionedService
    edge: CallEdge
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The calls of one trace, parents before children, the entry first.

    `met` is the version of each service that answered its first attempt, `flags` the variant of each feature flag that
    was evaluated on the way, the first time. `origins` are where its failures began,
    also those that somebody on the way made up for. One that is not `whole` lacks spans, so that nothing may be
    concluded from what is not in it: it has no origins, and more than one call without a parent.
    """

    trace: str
    calls: tuple[Call, ...]
    met: Mapping[ServiceName, VersionedService]
    failed: bool
    flags: Mapping[ServiceName, VersionedService] = field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    whole: bool = True

    @property
    def entry(self) -> Call:
        """The call that came from outside."""
        return self.calls[0]

    def passes(self, service: ServiceName) -> bool:
        """Whether a service made or answered one of the calls, or was a flag on the way."""
        return service in self.flags or any(call.edge.concerns(service) for call in self.calls)
