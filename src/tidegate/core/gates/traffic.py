"""Whether the canary gets the traffic that it should.

A comparison is worth something only between arms that were dealt by lot. So each caller's share of calls that go to
the canary is held against the exposure that was ordered: a canary that gets next to nothing, or to which one of its
callers stopped calling, shows although every call that is made goes well.

Evidence is a bet against "the share is at least half of what it should be" (`eprocess.py` has the theory; half,
because calls come in bunches and old connections linger). It says that the comparison is void, not that the release
is bad, so it holds a stage up and fails nothing. Callers in a lane are left out: their versions, not lots, decide.

Of a flag users are dealt, some of whom make many more requests than others, so that a tenth of the share is enough.
Those whom its definition or an audience lets in besides only make the share larger. An audience is not dealt by lot:
all of it counts as the canary's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log

from tidegate.core.gates.eprocess import Bound, arm, beyond
from tidegate.core.gates.evidence import Batch
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import ServiceName

_LEAST, _LEAST_OF_USERS = 0.5, 0.1
"""The part of its due share that a canary must get, of calls and of calls of users."""

Caller = ServiceName | None
"""A service, or nobody for calls from outside."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dealt:
    """Of `calls` the canary had `canary`; `enough` is the evidence against its having as much as it must."""

    enough: Bound
    calls: int = 0
    canary: int = 0

    @property
    def log_e(self) -> float:
        """Ln of the evidence that the canary has too little."""
        return float(self.enough.log_e[0])

    def with_calls(self, canary: int, calls: int) -> "Dealt":
        """After so many more calls, of which the canary had so many."""
        enough = self.enough.with_batch(arm(calls, canary))
        return Dealt(enough=enough, calls=self.calls + calls, canary=self.canary + canary)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """How each caller's calls of one stage were dealt; `exposure` is what was ordered."""

    exposure: float
    callers: Mapping[Caller, Dealt] = field(default_factory=dict)

    def with_batch(self, subject: Subject, batch: Batch) -> "Traffic":
        """After one more batch. With everything on the canary there is nothing to deal."""
        if not 0.0 < self.exposure < 1.0:
            return self
        callers = dict(self.callers)
        least = self.exposure * (_LEAST_OF_USERS if subject.is_flag else _LEAST)
        for edge, counts in batch.edges.items():
            caller = edge.caller.service if edge.caller else None
            if edge.callee in (subject.canary, subject.control) and caller not in subject.laned:
                canary = counts.requests if edge.callee == subject.canary else 0
                before = callers.get(caller) or Dealt(enough=beyond(least))
                callers[caller] = before.with_calls(canary, counts.requests)
        return replace(self, callers=callers)

    def lacking(self, alpha: float) -> dict[Caller, Dealt]:
        """The callers from which the canary has too little, wrongly so with a chance of `alpha` over all of them."""
        needed = log(max(len(self.callers), 1) / alpha)
        return {caller: dealt for caller, dealt in self.callers.items() if dealt.log_e >= needed}
