"""Journeys by the variant of a feature flag, as a source of evidence for gates.

A gate of a flag compares users who have it on with users who have it off: what counts is how a whole journey ended for
its user, wherever on the way the flag was evaluated.

Journeys are counted once nothing more is expected of them. So a reading is of a moment some seconds ago: what it has
may have been served before a flag was moved just now.
"""

from dataclasses import dataclass
from typing import Final

from tidegate.core.gates.evidence import CallEdge, Counts, Reading
from tidegate.core.traces.reading import Outcomes
from tidegate.observers.traces.table import SWEEP_SECONDS
from tidegate.observers.traces.waiting import Patience
from tidegate.ports import Traces

LAG_SECONDS: Final = Patience().quiet + SWEEP_SECONDS
"""After which a journey is counted."""


@dataclass(frozen=True, slots=True)
class FlagObserver:
    """Reads flags from what `traces` have counted, as the port `Observer`."""

    traces: Traces

    async def read(self) -> Reading:
        """Each variant's journeys, counted as requests into it from outside."""
        known = await self.traces.read()
        edges = {
            CallEdge(caller=None, callee=variant): _counts(found) for variant, found in known.flags.items()
        }
        return Reading(at=known.at - LAG_SECONDS, epoch=known.epoch, edges=edges)


def _counts(found: Outcomes) -> Counts:
    return Counts(requests=found.journeys, bad=found.failed, times=found.times)
