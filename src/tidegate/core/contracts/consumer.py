"""What a comparison of two specifications means for one consumer, whose contract says what it uses.

The contract is checked against both specifications: that is the stronger evidence, and it decides. Differences are told
beside it, each as one that counts for the consumer, or as one that does not and why. A difference that the check cannot
see, as of security, decides as well where the consumer uses what it touches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.differences import Comparison, Difference, Part, Position
from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.view import Interface
from tidegate.core.contracts.pact.check import Check, check
from tidegate.core.contracts.pact.model import Contract, Interaction
from tidegate.core.contracts.pact.uses import uses_of
from tidegate.core.contracts.schemas.site import ENTRY
from tidegate.core.contracts.specification import Kind, Specification

Uses = Mapping[str, frozenset[Part]]
"""The parts that each interaction uses, by its description, `with_outer` parts."""

UNCHECKED: Final = frozenset({Position.SECURITY})
"""Positions of differences that no check of a contract sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A difference as it concerns the consumer: the interactions that it touches, and whether it counts.

    `because` says why it does not: nothing of it is used, or what is used holds all the same.
    """

    difference: Difference
    interactions: tuple[str, ...]
    because: str = ""

    @property
    def counts(self) -> bool:
        """Whether the difference stands between the consumer and one of the versions."""
        return not self.because


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Both answers for one consumer, on what evidence, and every difference with what it means for it."""

    consumer: str
    against_new: Check
    against_old: Check
    differences: tuple[Counted, ...]

    @property
    def old_consumer_new_provider(self) -> Compatibility:
        """Does the consumer, if it was there before, work with providers of the new specification?"""
        unseen = (c.difference.old_consumer_new_provider for c in self._unchecked())
        return worst([self.against_new.answer, *unseen])

    @property
    def new_consumer_old_provider(self) -> Compatibility:
        """Does the consumer, if it comes with the new version, work with providers of the old specification?"""
        unseen = (c.difference.new_consumer_old_provider for c in self._unchecked())
        return worst([self.against_old.answer, *unseen])

    def _unchecked(self) -> Iterable[Counted]:
        return (c for c in self.differences if c.counts and c.difference.position in UNCHECKED)

    @property
    def evidence(self) -> str:
        """Who was checked, and on what."""
        return f"{self.against_new.evidence}, and against {self.against_old.specification}"


def affected(difference: Difference, used: Uses) -> tuple[str, ...]:
    """The interactions that a difference touches: they use its part, and not what would spare them."""
    return tuple(name for name, parts in used.items() if _touches(difference, parts))


def _touches(difference: Difference, parts: frozenset[Part]) -> bool:
    spared = difference.spared_by is not None and _uses(parts, difference.spared_by)
    return _uses(parts, difference.part) and not spared


def _uses(parts: frozenset[Part], wanted: Part) -> bool:
    """Is the part among those used, which contain all that they lie in? `{}` in it is a property of any name."""
    return wanted in parts or (ENTRY in wanted and any(_same(part, wanted) for part in parts))


def _same(part: Part, wanted: Part) -> bool:
    return len(part) == len(wanted) and all(
        step in (ENTRY, found) for step, found in zip(wanted, part, strict=True)
    )


def with_outer(parts: Iterable[Part]) -> frozenset[Part]:
    """Parts with all that they lie in: whoever uses a field uses the operation."""
    return frozenset(part[:length] for part in parts for length in range(len(part) + 1))


def narrow(comparison: Comparison, contract: Contract, old: Specification, new: Specification) -> Narrowed:
    """What the comparison of two specifications means for the consumer that has this contract.

    What both specifications leave as open is no difference: the consumer lives with it in either version.

    Doubts of the comparison are left to the checks, which have those of what the consumer uses. Where the contract
    could not be read as a whole, or is not checked against specifications of the kind, nobody can tell what is
    used: every difference counts.
    """
    by_new, by_old = check(contract, new), check(contract, old)
    against_new, against_old = by_new.beside([by_old]), by_old.beside([by_new])
    views = [read(specification) for specification in (old, new) if specification.kind is Kind.OPENAPI]
    used = None if contract.doubts or not views else _used(contract.interactions, views)
    return Narrowed(
        consumer=contract.consumer,
        against_new=against_new,
        against_old=against_old,
        differences=tuple(
            _counted(difference, used, against_new, against_old) for difference in comparison.differences
        ),
    )


def _used(interactions: Iterable[Interaction], views: list[Interface]) -> Uses:
    """What each interaction uses of any of the versions."""
    found: dict[str, frozenset[Part]] = {}
    for interaction in (each for each in interactions if not each.pending):
        parts = with_outer(part for view in views for part in uses_of(interaction, view))
        found[str(interaction)] = found.get(str(interaction), frozenset()) | parts
    return found


def _counted(difference: Difference, used: Uses | None, new: Check, old: Check) -> Counted:
    """Whether a difference counts; where nobody can tell what is `used`, it does, for every interaction."""
    if used is None:
        return Counted(difference=difference, interactions=new.checked)
    touched = affected(difference, used)
    return Counted(
        difference=difference, interactions=touched, because=_because(difference, touched, used, (new, old))
    )


def _because(
    difference: Difference, touched: tuple[str, ...], used: Uses, checks: tuple[Check, Check]
) -> str:
    """Why a difference does not count for the consumer; empty where it does."""
    consumer = checks[0].consumer or "the consumer"
    if not touched:
        spared = any(_uses(parts, difference.part) for parts in used.values())
        name = difference.spared_by[-1] if difference.spared_by and spared else ""
        return f"{consumer} uses {name} already" if name else f"no interaction of {consumer} uses it"
    answers = (difference.old_consumer_new_provider, difference.new_consumer_old_provider)
    sides = zip(answers, checks, strict=True)
    holds = all(answer.safe or against.answer_for(touched).safe for answer, against in sides)
    if holds and difference.position not in UNCHECKED:
        return f"what {consumer} sends and expects there holds in both versions"
    return ""
