"""How far a replica is behind, in seconds, from what it says it has replayed.

The server's own measure stands still with a replica that replays nothing at all. So it is noted when how much had been
written: a replica is behind since the first moment at which more had been written than it has replayed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """When (in seconds) up to which position of the log had been written, the oldest first."""

    samples: tuple[tuple[float, int], ...] = ()

    def with_sample(self, at: float, position: int, replayed: int) -> "Written":
        """One more; those that every replica has `replayed` say nothing any more."""
        return Written((*(sample for sample in self.samples if sample[1] > replayed), (at, position)))

    def behind(self, at: float, replayed: int) -> float:
        """For how many seconds a replica that has replayed so much is behind."""
        return next((at - when for when, position in self.samples if position > replayed), 0.0)
