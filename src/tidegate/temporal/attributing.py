"""Which of several releases that are live at once is at fault: asked when the gate of one of them has failed.

Journeys are asked first (`core/attribution/journeys`). Where they cannot tell, or there are none, the counts of edges
are asked (`core/attribution/edges`), which the gates of all suspects have stored. What a gate has seen says already
that there is harm, so while journeys are undecided a little time is given to them, and no more.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.gates.evidence import Batch
from tidegate.core.ids import ServiceName
from tidegate.store.batches import BATCHES
from tidegate.store.database import Store
from tidegate.temporal.journey_file import looks_of
from tidegate.temporal.messages import AttributeOrder, Counted, Exposed
from tidegate.temporal.methods import by_edges, by_journeys
from tidegate.temporal.witness import Witness

PATIENCE_SECONDS = 5.0
"""How long journeys are waited for, that may settle it, while the harm goes on."""

LOOK_SECONDS = 0.5


_NAMED = frozenset({Answer.ONE, Answer.PAIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributor:
    """Asks the methods, the strongest evidence first; without a `witness` there are no journeys."""

    store: Store
    clock: Callable[[], float]
    witness: Witness | None

    async def attribution(self, order: AttributeOrder) -> Attribution:
        """The answer: one that names a culprit, or what is known when the time to wait is over."""
        while True:
            await self._look(order)
            found = finite(await asyncio.to_thread(self._asked, order))
            waited = self.clock() - order.failed_at
            if self.witness is None or _is_final(found) or waited >= order.patience:
                return found
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, order: AttributeOrder) -> None:
        if self.witness is not None:
            services = services_of(order.suspects)
            await self.witness.look(order.rollout, services)
            await self.witness.keep(order.rollout, services, order.evidence_from)

    def _asked(self, order: AttributeOrder) -> Attribution:
        looks = [look.found for look in looks_of(self.store, order.rollout, order.evidence_from)]
        journeys = by_journeys(order.suspects, looks) if any(look.cohorts for look in looks) else None
        if journeys is not None and journeys.answer in {*_NAMED, Answer.NONE}:
            return journeys
        edges = by_edges(order.suspects, self._counted(order))
        return edges if journeys is None or edges.answer in _NAMED else journeys

    def _counted(self, order: AttributeOrder) -> tuple[Counted, ...]:
        """What was counted beside every suspect; an edge between two of them is taken from the first."""
        found: list[Counted] = []
        seen: set[ServiceName] = set()
        for suspect in order.suspects:
            found += self._beside(order, suspect, seen)
            seen.add(suspect.action.service)
        return tuple(sorted(found, key=lambda each: each.at))

    def _beside(
        self, order: AttributeOrder, suspect: Exposed, seen: Collection[ServiceName]
    ) -> list[Counted]:
        records = self.store.evidence_of(order.rollout, suspect.step)
        return [
            Counted(at=record.at.timestamp(), batch=_without(BATCHES.decoded(record.batch["batch"]), seen))
            for record in records
            if record.at.timestamp() >= order.evidence_from
        ]


def _is_final(found: Attribution) -> bool:
    """Whether more journeys would change nothing."""
    return found.answer in _NAMED or (found.basis is Basis.TRACES and found.answer is not Answer.UNDECIDED)


def finite(found: Attribution) -> Attribution:
    """The same answer with evidence that JSON can write; beyond `_MOST` it makes no difference."""
    ranking = tuple(
        replace(each, log_e=_within(each.log_e), log_e_needed=_within(each.log_e_needed))
        for each in found.ranking
    )
    return replace(found, ranking=ranking)


_MOST = 1e6


def _within(log_e: float) -> float:
    return min(max(log_e, -_MOST), _MOST)


def services_of(suspects: Sequence[Exposed]) -> tuple[ServiceName, ...]:
    """The services whose releases are suspect."""
    return tuple(suspect.action.service for suspect in suspects)


def _without(batch: Batch, seen: Collection[ServiceName]) -> Batch:
    """Only the edges of a batch, and none that the evidence about another service has."""
    edges = {
        edge: counts
        for edge, counts in batch.edges.items()
        if edge.callee.service not in seen and (edge.caller is None or edge.caller.service not in seen)
    }
    return Batch(edges=edges, seconds=batch.seconds)
