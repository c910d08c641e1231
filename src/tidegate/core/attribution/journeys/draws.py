"""Whether the versions that journeys meet are drawn independently: without that there is no experiment.

Where two services draw from one hash, journeys that meet one new version meet the other too, and what one of them does
looks like the doing of both. It shows in the draws themselves, whatever becomes of the journeys: of those that met both
services, the correlation (phi) of meeting the new versions is then far from zero. The same happens by chance where few
users stand for all journeys, each with versions of its own, and it is as bad.
"""

from dataclasses import dataclass

import numpy as np

from tidegate.core.attribution.journeys.cells import Crossed
from tidegate.core.attribution.journeys.suspects import Suspect
from tidegate.core.gates.eprocess import Flags, Floats

_TOGETHER = 0.2
"""The least correlation that matters ..."""
_SIGMAS = 5.0
"""... so far beyond chance ..."""
_DRAWN = 5.0
"""... with so many draws of either new version, below which the rule of chance does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """Journeys that met both services, by the versions met, (suspects, suspects); the diagonal has those of one.

    `known` are suspects whose draws are one by design.
    """

    new_new: Floats
    new_old: Floats
    old_old: Floats
    known: Flags

    @property
    def met_new(self) -> Floats:
        return np.diagonal(self.new_new)

    @property
    def met_old(self) -> Floats:
        return np.diagonal(self.old_old)

    @property
    def tangled(self) -> Flags:
        """Which suspects are drawn together."""
        both, one, other, none = self.new_new, self.new_old, self.new_old.T, self.old_old
        margins = (both + one) * (both + other) * (none + one) * (none + other)
        phi = (both * none - one * other) / np.sqrt(np.maximum(margins, 1.0))
        seen = phi**2 * (both + one + other + none) >= _SIGMAS**2
        enough = np.minimum(both + one, both + other) >= _DRAWN
        drawn_together = (phi >= _TOGETHER) & seen & enough
        return (self.known | drawn_together) & ~np.eye(len(phi), dtype=bool)

    @property
    def blurred(self) -> Flags:
        """The suspects that are drawn together with another."""
        blurred: Flags = self.tangled.sum(axis=1) > 0
        return blurred

    def with_journeys(self, journeys: Crossed) -> "Draws":
        """After one more batch, the first outcome of which counts every journey."""
        return Draws(
            new_new=self.new_new + journeys.new_new.requests[0],
            new_old=self.new_old + journeys.new_old.requests[0],
            old_old=self.old_old + journeys.old_old.requests[0],
            known=self.known,
        )


def no_draws(suspects: tuple[Suspect, ...]) -> Draws:
    """Nothing drawn yet."""
    nothing = np.zeros((len(suspects), len(suspects)))
    salts = [suspect.salt for suspect in suspects]
    known = np.array([[one is not None and one == other for other in salts] for one in salts])
    return Draws(new_new=nothing, new_old=nothing, old_old=nothing, known=known)
