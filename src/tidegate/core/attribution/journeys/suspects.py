"""What is tried at once: releases that are live beside their old version, and what is asked of their journeys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from tidegate.core.errors import Problem, Refused
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Boundaries

Link = tuple[ServiceName, ServiceName]
"""Who calls whom, whatever their versions: caller and callee."""

MOST = 100
"""Suspects in one trial; work and memory grow with their square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A release that is live: `service` answers in `old` and in `new`, of which `new` has the share `exposure`.

    Versions are drawn by a hash of the request and the `salt`; two suspects of one salt are drawn alike. Without a
    salt nothing is known of it.
    """

    service: ServiceName
    old: Version
    new: Version
    exposure: float
    salt: str | None = None

    @property
    def canary(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.new)

    @property
    def control(self) -> VersionedService:
        return VersionedService(service=self.service, version=self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an answer must keep to.

    `alpha` bounds the chance that an innocent is ever blamed, over all suspects, pairs and looks together;
    `alpha_none` the chance that a guilty one is let off. `boundaries` say what harm is: the ratio that is none yet,
    the margins within which nobody minds, the design effect that is known, and whether latency counts. If more than
    the share `lost` of the evidence was lost, nothing is concluded.
    """

    alpha: float = 0.01
    alpha_none: float = 0.05
    boundaries: Boundaries = field(default_factory=lambda: Boundaries(latency_compared=True))
    lost: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The suspects, the `pairs` of them that may fail only together (by their places), and the terms.

    Failures of the services in `detached` do not reach an entry: all who call them wait for no answer.
    """

    suspects: tuple[Suspect, ...]
    pairs: tuple[tuple[int, int], ...]
    detached: frozenset[ServiceName]
    terms: Terms

    @property
    def hypotheses(self) -> tuple[tuple[int, ...], ...]:
        """Who may be at fault: each suspect, then each pair."""
        return (*((place,) for place in range(len(self.suspects))), *self.pairs)


def trial_of(
    suspects: Iterable[Suspect], links: Iterable[Link], asynchronous: Iterable[Link], terms: Terms
) -> Trial:
    """The trial of these suspects on these calls; raises `Refused` if it cannot be one."""
    tried, calls = tuple(suspects), {*links, *asynchronous}
    problems = list(_problems(tried))
    if problems:
        raise Refused(problems)
    near = _near(calls)
    waited = {callee for _, callee in calls.difference(asynchronous)}
    return Trial(
        suspects=tried,
        pairs=tuple(
            (one, other)
            for (one, first), (other, second) in combinations(enumerate(tried), 2)
            if second.service in near.get(first.service, ())
        ),
        detached=frozenset(callee for _, callee in asynchronous) - waited,
        terms=terms,
    )


def _problems(suspects: tuple[Suspect, ...]) -> Iterable[Problem]:
    if not 1 <= len(suspects) <= MOST:
        yield Problem(message=f"{len(suspects)} releases to tell apart", hint=f"name between 1 and {MOST}")
    services = [suspect.service for suspect in suspects]
    for service in sorted({service for service in services if services.count(service) > 1}):
        yield Problem(message=f"{service} is released twice at once", hint="name one release of it")
    for suspect in suspects:
        if suspect.old == suspect.new:
            yield Problem(
                message=f"{suspect.canary} has no other version beside it",
                hint="name the version that it replaces",
            )
        if not 0.0 <= suspect.exposure <= 1.0:
            yield Problem(
                message=f"{suspect.canary} is exposed to {suspect.exposure:g}", hint="give a share of one"
            )


def _near(calls: Iterable[Link]) -> Mapping[ServiceName, frozenset[ServiceName]]:
    """Services within two calls of each, in either direction: new versions further apart do not meet."""
    beside: dict[ServiceName, set[ServiceName]] = {}
    for caller, callee in calls:
        beside.setdefault(caller, set()).add(callee)
        beside.setdefault(callee, set()).add(caller)
    return {
        service: frozenset(next_).union(*(beside[other] for other in next_))
        for service, next_ in beside.items()
    }
