"""The levels that a gate watches: each beside the control's, by its trend, and against a limit of its own.

`ranks.py` has the theory. Which of the three there are is the gate's choice; a level is proven harmless beside the
control or within its limit, whichever is shown, so that it can be without a control too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tidegate.core.gates.evidence import Batch, Signal, VersionedService
from tidegate.core.gates.measures import Subject
from tidegate.core.gates.ranks import Limit, Margin, Ranks, Trend, Values, limit, ranks, trend
from tidegate.core.strategy import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCheck:
    """One check of a level: ln of its evidence both ways, and what it would be evidence of.

    `safe_share` is the part that its e-value has in the proof that the level is harmless, zero if it has none.
    """

    name: str
    log_harm: float
    log_safe: float
    safe_share: float
    claim: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watched:
    """A level with what was seen of it; `canary` and `control` are the newest values of their instances.

    `known_since` says when each instance was first seen, in seconds since 1970.
    """

    level: Level
    ranks: Ranks
    trend: Trend | None
    limit: Limit | None
    known_since: Values = field(default_factory=dict)
    canary: Values = field(default_factory=dict)
    control: Values = field(default_factory=dict)

    def with_batch(self, subject: Subject, batch: Batch) -> "Watched":
        """After one more look; a level that was not taken anew adds nothing."""
        signals = (Signal(name=self.level.name, version=arm) for arm in (subject.canary, subject.control))
        found = [batch.levels[signal] for signal in signals if signal in batch.levels]
        first = {name: levels.at for levels in found for name in levels.values}
        known = replace(self, known_since={**first, **self.known_since})
        return known._judging(subject, batch)  # noqa: SLF001

    def _judging(self, subject: Subject, batch: Batch) -> "Watched":
        canary, control = (self._warm(arm, batch) for arm in (subject.canary, subject.control))
        if not canary:
            return self
        return replace(
            self,
            ranks=self.ranks.with_levels(canary, control),
            trend=self.trend and self.trend.with_levels(canary, control),
            limit=self.limit and self.limit.with_levels(canary),
            canary=canary,
            control=control,
        )

    def _warm(self, arm: VersionedService, batch: Batch) -> Values:
        """The levels of the instances that have been there for long enough; a cold one is no like of a warm one."""
        levels = batch.levels.get(Signal(name=self.level.name, version=arm))
        if levels is None:
            return {}
        warm_from = levels.at - self.level.warm_up
        return {name: level for name, level in levels.values.items() if self.known_since[name] <= warm_from}

    @property
    def routes(self) -> tuple[str, ...]:
        """The checks by which it can be proven harmless."""
        return (self.level.name, f"{self.level.name} limit") if self.limit else (self.level.name,)

    def checks(self, subject: Subject) -> Iterator[LevelCheck]:
        """Its checks, in the order in which they are told."""
        name, safe_share = self.level.name, 0.5 if self.limit else 1.0
        worse = "below" if self.level.lower_is_worse else "above"
        yield LevelCheck(
            name=name,
            log_harm=self.ranks.log_e,
            log_safe=self.ranks.log_safe,
            safe_share=safe_share,
            claim=f"{name} of {subject} is {worse} that of {subject.old}",
        )
        if self.trend:
            moves = "falls" if self.level.lower_is_worse else "grows"
            claim = f"{name} of {subject} {moves} faster than that of {subject.old}"
            yield LevelCheck(
                name=f"{name} trend", log_harm=self.trend.log_e, log_safe=0.0, safe_share=0.0, claim=claim
            )
        if self.limit:
            yield LevelCheck(
                name=f"{name} limit",
                log_harm=self.limit.log_e,
                log_safe=self.limit.log_safe,
                safe_share=safe_share,
                claim=f"{name} of {subject} is {worse} its limit of {self.limit.level:g}",
            )


def watched(level: Level, ceiling: float) -> Watched:
    """A level of which nothing was seen; `ceiling` is the most ln E of safety that is kept."""
    margin = Margin(times=level.worse_times, by=level.worse_by, lower_is_worse=level.lower_is_worse)
    return Watched(
        level=level,
        ranks=ranks(margin, ceiling=ceiling),
        trend=trend(replace(margin, times=1.0), window=level.trend, ceiling=ceiling) if level.trend else None,
        limit=_limit(level, ceiling),
    )


def _limit(level: Level, ceiling: float) -> Limit | None:
    if level.limit is None:
        return None
    return limit(level.limit, share=level.limit_share, lower_is_worse=level.lower_is_worse, ceiling=ceiling)
