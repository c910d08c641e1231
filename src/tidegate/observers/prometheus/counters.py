"""What counters counted between two instants, exactly, from their raw samples. Pure: values in, values out.

`rate()` and `increase()` extrapolate to the ends of their window, and windows that overlap count the same errors
again. Here a counter is walked sample by sample from a `Mark`, where it stood, to the last sample at or before an
instant:

* From one sample to the next it counts the difference. If it fell, the process behind it began anew, and it
  counts from zero; what was counted between the last sample and the restart is lost.
* What comes in late is not lost: the next walk begins where this one ended.
* A counter never seen before counts from its first sample: what it had counted by then is of unknown age. But if
  its target had been scraped before, and did not have it, it was born in between and counts from zero. Client
  libraries make a counter at its first increment, so without this the first error of every instance would be
  lost.
* A counter that is a part of several (the buckets of a histogram) is walked together with them: they began anew
  together, if any of them fell.

A counter that fell and passed its old value within one scrape interval cannot be told from one that went on; it
counts too little then, never too much.

    increases(track, [10.0, 25.0, 40.0])    what was counted in (10, 25] and in (25, 40]
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from operator import add, sub
from typing import Generic, TypeVar

from tidegate.observers.prometheus.series import Series

Values = tuple[float, ...]
Track = Sequence[tuple[float, Values]]
"""Samples of one counter in the order of time: its only value, or one for each of its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a counter stood, and when (seconds since 1970)."""

    at: float
    values: Values


def plain(series: Series) -> Track:
    """The track of a counter of one value, without what is no number."""
    return [(at, (value,)) for at, value in series.samples if isfinite(value)]


def grown(
    track: Track, mark: Mark | None, until: float, *, scraped: float = inf, resets: bool = True
) -> tuple[Values, Mark | None]:
    """What was counted after `mark` and up to `until`, and where the counter stood then.

    `scraped` is when the target was scraped before for all that is known. Without `resets` a fall counts
    nothing: it is then not known that the counter began at zero. What was counted is `()` if there was no sample.
    """
    counted: Values = ()
    for at, values in track:
        if at > until:
            break
        if mark is None:
            counted = values if scraped < at else (0.0,) * len(values)
        elif at <= mark.at:
            continue
        else:
            more = _step(mark.values, values, resets=resets)
            counted = tuple(map(add, counted, more)) if counted else more
        mark = Mark(at=at, values=values)
    return counted, mark


def _step(before: Values, after: Values, *, resets: bool) -> Values:
    more = tuple(map(sub, after, before))
    if len(before) == len(after) and min(more) >= 0.0:
        return more
    return after if resets else (0.0,) * len(after)


def increases(
    track: Track, instants: Sequence[float], mark: Mark | None = None, *, scraped: float = inf
) -> Iterator[Values]:
    """What was counted between each instant and the next; `()` where there was no sample to tell.

    `mark` is where the counter stood before the first of the samples, `scraped` as in `grown`.
    """
    times = [at for at, _ in track]
    begin = bisect_right(times, instants[0])
    _, mark = grown(track[:begin], mark, instants[0], scraped=scraped)
    for until in instants[1:]:
        end = bisect_right(times, until, begin)
        more, mark = grown(track[begin:end], mark, until, scraped=scraped)
        begin = end
        yield more


# -- histograms ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """One classic histogram: a count for each bucket, the last for what is above all `bounds`."""

    bounds: tuple[float, ...]
    track: Track


def buckets(series: Iterable[tuple[float, Series]]) -> Buckets | None:
    """The histogram of series by their upper bounds (`le`), each counting everything up to its bound.

    None unless there is one that ends at infinity. Instants at which a part is missing, is no number or exceeds
    a larger one are left out.
    """
    rising = sorted(series, key=lambda each: each[0])
    bounds = tuple(bound for bound, _ in rising)
    if len(bounds) < 2 or bounds[-1] != inf or len(set(bounds)) < len(bounds):
        return None
    columns = [dict(each.samples) for _, each in rising]
    rows = ((at, [column.get(at, inf) for column in columns]) for at in sorted(columns[-1]))
    apart = ((at, tuple(map(sub, row, [0.0, *row[:-1]]))) for at, row in rows)
    track = [(at, values) for at, values in apart if all(0.0 <= value < inf for value in values)]
    return Buckets(bounds=bounds[:-1], track=track)


# -- totals --------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Total:
    """What all counters of one account have counted, and when the newest of their samples was taken."""

    values: Values = ()
    at: float = 0.0

    def add(self, values: Values, at: float) -> None:
        """Count more."""
        self.values = tuple(map(add, self.values, values)) if self.values else values
        self.at = max(self.at, at)


_Account = TypeVar("_Account", bound=Hashable)


@dataclass(slots=True)
class Ledger(Generic[_Account]):
    """Totals by account, and where each counter stood when it was last walked."""

    totals: dict[_Account, Total] = field(default_factory=dict)
    _marks: dict[Hashable, Mark] = field(default_factory=dict)

    def count(
        self,
        counter: Hashable,
        account: _Account,
        track: Track,
        until: float,
        *,
        scraped: float = inf,
        resets: bool = True,
    ) -> None:
        """Add what `counter` counted since it was last walked to `account`; see `grown`."""
        counted, mark = grown(track, self._marks.get(counter), until, scraped=scraped, resets=resets)
        if counted and mark is not None:
            self._marks[counter] = mark
            self.totals.setdefault(account, Total()).add(counted, mark.at)

    def clear(self) -> None:
        """Set every total to zero, and go on from where the counters stand."""
        for total in self.totals.values():
            total.values = (0.0,) * len(total.values)

    def forget(self, before: float, owner: Callable[[_Account], Hashable]) -> None:
        """Let go of what has had no sample since `before`; it begins anew if it comes back.

        All accounts of one owner go together: what is reported of an owner is their sum, and must not fall.
        """
        newest: dict[Hashable, float] = {}
        for account, total in self.totals.items():
            newest[owner(account)] = max(total.at, newest.get(owner(account), total.at))
        self.totals = {
            account: total for account, total in self.totals.items() if newest[owner(account)] >= before
        }
        self._marks = {counter: mark for counter, mark in self._marks.items() if mark.at >= before}
