"""Which release did it: experiments blame, time orders what is left, and what cannot be told is said.

one                 a release is decisive by itself
pair                none is, but two are where they meet
none                each is shown to do no harm, and no edge fails since they began
not identifiable    each is shown to do no harm and yet calls fail: on both versions alike, by something
                    shared or by wrong data; or no release was ever beside its old version
undecided           otherwise
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from math import ceil, exp, inf, log

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.attribution.edges.aligned import aligned
from tidegate.core.attribution.edges.observed import Edge, Interval, Release, edges_of
from tidegate.core.attribution.edges.suspects import Case, Suspect, suspects_of, suspicion
from tidegate.core.gates.words import rounded, rounded_down

ALPHA = 0.05
HARMLESS = 0.005
_MOST_NATS = log(1e9)
_TELLING = 3.0
"""Nats: a beginning that explains the failures twenty times better than none."""


def attribute_by_edges(
    releases: Iterable[Release],
    intervals: Iterable[Interval],
    *,
    edges: Collection[Edge] = (),
    detected_at: float = inf,
    alpha: float = ALPHA,
    harmless: float = HARMLESS,
) -> Attribution:
    """Which of the releases did it, by what was seen of edges; `edges` are those declared beside those seen.

    The failure was detected at `detected_at`, seconds since 1970. An innocent release is blamed with probability
    `alpha` at most; a share of failures that is higher by `harmless` is no harm worth speaking of.
    """
    seen = aligned(sorted(intervals, key=lambda interval: interval.until))
    case = Case(
        releases=tuple(releases),
        intervals=seen,
        edges=edges_of(seen) | frozenset(edges),
        detected_at=detected_at,
        alpha=alpha,
        harmless=harmless,
    )
    suspects = suspects_of(case) if case.releases and seen else []
    answer, reason = next(said for rule in _RULES for said in rule(suspects))
    named = next(_blamed(suspects), None) if answer in (Answer.ONE, Answer.PAIR) else None
    return Attribution(
        answer=answer,
        basis=Basis.EDGES,
        reason=reason,
        culprits=tuple(release.canary for release in named.releases) if named else (),
        ranking=tuple(map(suspicion, suspects)),
        more_failing=_more_failing(suspects) if answer is Answer.UNDECIDED else None,
    )


# --- rules, in their order; each says its answer if it holds

_Rule = Callable[[Sequence[Suspect]], Iterator[tuple[Answer, str]]]


def _blamed(suspects: Sequence[Suspect]) -> Iterator[Suspect]:
    """Those that are decisive; two that meet only where none of all is by itself."""
    alone = [suspect for suspect in suspects if suspect.decisive and len(suspect.releases) == 1]
    yield from alone or [suspect for suspect in suspects if suspect.decisive]


def _culprit(suspects: Sequence[Suspect]) -> Iterator[tuple[Answer, str]]:
    blamed = list(_blamed(suspects))
    if not blamed:
        return
    first, *others = blamed
    odds = f"harmless, it would look like this less than once in {rounded_down(exp(min(first.log_e, _MOST_NATS))):,}"
    more = f"; beyond doubt too: {', '.join(map(str, others))}" if others else ""
    answer = Answer.ONE if len(first.releases) == 1 else Answer.PAIR
    yield answer, f"{first}: {first.told} ({odds}){more}"


def _nobody(suspects: Sequence[Suspect]) -> Iterator[tuple[Answer, str]]:
    if not suspects:
        yield Answer.NOT_IDENTIFIABLE, "no release was in progress while anything was seen"


def _never_beside(suspects: Sequence[Suspect]) -> Iterator[tuple[Answer, str]]:
    if not any(suspect.compared for suspect in suspects):
        names = ", ".join(map(str, suspects))
        reason = f"no calls or instances of {names} were seen beside the old version: nothing can be compared"
        yield Answer.NOT_IDENTIFIABLE, reason


def _alike(suspects: Sequence[Suspect]) -> Iterator[tuple[Answer, str]]:
    if all(suspect.safe for suspect in suspects) and suspects[0].fit >= _TELLING:
        reason = (
            "calls fail since the releases began, and on both versions of each alike: something shared (a store, "
            f"a cache, a queue) or wrong data; {suspects[0]} fits best in time, and a toggle would tell"
        )
        yield Answer.NOT_IDENTIFIABLE, reason


def _harmless(suspects: Sequence[Suspect]) -> Iterator[tuple[Answer, str]]:
    if all(suspect.safe for suspect in suspects):
        yield Answer.NONE, "each new version is shown to be no worse than the old one beside it"


def _undecided(suspects: Sequence[Suspect]) -> Iterator[tuple[Answer, str]]:
    first = suspects[0]
    reason = f"most suspect is {first} ({first.told}), with {first.log_e:.1f} of {first.log_e_needed:.1f} nats needed"
    yield Answer.UNDECIDED, reason


_RULES: tuple[_Rule, ...] = (_culprit, _nobody, _never_beside, _alike, _harmless, _undecided)


def _more_failing(suspects: Sequence[Suspect]) -> int | None:
    """How many more failing calls settle it if the first suspect goes on as it did; unknown without counts."""
    first = suspects[0]
    if not first.exposed.bad or first.log_e <= 0.0:
        return None
    return rounded(ceil((first.log_e_needed - first.log_e) * first.exposed.bad / first.log_e))
