"""Whether the canary gets the traffic that it should.

A comparison is worth something only between arms that were dealt by lot. So each caller's share of calls that go to
the canary is held against the exposure that was ordered: a canary that gets next to nothing, or to which one of its
callers stopped calling, shows although every call that is made goes well.

Evidence is a bet against "the share is at least half of what it should be" (`eprocess.py` has the theory; half,
because calls come in bunches and old connections linger). It says that the comparison is void, not that the release
is bad, so it holds a stage up and fails nothing. Callers in a lane are left out: their versions, not lots, decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log

import numpy as np

from tidegate.core.gates.eprocess import Floats
from tidegate.core.gates.evidence import Batch
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import ServiceName

_LEAST = 0.5
"""The part of its due share that a canary must get."""
_FRACTIONS = np.array([0.02, 0.1, 0.3, 0.6, 0.85])
"""Bets: so much of that part is what it gets."""

Caller = ServiceName | None
"""A service, or nobody for calls from outside."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dealt:
    """Of `calls` the canary had `canary`; what is on each bet is in logarithms."""

    calls: int = 0
    canary: int = 0
    wealth: Floats = field(default_factory=lambda: np.full(len(_FRACTIONS), -log(len(_FRACTIONS))))

    @property
    def log_e(self) -> float:
        """Ln of the evidence that the canary has too little."""
        return float(np.logaddexp.reduce(self.wealth))

    def with_calls(self, canary: int, calls: int, share: float) -> "Dealt":
        """After so many more calls, of which `share` should have gone to the canary."""
        limit = share * _LEAST
        growth = canary * np.log(_FRACTIONS) + (calls - canary) * (
            np.log1p(-limit * _FRACTIONS) - np.log1p(-limit)
        )
        return Dealt(calls=self.calls + calls, canary=self.canary + canary, wealth=self.wealth + growth)


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
        for edge, counts in batch.edges.items():
            caller = edge.caller.service if edge.caller else None
            if edge.callee in (subject.canary, subject.control) and caller not in subject.laned:
                canary = counts.requests if edge.callee == subject.canary else 0
                before = callers.get(caller, Dealt())
                callers[caller] = before.with_calls(canary, counts.requests, self.exposure)
        return replace(self, callers=callers)

    def lacking(self, alpha: float) -> dict[Caller, Dealt]:
        """The callers from which the canary has too little, wrongly so with a chance of `alpha` over all of them."""
        needed = log(max(len(self.callers), 1) / alpha)
        return {caller: dealt for caller, dealt in self.callers.items() if dealt.log_e >= needed}
