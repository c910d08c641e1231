"""Does a consumer version work against a provider version? Three answers, of which only one is safe."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Compatibility(StrEnum):
    """Whether two versions work together. What is not known is `unknown`, and unknown is never safe."""

    COMPATIBLE = "compatible"
    BREAKING = "breaking"
    UNKNOWN = "unknown"

    @property
    def safe(self) -> bool:
        """Only what is known to be compatible is safe."""
        return self is Compatibility.COMPATIBLE


WORST_FIRST: Final = (Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE)


def worst(answers: Iterable[Compatibility]) -> Compatibility:
    """The answer over several things that must all work; `compatible` where there are none."""
    return min(answers, key=WORST_FIRST.index, default=Compatibility.COMPATIBLE)
