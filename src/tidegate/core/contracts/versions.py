"""The weakest evidence: ranges of interface versions, declared or taken from semantic versioning.

Compares the range that a consumer names with the versions that a provider offers (npm's ranges over Semantic
Versioning 2.0.0). Cannot see whether the versions keep what their numbers promise.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from semantic_version import NpmSpec, Version

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.judgement import EvidenceKind, Judgement

MOST_REMEMBERED: Final = 100_000
"""Thousands of consumers ask the same of a provider; a server that lives for months must not keep it all."""


def satisfies(need: Requirement, offers: Sequence[Provision]) -> Judgement:
    """Is `need` met by one of `offers`? A provider may offer several versions of an interface at once."""
    offered = [version for offer in offers if offer.interface == need.interface for version in offer.versions]
    return _met(need.interface, need.range, tuple(offered), declared=need.declared)


@lru_cache(maxsize=MOST_REMEMBERED)
def _met(interface: str, wanted: str, offered: tuple[str, ...], *, declared: bool) -> Judgement:
    if not wanted:
        return _by_range(Compatibility.UNKNOWN, f"names no version of {interface} that it works with")
    needs = f"needs {interface} {wanted}" + ("" if declared else " by semantic versioning")
    if not offered:
        return _by_range(Compatibility.BREAKING, f"{needs}, which is not provided")
    meets = [version for version in offered if in_range(version, wanted)]
    if meets:
        return _by_range(Compatibility.COMPATIBLE, f"{needs}, provided as {', '.join(meets)}")
    return _by_range(Compatibility.BREAKING, f"{needs}, provided as {', '.join(offered)}")


def _by_range(answer: Compatibility, evidence: str) -> Judgement:
    return Judgement(answer=answer, evidence=evidence, kind=EvidenceKind.VERSION_RANGE)


@lru_cache(maxsize=MOST_REMEMBERED)
def in_range(version: str, wanted: str) -> bool:
    """Is the semantic version inside the npm-style range? Both were checked when they were read."""
    return NpmSpec(wanted).match(Version(version))  # type: ignore[no-any-return]


def at_least(version: str, least: str) -> bool:
    """Is a version of a service `least` or later? Of versions that are not semantic, only the same one is."""
    try:
        return version == least or Version(version) >= Version(least)
    except ValueError:
        return False
