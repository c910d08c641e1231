"""Journeys through services with canaries, drawn by dice of a fixed seed."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tidegate.core.attribution.journeys.experiment import Experiment, observed
from tidegate.core.attribution.journeys.suspects import Suspect, Terms
from tidegate.core.gates.evidence import Histogram, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.strategy import Boundaries
from tidegate.core.traces.reading import Cohort, Outcomes

FAILURES_ONLY = Terms(boundaries=Boundaries())
BOUNDS = (10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
OLD, NEW = Version("1"), Version("2")


def suspect(service: str, exposure: float = 0.2, salt: str | None = None) -> Suspect:
    return Suspect(service=ServiceName(service), old=OLD, new=NEW, exposure=exposure, salt=salt)


CART, PAY, STOCK, MAIL = (suspect(service) for service in ("cart", "pay", "stock", "mail"))
ALL = (CART, PAY, STOCK, MAIL)
LINKS = ((CART.service, PAY.service), (CART.service, STOCK.service), (PAY.service, MAIL.service))


def new(*services: str) -> frozenset[VersionedService]:
    return frozenset(suspect(service).canary for service in services)


def old(*services: str) -> frozenset[VersionedService]:
    return frozenset(suspect(service).control for service in services)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What journeys do: the chance that one of a cohort fails, and how many times longer it takes than usual.

    Each goes through every service with the chance `visits`. Versions are drawn for each service; with `one_hash`
    for all of them at once.
    """

    suspects: tuple[Suspect, ...] = ALL
    fails: Callable[[Cohort], float] = lambda _: 0.02
    slower: Callable[[Cohort], float] | None = None
    visits: float = 0.7
    one_hash: bool = False
    journeys: int = 1000

    def looks(self, number: int, seed: int = 1) -> Iterator[dict[Cohort, Outcomes]]:
        dice = np.random.default_rng(seed)
        for _ in range(number):
            yield self._look(dice)

    def _look(self, dice: np.random.Generator) -> dict[Cohort, Outcomes]:
        shape = self.journeys, len(self.suspects)
        visits, drawn = dice.random(shape) < self.visits, dice.random(shape)
        drawn = np.broadcast_to(drawn[:, :1], shape) if self.one_hash else drawn
        exposed = drawn < [each.exposure for each in self.suspects]
        kinds = Counter(map(tuple, np.where(visits, 1 + exposed, 0).tolist()))
        cohorts = {self._cohort(kind): number for kind, number in kinds.items()}
        return {cohort: self._outcomes(cohort, number, dice) for cohort, number in cohorts.items()}

    def _cohort(self, kind: tuple[int, ...]) -> Cohort:
        met = zip(self.suspects, kind, strict=True)
        return frozenset((each.control, each.canary)[arm - 1] for each, arm in met if arm)

    def _outcomes(self, cohort: Cohort, journeys: int, dice: np.random.Generator) -> Outcomes:
        failed = int(dice.binomial(journeys, self.fails(cohort)))
        if self.slower is None:
            return Outcomes(journeys=journeys, failed=failed)
        times = 40.0 * self.slower(cohort) * np.exp(dice.normal(0.0, 0.6, journeys - failed))
        return Outcomes(journeys=journeys, failed=failed, times=histogram(times))


def histogram(times: np.ndarray) -> Histogram:
    counts = np.bincount(np.searchsorted(BOUNDS, times), minlength=len(BOUNDS) + 1)
    return Histogram(bounds=BOUNDS, counts=tuple(map(int, counts)))


def after(experiment: Experiment, traffic: Traffic, looks: int, seed: int = 1) -> Experiment:
    for cohorts in traffic.looks(looks, seed):
        experiment = observed(experiment, cohorts)
    return experiment
