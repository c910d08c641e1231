"""A record of the past judged as a gate would have: counts of both arms, interval after interval.

    analysis = analysed_from(gate)
    analysis = analysis.with_interval(Interval(at=…, canary=…, control=…))      in the order of time
    analysis.conclusion()  ->  Conclusion      verdict, when it was decided, and the evidence

What decides, and when:

    fail          at the first interval after which the gate sees harm. It stands: what follows is not judged.
    pass          if the gate would pass the release at the end of the record; decided when that began to be so
                  and stayed so. A record is its own bake: a fault that sets in late is not overlooked because
                  an impatient gate would have gone on before it.
    insufficient  otherwise, and always where an arm is missing: without both there is nothing to compare.
                  (Alone, a canary can still fail: by being beyond its boundary.) Nor does a record pass of which
                  its source could not tell a part.

The case is that of a rollout step (`case.py`), so the same batches make the same verdict. A record says nothing
of the calls that a version makes itself, so that check stays without evidence; its weight in the average of the
harm is paid as in a rollout.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

from tidegate.core.gates.case import opened
from tidegate.core.gates.evidence import Batch, CallEdge, Counts, Missing, Tally
from tidegate.core.gates.history import Effect, Enough, History, Point, begun
from tidegate.core.gates.judge import judged
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Gate, Stage

RECORDED = Subject(service=ServiceName("the"), old=Version("control"), new=Version("canary"))
"""Named so that the sentences of a verdict read "the canary" and "the control"."""
_CANARY = CallEdge(caller=None, callee=RECORDED.canary)
_CONTROL = CallEdge(caller=None, callee=RECORDED.control)
_STAGE = Stage(exposure=0.5, bake=0.0, wait=inf)
"""Both arms take part, and nobody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What was counted until `at`, in seconds since 1970 and since the interval before."""

    at: float
    canary: Tally
    control: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a record shows. `decided_at` is absent while nothing is decided, `enough` when something is.

    Everything is as it stood at the end of the record, or when it failed. What is `missing` could not be read.
    """

    verdict: Verdict
    decided_at: float | None
    began_at: float | None
    ended_at: float | None
    intervals: int
    canary: Tally
    control: Tally
    effect: Effect | None
    enough: Enough | None
    over_time: tuple[Point, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """A record as far as it was read; `history` ends where it failed."""

    history: History
    verdict: Verdict
    began_at: float | None = None
    ended_at: float | None = None
    decided_at: float | None = None
    intervals: int = 0
    missing: tuple[str, ...] = ()

    def with_missing(self, missing: Iterable[Missing]) -> "Analysis":
        """Knowing that these could not be read: harm that was seen stands, and nothing else is decided."""
        told = (*self.missing, *map(str, missing))
        if not told or self.verdict.outcome is Outcome.FAIL:
            return replace(self, missing=told)
        verdict = replace(self.verdict, outcome=Outcome.INSUFFICIENT, reason=_lacking(told))
        return replace(self, missing=told, verdict=verdict, decided_at=None)

    def with_interval(self, interval: Interval) -> "Analysis":
        """After one more interval; what follows a failure only makes the record longer."""
        began = interval.at if self.began_at is None else self.began_at
        read = replace(self, began_at=began, ended_at=interval.at, intervals=self.intervals + 1)
        return read if self.verdict.outcome is Outcome.FAIL else read._judging(interval)  # noqa: SLF001

    def _judging(self, interval: Interval) -> "Analysis":
        batch = Batch(edges={_CANARY: _counts(interval.canary), _CONTROL: _counts(interval.control)})
        history = self.history.observed(interval.at, batch)
        verdict = _with_both_arms(judged(history.case, stage=_STAGE, elapsed=0.0), history)
        decided = self._decided(verdict.outcome, interval.at)
        return replace(self, history=history, verdict=verdict, decided_at=decided)

    def _decided(self, outcome: Outcome, at: float) -> float | None:
        if outcome is Outcome.INSUFFICIENT:
            return None
        stands = outcome is self.verdict.outcome
        return self.decided_at if stands else at

    def conclusion(self) -> Conclusion:
        """What the record shows as far as it was read."""
        history = self.history
        return Conclusion(
            verdict=self.verdict,
            decided_at=self.decided_at,
            began_at=self.began_at,
            ended_at=self.ended_at,
            intervals=self.intervals,
            canary=history.canary,
            control=history.control,
            effect=history.effect,
            enough=history.enough(_STAGE) if self.decided_at is None and not self.missing else None,
            over_time=history.over_time,
            missing=self.missing,
        )


def analysed_from(gate: Gate) -> Analysis:
    """A record of which nothing was read yet."""
    nothing = Verdict(outcome=Outcome.INSUFFICIENT, reason="the record has no rows")
    return Analysis(history=begun(opened(RECORDED, gate)), verdict=nothing)


def _counts(tally: Tally) -> Counts:
    return Counts(requests=tally.requests, bad=tally.bad)


def _with_both_arms(verdict: Verdict, history: History) -> Verdict:
    """A verdict that says first of all which arm is missing, and does not pass without it."""
    arms = ((history.canary, _NO_CANARY), (history.control, _NO_CONTROL))
    missing = [reason for tally, reason in arms if not tally.requests]
    if verdict.outcome is Outcome.FAIL or not missing:
        return verdict
    return replace(verdict, outcome=Outcome.INSUFFICIENT, reason="; ".join(missing))


def _lacking(missing: tuple[str, ...]) -> str:
    """The first of what is missing, and how much more there is."""
    more = len(missing) - _TOLD
    return "; ".join([*missing[:_TOLD], *([f"and {more} more"] if more > 0 else [])])


_TOLD = 3
_NO_CANARY = "the record has no requests of the canary, so there is nothing to judge"
_NO_CONTROL = "the record has no requests of the control, so there is nothing to compare the canary with"
