"""`tidegate contracts diff` as text, Markdown and JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tidegate.cli.catalog import problem_values
from tidegate.cli.contract_text import MARKS, coloured, escaped
from tidegate.cli.plan_text import wrapped
from tidegate.core.contracts.compatibility import WORST_FIRST, Compatibility
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.specification import Place
from tidegate.core.errors import Location, Problem
from tidegate.sources.specifications.lines import Locator

DIRECTIONS = {
    "old_consumer_new_provider": "old consumers with the new provider",
    "new_consumer_old_provider": "new consumers with the old provider",
}


@dataclass(frozen=True, kw_only=True)
class Diff:
    """Two specifications as the user named them, and what is between them."""

    old: Path
    new: Path
    comparison: Comparison

    def answers(self) -> dict[str, Compatibility]:
        """The answer of each direction."""
        return {direction: getattr(self.comparison, direction) for direction in DIRECTIONS}


def diff_text(diff: Diff) -> Iterator[str]:
    """Both answers, then each difference with the worst first."""
    yield f"{diff.comparison.kind}: {diff.old} → {diff.new}"
    for direction, answer in diff.answers().items():
        yield f"  {coloured(answer, f'{MARKS[answer]} {answer:<10}')} {DIRECTIONS[direction]}"
    differences = worst_first(diff.comparison.differences)
    if differences:
        yield "\nThe first mark is for old consumers, the second for new ones."
    for difference in differences:
        yield from _lines(difference)
    for doubt in diff.comparison.doubts:
        yield wrapped(f"  {coloured(Compatibility.UNKNOWN, '? ?')} {doubt}")
    if diff.comparison.unseen:
        yield ""
        yield wrapped(f"Not seen: {diff.comparison.unseen}")


def _lines(difference: Difference) -> Iterator[str]:
    yield ""
    yield wrapped(f"  {_marks(difference)} {difference.place.path}  [{difference.rule}]")
    yield wrapped(f"      {difference.reason}")
    if place := location(difference.place):
        yield f"      {place}"


def _marks(difference: Difference) -> str:
    return " ".join(coloured(answer, MARKS[answer]) for answer in _effects(difference))


def _effects(difference: Difference) -> tuple[Compatibility, Compatibility]:
    return difference.old_consumer_new_provider, difference.new_consumer_old_provider


def worst_first(differences: Sequence[Difference]) -> list[Difference]:
    """What breaks old consumers comes first, then what breaks new ones; otherwise as found."""
    return sorted(differences, key=lambda difference: [*map(WORST_FIRST.index, _effects(difference))])


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
    if diff.comparison.differences or diff.comparison.doubts:
        yield "\n| old consumers | new consumers | where | rule | why |\n| --- | --- | --- | --- | --- |"
    for difference in worst_first(diff.comparison.differences):
        marks = (f"{MARKS[answer]} {answer}" for answer in _effects(difference))
        yield _row(*marks, difference.place.path, difference.rule, difference.reason)
    for doubt in diff.comparison.doubts:
        yield _row("? unknown", "? unknown", str(doubt.location or ""), "", doubt.message)
    if diff.comparison.unseen:
        yield f"\nNot seen: {diff.comparison.unseen}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def diff_values(diff: Diff) -> dict[str, Any]:
    """A comparison as JSON shows it."""
    return {
        "old": str(diff.old),
        "new": str(diff.new),
        "kind": diff.comparison.kind,
        **diff.answers(),
        "differences": [_difference_values(each) for each in worst_first(diff.comparison.differences)],
        "doubts": [problem_values(doubt) for doubt in diff.comparison.doubts],
        "unseen": diff.comparison.unseen,
    }


def _difference_values(difference: Difference) -> dict[str, Any]:
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
