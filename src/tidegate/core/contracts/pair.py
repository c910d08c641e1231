"""Two versions that may be live together, a consumer's and a provider's, and how they are judged."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.judgement import Judgement
from tidegate.core.ids import ServiceName, Version


class Side(StrEnum):
    """Which of the two versions of a service in a change is meant."""

    OLD = "old"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One version of a service as far as contracts see it."""

    service: ServiceName
    version: Version
    side: Side
    provides: tuple[Provision, ...]
    consumes: tuple[Requirement, ...]

    def __str__(self) -> str:
        return f"{self.service} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A consumer version against a provider version, and whether they may be live together."""

    consumer: Live
    provider: Live
    judgement: Judgement

    @property
    def mixture(self) -> tuple[Side, Side]:
        """Which sides meet: (consumer's, provider's)."""
        return self.consumer.side, self.provider.side

    def __str__(self) -> str:
        verb = "is not known to work" if self.judgement.answer is Compatibility.UNKNOWN else "does not work"
        if self.judgement.safe:
            verb = "works"
        return f"{self.consumer} {verb} with {self.provider}: it {self.judgement.evidence}"


Judge = Callable[[Live, Requirement, Live], Judgement]
"""Does the first get what it needs of the second? See `core.contracts.evidence`."""
