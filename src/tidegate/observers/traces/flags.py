"""Journeys by the variant of a feature flag, as a source of evidence for gates.

A gate of a flag compares users who have it on with users who have it off: what counts is how a whole journey ended for
its user, wherever on the way the flag was evaluated.
"""

from dataclasses import dataclass

from tidegate.core.gates.evidence import CallEdge, Counts, Reading
from tidegate.core.traces.reading import Outcomes
from tidegate.ports import Traces


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
        return Reading(at=known.at, epoch=known.epoch, edges=edges)


def _counts(found: Outcomes) -> Counts:
    return Counts(requests=found.journeys, bad=found.failed, times=found.times)
