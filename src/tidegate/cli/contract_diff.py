"""`tidegate contracts diff` as text, Markdown and JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tidegate.cli.catalog import problem_values
from tidegate.cli.contract_text import MARKS, coloured, escaped
from tidegate.cli.plan_text import wrapped
from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.specification import Place
from tidegate.core.errors import Location, Problem
from tidegate.sources.specifications.lines import Locator

OLD, NEW = "old consumers, new provider", "new consumers, old provider"


@dataclass(frozen=True, kw_only=True)
class Diff:
    """A comparison of two files or folders, and where to find lines in them."""

    old: Path
    new: Path
    comparison: Comparison

    def location(self, place: Place) -> Location | None:
        """File and line of a place in one of the two."""
        path = Path(place.specification)
        if place.line:
            return Location(file=str(path / place.file if path.is_dir() else path), line=place.line)
        return Locator(path).locate(place) if place.specification else None
