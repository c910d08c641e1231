"""An answer about a consumer version and a provider version, never without the evidence for it.

Evidence is ranked: a test of the two versions against each other says more than what a consumer contract
asks of a specification, that more than a comparison of two specifications, and a range of versions says least.
"""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.contracts.compatibility import Compatibility


class EvidenceKind(StrEnum):
    """Where an answer comes from, the strongest first."""

    TEST = "test"
    CONSUMER_CONTRACT = "consumer-contract"
    SPECIFICATION = "specification"
    VERSION_RANGE = "version-range"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An answer, its evidence in words, what kind that is, and of what date (RFC 3339) where it has one."""

    answer: Compatibility
    evidence: str
    kind: EvidenceKind = EvidenceKind.NONE
    at: str = ""

    @property
    def safe(self) -> bool:
        """Only what is known to be compatible is safe."""
        return self.answer.safe
