"""What was counted of each version, and when it was heard last."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from tidegate.core.gates.evidence import (
    NOTHING,
    CallEdge,
    Counts,
    Gap,
    Missing,
    Signal,
    Tally,
    VersionedService,
)


@dataclass(slots=True, kw_only=True)
class Known:
    """What was counted of one version, which was `heard` last at a second since 1970."""

    browser: bool
    heard: float
    counts: Counts = field(default_factory=Counts)
    ratios: dict[str, Tally] = field(default_factory=dict)

    def add(self, ratio: str, tally: Tally) -> None:
        """Count more of a ratio."""
        self.ratios[ratio] = self.ratios.get(ratio, NOTHING) + tally


class Versions:
    """Every version that was heard and is not forgotten: at most `most` that browsers run, and as many others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[VersionedService, Known] = {}
        self._number = Counter[bool]()  # by whether browsers run them

    def have_room(self, version: VersionedService, *, browser: bool) -> bool:
        """Whether something of `version` can be counted."""
        return version in self._known or self._number[browser] < self._most

    def heard(self, version: VersionedService, *, browser: bool, now: float) -> Known:
        """What is known of a version that is heard now."""
        if version not in self._known:
            self._known[version] = Known(browser=browser, heard=now)
            self._number[browser] += 1
        known = self._known[version]
        known.heard = now
        return known

    def forget(self, before: float) -> None:
        """Forget versions that were not heard since."""
        self._known = {version: known for version, known in self._known.items() if known.heard >= before}
        self._number = Counter(known.browser for known in self._known.values())

    def edges(self) -> dict[CallEdge, Counts]:
        """Requests to each version; who called is not known."""
        return {
            CallEdge(caller=None, callee=version): known.counts
            for version, known in self._known.items()
            if known.counts.requests
        }

    def ratios(self) -> dict[Signal, Tally]:
        """Each ratio. Where more is bad than was tried, all that is bad was: so a tally still only grows."""
        return {
            signal: Tally(requests=max(tally.requests, tally.bad), bad=tally.bad)
            for signal, tally in self._tallies()
            if tally != NOTHING
        }

    def contradictions(self) -> Iterator[Missing]:
        """Ratios of which more is bad than was tried."""
        for signal, tally in sorted(self._tallies(), key=itemgetter(0)):
            if tally.bad > tally.requests:
                what = (
                    f"{signal} has {tally.bad} bad of {tally.requests}: see whether all attempts are pushed"
                )
                yield Missing(gap=Gap.PARTIAL, what=what, service=signal.version.service)

    def silent(self, *, now: float, longest: float) -> Iterator[Missing]:
        """Versions not heard for longer than that; where users push, silence is only that there are none."""
        for version, known in sorted(self._known.items(), key=itemgetter(0)):
            if (seconds := now - known.heard) > longest and not known.browser:
                what = f"{version} has pushed nothing for {seconds:.0f} s: see whether its exporter is up"
                yield Missing(gap=Gap.STALE, what=what, service=version.service)

    def _tallies(self) -> Iterator[tuple[Signal, Tally]]:
        for version, known in self._known.items():
            for name, tally in known.ratios.items():
                yield Signal(name=name, version=version), tally
