"""Does a consumer version work against a provider version? Always answered with the evidence for saying so.

The only evidence here is the weakest: ranges of interface versions, declared or taken from semantic
versioning. What is not known is `unknown`, and unknown is never safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from semantic_version import NpmSpec, Version

from tidegate.core.catalog import Provision, Requirement


class Compatibility(StrEnum):
    """Whether two versions work together."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An answer and its evidence in words."""

    answer: Compatibility
    evidence: str

    @property
    def safe(self) -> bool:
        """Only what is known to be compatible is safe."""
        return self.answer is Compatibility.COMPATIBLE


def satisfies(need: Requirement, offers: Sequence[Provision]) -> Judgement:
    """Is `need` met by one of `offers`? A provider may offer several versions of an interface at once."""
    offered = [version for offer in offers if offer.interface == need.interface for version in offer.versions]
    if not need.range:
        return Judgement(
            answer=Compatibility.UNKNOWN,
            evidence=f"names no version of {need.interface} that it works with",
        )
    wanted = f"needs {need.interface} {need.range}" + ("" if need.declared else " by semantic versioning")
    if not offered:
        return Judgement(answer=Compatibility.INCOMPATIBLE, evidence=f"{wanted}, which is not provided")
    meets = [version for version in offered if in_range(version, need.range)]
    if meets:
        return Judgement(
            answer=Compatibility.COMPATIBLE, evidence=f"{wanted}, provided as {', '.join(meets)}"
        )
    return Judgement(
        answer=Compatibility.INCOMPATIBLE, evidence=f"{wanted}, provided as {', '.join(offered)}"
    )


@cache
def in_range(version: str, wanted: str) -> bool:
    """Is the semantic version inside the npm-style range? Both were checked when they were read."""
    return NpmSpec(wanted).match(Version(version))  # type: ignore[no-any-return]
