"""Every hypothesis with all that speaks for it: each release by itself, and each two of which one calls the other.

The evidence of a release is that of its instances or of its calls, whichever is more, at half of alpha each where
there are both; half of alpha goes to pairs where there are any. Each half is spread evenly (Bonferroni).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, log

from tidegate.core.attribution.answer import Suspicion
from tidegate.core.attribution.edges.compared import Compared, compared, shows_new
from tidegate.core.attribution.edges.counted import Counted, counted
from tidegate.core.attribution.edges.observed import Edge, Interval, Release
from tidegate.core.attribution.edges.paired import Paired, paired, pairs_of
from tidegate.core.attribution.edges.reach import bearing
from tidegate.core.attribution.edges.symptoms import symptoms
from tidegate.core.attribution.edges.timing import fit
from tidegate.core.gates.evidence import NOTHING, Tally
from tidegate.core.gates.words import failures


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked: which of the releases did it, by what was seen of edges until now.

    The failure was detected at `detected_at`, seconds since 1970. False blame has probability `alpha` at most; a
    share of failures that is higher by `harmless` is no harm worth speaking of.
    """

    releases: tuple[Release, ...]
    intervals: tuple[Interval, ...]
    edges: frozenset[Edge]
    detected_at: float = inf
    alpha: float
    harmless: float

    @property
    def before(self) -> float:
        """When the first release began."""
        return min(release.began for release in self.releases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One hypothesis. `fit` is how well its timing explains the failures, in nats.

    It is `compared` if its new version was ever beside the old one, and `safe` if it was shown to do no harm. What
    began after the failure was detected is not `possible`: a cause is before its effect.
    """

    releases: tuple[Release, ...]
    log_e: float
    log_e_needed: float
    fit: float
    possible: bool
    compared: bool = True
    safe: bool = False
    exposed: Tally = NOTHING
    control: Tally = NOTHING
    told: str = ""

    @property
    def decisive(self) -> bool:
        return self.possible and self.log_e >= self.log_e_needed

    @property
    def order(self) -> tuple[bool, bool, float, str]:
        """The most suspect is the least: what is decided first, then by evidence and timing."""
        score = self.log_e - self.log_e_needed + self.fit
        return not self.possible, not self.decisive, -score, str(self)

    def __str__(self) -> str:
        return " with ".join(str(release.canary) for release in self.releases)


def suspects_of(case: Case) -> list[Suspect]:
    """All hypotheses, the most suspect first."""
    pairs = pairs_of(case.releases, case.edges) if _has_counts(case) else ()
    share = 2.0 if pairs else 1.0
    fits = _fits(case)
    alone_needed = log(share * len(case.releases) / case.alpha)
    found = [_alone(case, release, alone_needed, fits[release]) for release in case.releases]
    pair_needed = log(share * max(len(pairs), 1) / case.alpha)
    met = [paired(*pair, case.intervals, harmless=case.harmless) for pair in pairs]
    found += [
        _together(case, pair, pair_needed, min(fits[pair.caller], fits[pair.callee]))
        for pair in met
        if pair.exposed.requests
    ]
    return sorted(found, key=lambda suspect: suspect.order)


def suspicion(suspect: Suspect) -> Suspicion:
    """The same in the words of attribution."""
    exposed, control = suspect.exposed.rate, suspect.control.rate
    return Suspicion(
        suspects=tuple(release.canary for release in suspect.releases),
        log_e=suspect.log_e,
        log_e_needed=suspect.log_e_needed,
        effect=None if exposed is None or control is None else exposed - control,
        exposed=suspect.exposed,
        control=suspect.control,
        why=suspect.told,
    )


def _has_counts(case: Case) -> bool:
    return any(interval.counts for interval in case.intervals)


def _has_instances(case: Case) -> bool:
    return any(interval.instances for interval in case.intervals)


def _fits(case: Case) -> dict[Release, float]:
    failing = symptoms(case.intervals, case.edges, before=case.before)
    reach = bearing(case.edges)
    return {
        release: fit(release, case.intervals, failing, reach, before=case.before) for release in case.releases
    }


# --- one release


def _alone(case: Case, release: Release, needed: float, timing: float) -> Suspect:
    kinds = list(_evidence(case, release))
    made = [kind for kind in kinds if kind.made]
    strongest = max(made, key=lambda kind: kind.log_e, default=None)
    log_e = max(strongest.log_e - log(len(kinds)), 0.0) if strongest else 0.0
    calls = [kind for kind in kinds if isinstance(kind, Counted)]
    possible = release.began <= case.detected_at
    return Suspect(
        releases=(release,),
        log_e=log_e,
        log_e_needed=needed,
        fit=timing,
        possible=possible,
        compared=bool(made),
        safe=bool(made) and all(_is_safe(kind, case.alpha) for kind in made),
        exposed=calls[0].canary if calls else NOTHING,
        control=calls[0].control if calls else NOTHING,
        told="; ".join([*_shown(strongest), *_timed(timing, possible=possible)]),
    )


def _evidence(case: Case, release: Release) -> Iterable[Compared | Counted]:
    if _has_instances(case):
        silence = shows_new(case.releases, case.intervals)
        calls = any(edge.caller == release.service for edge in case.edges)
        yield compared(release, case.intervals, silence=silence, calls=calls)
    if _has_counts(case):
        yield counted(release, case.releases, case.edges, case.intervals, harmless=case.harmless)


def _is_safe(kind: Compared | Counted, alpha: float) -> bool:
    """Whether it is proven to do no harm, and nothing that would be decisive by itself says otherwise."""
    return kind.log_safe >= -log(alpha) > kind.log_e


def _shown(strongest: Compared | Counted | None) -> Sequence[str]:
    if strongest is None:
        return ["the new version was never seen beside the old one"]
    if not strongest.why:
        return ["the new version is like the old one beside it"]
    return [f"the new version is worse than the old one beside it: {', '.join(strongest.why)}"]


def _timed(timing: float, *, possible: bool) -> Sequence[str]:
    if not possible:
        return ["it began after the failure was detected"]
    if timing > 0.0:
        return [f"that it began then explains when calls failed ({timing:.1f} nats)"]
    return []


# --- two that meet


def _together(case: Case, pair: Paired, needed: float, timing: float) -> Suspect:
    both = (pair.caller, pair.callee)
    return Suspect(
        releases=both,
        log_e=pair.log_e,
        log_e_needed=needed,
        fit=timing,
        possible=all(release.began <= case.detected_at for release in both),
        safe=pair.log_safe >= -log(case.alpha),
        exposed=pair.exposed,
        control=pair.control,
        told=f"{_tally(pair.exposed)} calls between them failed, {_tally(pair.control)} with either one old",
    )


def _tally(tally: Tally) -> str:
    return failures((tally.requests, tally.bad))
