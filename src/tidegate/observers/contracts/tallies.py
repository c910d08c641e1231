"""What was checked of each version, and how it came out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tidegate.core.contracts.conformance.check import Checked, Outcome
from tidegate.core.gates.evidence import NOTHING, Gap, Missing, Signal, Tally, VersionedService
from tidegate.core.gates.measures import CONFORMANCE

MOST_REASONS: Final = 20
LONGEST: Final = 1200


@dataclass(slots=True, kw_only=True)
class Seen:
    """Of one version: answers checked and broken, why others could not be, and the newest that broke."""

    tally: Tally = NOTHING
    unknown: Counter[str] = field(default_factory=Counter)
    example: str = ""

    def add(self, checked: Checked) -> None:
        """Count one answer; what is no evidence counts for nothing."""
        if checked.outcome is Outcome.UNKNOWN:
            self._unknown("; ".join(checked.findings))
        elif checked.outcome is not Outcome.NONE:
            broken = checked.outcome is Outcome.BROKEN
            self.tally += Tally(requests=1, bad=int(broken))
            self.example = str(checked)[:LONGEST] if broken else self.example

    def _unknown(self, why: str) -> None:
        known = why in self.unknown or len(self.unknown) < MOST_REASONS
        self.unknown[why if known else OTHER] += 1

    @property
    def unchecked(self) -> str:
        """How many answers could not be checked and why, most of them first; empty if all could."""
        told = (f"{number:,} because {why}" for why, number in self.unknown.most_common(TOLD))
        return (
            f"{self.unknown.total():,} answers could not be checked: {', '.join(told)}"
            if self.unknown
            else ""
        )


OTHER: Final = "of other reasons"
TOLD: Final = 3


class Tallies:
    """Every version that answered."""

    def __init__(self) -> None:
        self._seen: defaultdict[VersionedService, Seen] = defaultdict(Seen)

    def add(self, version: VersionedService, checked: Checked) -> None:
        """Count one answer of a version."""
        self._seen[version].add(checked)

    def ratios(self) -> dict[Signal, Tally]:
        """Answers checked, and how many of them broke the contract."""
        return {_signal(version): seen.tally for version, seen in self._seen.items() if seen.tally.requests}

    def examples(self) -> dict[Signal, str]:
        """What broke it, and what could not be told."""
        said = {
            version: "; ".join(filter(None, (seen.example, seen.unchecked)))
            for version, seen in self._seen.items()
        }
        return {_signal(version): words for version, words in said.items() if words}

    def missing(self, version: VersionedService) -> Iterator[Missing]:
        """Said of a version none of whose answers could be checked."""
        seen = self._seen.get(version, Seen())
        if not seen.tally.requests:
            what = f"no answer of {version} was checked{'; ' if seen.unknown else ''}{seen.unchecked}"
            yield Missing(gap=Gap.NO_DATA, what=what[:LONGEST], service=version.service)


def _signal(version: VersionedService) -> Signal:
    return Signal(name=CONFORMANCE, version=version)
