"""As much of Gherkin as flagd-testbed uses: features of scenarios and outlines, with backgrounds, tags and tables.

Source: https://cucumber.io/docs/gherkin/reference.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

Row = tuple[str, ...]
KEYWORD = re.compile(r"(Feature|Background|Scenario Outline|Scenario|Examples):\s*(.*)")
STEP = re.compile(r"(?:Given|When|Then|And|But) (.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done or expected, and the table below it."""

    text: str
    table: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario, an outline filled in with one row of its examples."""

    name: str
    tags: frozenset[str]
    steps: tuple[Step, ...]


@dataclass(slots=True, kw_only=True)
class _Part:
    """What stands below one keyword."""

    keyword: str
    name: str
    tags: frozenset[str]
    steps: list[Step] = field(default_factory=list)
    table: list[Row] = field(default_factory=list)


def read_feature(path: Path) -> Iterator[Scenario]:
    """Every scenario of a file, once for each row of its examples."""
    return _scenarios(list(_parts(path.read_text(encoding="utf-8"))))


def _parts(text: str) -> Iterator[_Part]:
    part, tags = _Part(keyword="", name="", tags=frozenset()), frozenset[str]()
    for line in map(str.strip, text.splitlines()):
        if line.startswith("@"):
            tags |= frozenset(line.split())
        elif found := KEYWORD.match(line):
            yield part
            part, tags = _Part(keyword=found[1], name=found[2], tags=tags), frozenset()
        elif step := STEP.match(line):
            part.steps.append(Step(text=step[1]))
        elif line.startswith("|"):
            _add_row(part, tuple(cell.strip() for cell in line.strip("|").split("|")))
    yield part


def _add_row(part: _Part, row: Row) -> None:
    if part.steps:
        part.steps[-1] = replace(part.steps[-1], table=(*part.steps[-1].table, row))
    else:
        part.table.append(row)


def _scenarios(parts: Sequence[_Part]) -> Iterator[Scenario]:
    tags = next(part.tags for part in parts if part.keyword == "Feature")
    before: list[Step] = []
    outline = parts[0]
    for part in parts:
        if part.keyword == "Background":
            before = part.steps
        elif part.keyword == "Scenario":
            yield _scenario(part, tags, [*before, *part.steps])
        elif part.keyword == "Scenario Outline":
            outline = part
        elif part.keyword == "Examples":
            for row in part.table[1:]:
                values = dict(zip(part.table[0], row, strict=True))
                yield _scenario(
                    outline, tags | part.tags, [_filled(step, values) for step in [*before, *outline.steps]]
                )


def _scenario(part: _Part, tags: frozenset[str], steps: Sequence[Step]) -> Scenario:
    return Scenario(name=part.name, tags=tags | part.tags, steps=tuple(steps))


def _filled(step: Step, values: dict[str, str]) -> Step:
    text = re.sub(r"<([^<>]+)>", lambda found: values[found[1]], step.text)
    return replace(step, text=text)
