"""`tidegate contracts diff` as text, Markdown and JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tidegate.cli.catalog import problem_values
from tidegate.cli.contract_text import MARKS, coloured, escaped, row
from tidegate.cli.plan_text import wrapped
from tidegate.core.contracts.compatibility import WORST_FIRST, Compatibility
from tidegate.core.contracts.consumer import Narrowed
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.specification import Place
from tidegate.core.errors import Location, Problem
from tidegate.sources.specifications.lines import Locator

DIRECTIONS = {
    "old_consumer_new_provider": "old consumers with the new provider",
    "new_consumer_old_provider": "new consumers with the old provider",
}


class Row(NamedTuple):
    """A difference, and why it does not count for the consumer that was asked about."""

    difference: Difference
    because: str = ""

    @property
    def effects(self) -> tuple[Compatibility, Compatibility]:
        """Whom it breaks: old consumers, new consumers."""
        return self.difference.old_consumer_new_provider, self.difference.new_consumer_old_provider


@dataclass(frozen=True, kw_only=True)
class Diff:
    """Two specifications as the user named them, what is between them, and what of it concerns a consumer."""

    old: Path
    new: Path
    comparison: Comparison
    narrowed: Narrowed | None = None

    def answers(self) -> dict[str, Compatibility]:
        """The answer of each direction, for all consumers or for the one."""
        judged = self.narrowed or self.comparison
        return {direction: getattr(judged, direction) for direction in DIRECTIONS}

    def rows(self) -> list[Row]:
        """Every difference and why it does not count; what breaks old consumers first, then new ones."""
        if self.narrowed is None:
            rows = [Row(difference) for difference in self.comparison.differences]
        else:
            rows = [Row(counted.difference, counted.because) for counted in self.narrowed.differences]
        return sorted(rows, key=lambda told: [bool(told.because), *map(WORST_FIRST.index, told.effects)])

    def findings(self) -> dict[str, tuple[str, ...]]:
        """For each direction, what stands between the consumer's contract and the specification."""
        if self.narrowed is None:
            return {}
        checks = zip(DIRECTIONS, (self.narrowed.against_new, self.narrowed.against_old), strict=True)
        return {name: tuple(map(str, (*check.findings, *check.doubts))) for name, check in checks}

    def doubts(self) -> tuple[Problem, ...]:
        """What could not be compared; where a consumer is asked about, its findings have what concerns it."""
        return () if self.narrowed else self.comparison.doubts


def diff_text(diff: Diff) -> Iterator[str]:
    """Both answers, then each difference with the worst first."""
    yield f"{diff.comparison.kind}: {diff.old} → {diff.new}"
    for direction, answer in diff.answers().items():
        yield f"  {coloured(answer, f'{MARKS[answer]} {answer:<10}')} {DIRECTIONS[direction]}"
    if diff.narrowed:
        yield wrapped(f"  {diff.narrowed.evidence}")
    for direction, findings in diff.findings().items():
        yield from _found(DIRECTIONS[direction], findings)
    if diff.rows():
        yield "\nThe first mark is for old consumers, the second for new ones."
    for each in diff.rows():
        yield from _lines(each)
    for doubt in diff.doubts():
        yield wrapped(f"  {coloured(Compatibility.UNKNOWN, '? ?')} {doubt}")
    if diff.comparison.unseen:
        yield ""
        yield wrapped(f"Not seen: {diff.comparison.unseen}")


def _found(direction: str, findings: Sequence[str]) -> Iterator[str]:
    if findings:
        yield f"\nBetween {direction}:"
    yield from (wrapped(f"  {finding}") for finding in findings)


def _lines(told: Row) -> Iterator[str]:
    difference = told.difference
    marks = "- -" if told.because else " ".join(coloured(answer, MARKS[answer]) for answer in told.effects)
    yield ""
    yield wrapped(f"  {marks} {difference.place.path}  [{difference.rule}]")
    yield wrapped(f"      {difference.reason}")
    if told.because:
        yield wrapped(f"      does not count: {told.because}")
    if place := location(difference.place):
        yield f"      {place}"


@cache
def _locator(specification: str) -> Locator:
    return Locator(Path(specification))


def location(place: Place) -> Location | None:
    """File and line of a place, as far as they can be told."""
    path = Path(place.specification)
    if place.line:
        return Location(file=str(path / place.file if path.is_dir() else path), line=place.line)
    return _locator(place.specification).locate(place) if place.specification else None


def diff_markdown(diff: Diff) -> Iterator[str]:
    """For a pull request: both answers and a table."""
    yield f"### {escaped(str(diff.old))} → {escaped(str(diff.new))}\n"
    for direction, answer in diff.answers().items():
        yield f"- {MARKS[answer]} **{answer}**: {DIRECTIONS[direction]}"
        yield from (f"  - {escaped(finding)}" for finding in diff.findings().get(direction, ()))
    if diff.narrowed:
        yield f"- {escaped(diff.narrowed.evidence)}"
    if diff.rows() or diff.doubts():
        yield "\n| old consumers | new consumers | where | rule | why |\n| --- | --- | --- | --- | --- |"
    for each in diff.rows():
        marks = ["does not count"] * 2 if each.because else [f"{MARKS[a]} {a}" for a in each.effects]
        found = each.difference
        yield row(*marks, found.place.path, found.rule, each.because or found.reason)
    for doubt in diff.doubts():
        yield row("? unknown", "? unknown", str(doubt.location or ""), "", doubt.message)
    if diff.comparison.unseen:
        yield f"\nNot seen: {diff.comparison.unseen}"


def diff_values(diff: Diff) -> dict[str, Any]:
    """A comparison as JSON shows it."""
    return {
        "old": str(diff.old),
        "new": str(diff.new),
        "kind": diff.comparison.kind,
        **diff.answers(),
        **({"consumer": _consumer_values(diff, diff.narrowed)} if diff.narrowed else {}),
        "differences": [_difference_values(each) for each in diff.rows()],
        "doubts": [problem_values(doubt) for doubt in diff.doubts()],
        "unseen": diff.comparison.unseen,
    }


def _consumer_values(diff: Diff, narrowed: Narrowed) -> dict[str, Any]:
    return {
        "name": narrowed.consumer,
        "evidence": narrowed.evidence,
        "checked": list(narrowed.against_new.checked),
        "findings": {direction: list(found) for direction, found in diff.findings().items()},
    }


def _difference_values(told: Row) -> dict[str, Any]:
    difference = told.difference
    found = location(difference.place)
    return {
        "rule": difference.rule,
        "position": difference.position,
        "place": difference.place.path,
        "file": found.file if found else None,
        "line": found.line if found else None,
        "pointer": difference.place.pointer or None,
        "reason": difference.reason,
        **{direction: getattr(difference, direction) for direction in DIRECTIONS},
        **({"does_not_count": told.because} if told.because else {}),
    }


def unread_values(old: Path, new: Path, problems: Sequence[Problem]) -> dict[str, Any]:
    """What JSON shows where nothing could be compared: both answers are there, and unknown."""
    return {
        "old": str(old),
        "new": str(new),
        **dict.fromkeys(DIRECTIONS, Compatibility.UNKNOWN),
        "differences": [],
        "doubts": [problem_values(problem) for problem in problems],
    }
