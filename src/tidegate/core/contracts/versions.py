"""The weakest evidence: ranges of interface versions, declared or taken from semantic versioning.

Compares the range that a consumer names with the versions that a provider offers (npm's ranges over Semantic
Versioning 2.0.0). Cannot see whether the versions keep what their numbers promise.
"""

from collections.abc import Sequence
from functools import cache

from semantic_version import NpmSpec, Version

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.judgement import EvidenceKind, Judgement


def satisfies(need: Requirement, offers: Sequence[Provision]) -> Judgement:
    """Is `need` met by one of `offers`? A provider may offer several versions of an interface at once."""
    offered = [version for offer in offers if offer.interface == need.interface for version in offer.versions]
    if not need.range:
        return _by_range(Compatibility.UNKNOWN, f"names no version of {need.interface} that it works with")
    wanted = f"needs {need.interface} {need.range}" + ("" if need.declared else " by semantic versioning")
    if not offered:
        return _by_range(Compatibility.BREAKING, f"{wanted}, which is not provided")
    meets = [version for version in offered if in_range(version, need.range)]
    if meets:
        return _by_range(Compatibility.COMPATIBLE, f"{wanted}, provided as {', '.join(meets)}")
    return _by_range(Compatibility.BREAKING, f"{wanted}, provided as {', '.join(offered)}")


def _by_range(answer: Compatibility, evidence: str) -> Judgement:
    return Judgement(answer=answer, evidence=evidence, kind=EvidenceKind.VERSION_RANGE)


@cache
def in_range(version: str, wanted: str) -> bool:
    """Is the semantic version inside the npm-style range? Both were checked when they were read."""
    return NpmSpec(wanted).match(Version(version))  # type: ignore[no-any-return]
