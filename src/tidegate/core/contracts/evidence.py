"""Judging two live versions by the strongest evidence there is.

    test                two versions were run against each other: passed or failed
    consumer contract   is the provider's specification enough for what this consumer version needs?
    specification       the specification that the consumer was built against, beside the provider's
    version range       the range of versions that the consumer names, beside the version that is offered

The first that has an answer decides, also against a weaker one: a specification that breaks its consumers does
so whatever its version number promises. What none can answer is unknown.

A consumer was built against the lowest version that its range admits and whose specification is on record; each
alternative of a range (`^1 || ^2`) names one version more.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from semantic_version import Version as SemanticVersion

from tidegate.core.catalog import Requirement
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.judgement import EvidenceKind, Judgement
from tidegate.core.contracts.pair import Live, Pair, Side
from tidegate.core.contracts.records import Party, Records
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.versions import in_range, satisfies
from tidegate.core.ids import InterfaceName, ServiceName

MOST_REASONS: Final = 3
"""How many differences a judgement tells; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Whether a specification is enough for a consumer contract, and if not, why: a sentence for each finding."""

    answer: Compatibility
    reasons: tuple[str, ...] = ()


class Library(Protocol):
    """Compares what is on record. Answers are remembered: the same pair is asked for again and again."""

    def compare(self, interface: InterfaceName, old: str, new: str) -> Comparison | None:
        """Two versions of an interface side by side; None where the specification of one is not known."""
        ...

    def keeps(
        self, consumer: Party, interface: InterfaceName, version: str, built: tuple[str, ...]
    ) -> Kept | None:
        """Does this version keep the consumer's contract? None where either is not known.

        What a version that the consumer was `built` against leaves as open is no reason against another.
        """
        ...

    def retirements(self, interface: InterfaceName, version: str) -> tuple[Retirement, ...]:
        """What the specification of a version announces to go away; nothing where it is not known."""
        ...

    def counting(
        self, consumer: Party, interface: InterfaceName, old: str, new: str
    ) -> frozenset[Difference]:
        """The differences between two versions that count for a consumer, by its contract."""
        ...


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is on record, and the library that compares it."""

    records: Records = field(default_factory=Records)
    library: Library

    def judge(self, consumer: Live, need: Requirement, provider: Live) -> Judgement:
        """Does the consumer get what it needs of this provider? By the strongest evidence that has an answer."""
        offered = offered_by(provider, need.interface)
        open_: list[str] = []
        for source in SOURCES:
            judged = source(self, consumer, need, provider, offered)
            if judged is not None and judged.answer is not Compatibility.UNKNOWN:
                return judged
            open_ += [judged.evidence] if judged else []
        judged = satisfies(need, provider.provides)
        left_open = "".join(f"; what says more leaves it open: it {words}" for words in open_)
        return replace(judged, evidence=judged.evidence + left_open)

    def differences(
        self, found: Iterable[Pair]
    ) -> dict[tuple[ServiceName, ServiceName, InterfaceName], Comparison]:
        """What is known to stand between an old and a new version that do not work together."""
        known = {}
        for pair in found:
            if pair.judgement.safe or pair.consumer.side is pair.provider.side:
                continue
            for need in pair.consumer.consumes:
                comparison = self._between(pair, need)
                if comparison is not None:
                    known[pair.consumer.service, pair.provider.service, need.interface] = comparison
        return known

    def _between(self, pair: Pair, need: Requirement) -> Comparison | None:
        """From the old version of an interface to the new: one is offered, the other was built against."""
        built, offered = self.references(need), offered_by(pair.provider, need.interface)
        if not built or not offered:
            return None
        ends = (built[0], offered[0])
        old, new = ends if pair.consumer.side is Side.OLD else reversed(ends)
        return self.library.compare(need.interface, old, new)

    def references(self, need: Requirement) -> tuple[str, ...]:
        """The versions that a consumer was built against, as far as their specifications are on record."""
        known = sorted(self.records.specified(need.interface), key=SemanticVersion)
        alternatives = need.range.split("||") if need.range else []
        lowest = (next((v for v in known if in_range(v, part.strip())), "") for part in alternatives)
        return tuple(dict.fromkeys(filter(None, lowest)))


def offered_by(provider: Live, interface: InterfaceName) -> list[str]:
    """The versions of an interface that a provider offers."""
    return [
        version for offer in provider.provides if offer.interface == interface for version in offer.versions
    ]


Offered = Sequence[str]
Source = Callable[[Evidence, Live, Requirement, Live, Offered], Judgement | None]


def _by_test(
    evidence: Evidence, consumer: Live, _: Requirement, provider: Live, __: Offered
) -> Judgement | None:
    pair = (Party(consumer.service, consumer.version), Party(provider.service, provider.version))
    found = evidence.records.tests.get(pair)
    if found is None:
        return None
    said = f": {found.summary}" if found.summary else ""
    return Judgement(
        answer=Compatibility.COMPATIBLE if found.passed else Compatibility.BREAKING,
        evidence=f"{'passed' if found.passed else 'failed'} its test with it, {found.origin}{said}",
        kind=EvidenceKind.TEST,
        at=found.origin.at,
    )


def _by_contract(
    evidence: Evidence, consumer: Live, need: Requirement, _: Live, offered: Offered
) -> Judgement | None:
    party = Party(consumer.service, consumer.version)
    record = evidence.records.contracts.get((party, need.interface))
    if record is None:
        return None
    built = evidence.references(need)
    kept = [
        (version, found)
        for version in offered
        if (found := evidence.library.keeps(party, need.interface, version, built)) is not None
    ]
    judged = (
        Judgement(
            answer=found.answer,
            evidence=_contract_words(need.interface, version, found),
            kind=EvidenceKind.CONSUMER_CONTRACT,
            at=record.origin.at,
        )
        for version, found in kept
    )
    return _best(judged, every=len(kept) == len(offered))


def _contract_words(interface: InterfaceName, version: str, kept: Kept) -> str:
    if kept.answer.safe:
        return f"has a consumer contract that {interface} {version} keeps"
    return f"has a consumer contract that {interface} {version} does not keep: {told(kept.reasons)}"


def _by_specification(
    evidence: Evidence, _: Live, need: Requirement, __: Live, offered: Offered
) -> Judgement | None:
    references = evidence.references(need)
    compared = [
        (reference, version, found)
        for version in offered
        for reference in references
        if (found := evidence.library.compare(need.interface, reference, version)) is not None
    ]
    judged = (
        Judgement(
            answer=found.old_consumer_new_provider,
            evidence=_specification_words(need.interface, reference, version, found),
            kind=EvidenceKind.SPECIFICATION,
            at=evidence.records.specifications[need.interface, version].origin.at,
        )
        for reference, version, found in compared
    )
    return _best(judged, every=len(compared) == len(offered) * len(references))


def _specification_words(interface: InterfaceName, built: str, offered: str, found: Comparison) -> str:
    if built == offered:
        return f"was built against {interface} {built}, which is provided"
    if found.old_consumer_new_provider.safe:
        return f"was built against {interface} {built}; {offered} keeps all of it"
    reasons = [
        f"{difference.place}: {difference.reason}"
        for difference in found.differences
        if difference.old_consumer_new_provider is found.old_consumer_new_provider
    ]
    reasons = reasons or [str(doubt) for doubt in found.doubts]
    return f"was built against {interface} {built}, provided as {offered}: {told(reasons)}"


def _best(judged: Iterable[Judgement], *, every: bool) -> Judgement | None:
    """One version that works is enough; that none does is known only if every one was compared."""
    found = list(judged)
    safe = next((each for each in found if each.safe), None)
    if safe is not None or not found or not every:
        return safe
    unknown = next((each for each in found if each.answer is Compatibility.UNKNOWN), None)
    return unknown or found[0]


def told(reasons: Sequence[str]) -> str:
    """The first reasons, and how many more there are."""
    shown = "; ".join(reasons[:MOST_REASONS])
    more = len(reasons) - MOST_REASONS
    return f"{shown} (and {more} more)" if more > 0 else shown


SOURCES: Final[tuple[Source, ...]] = (_by_test, _by_contract, _by_specification)
