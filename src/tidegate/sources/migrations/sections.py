"""One file of SQL with its way forth and its way back, told apart by comments: those of dbmate and of goose.

    -- migrate:up            -- +goose Up
    -- migrate:down          -- +goose Down

What else these tools are told in such comments changes how they run the SQL and not what it says, or is an error here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.sources.words import quoted

DIRECTIVE: Final = re.compile(r"--\s*(migrate:|\+goose\s+)(.*?)\s*", re.IGNORECASE)

WORDS: Final[Mapping[str, str]] = {
    "migrate:up": "up",
    "migrate:up transaction:true": "up",
    "migrate:up transaction:false": "up",
    "migrate:down": "down",
    "migrate:down transaction:true": "down",
    "migrate:down transaction:false": "down",
    "+goose up": "up",
    "+goose down": "down",
    "+goose statementbegin": "",
    "+goose statementend": "",
    "+goose no transaction": "",
}
"""What a comment begins; nothing, where it only says how the SQL is cut and run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """SQL of one direction and the line that it begins on."""

    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong on a line, and what to do."""

    line: int
    message: str
    hint: str = "leave it out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A file cut at its comments: what each direction says, where there is one, and what is wrong."""

    up: Section | None = None
    down: Section | None = None
    mistakes: tuple[Mistake, ...] = ()


def sections(text: str) -> Sections:
    """The sections of a file."""
    lines = text.split("\n")
    words = {number: word for number, line in enumerate(lines) if (word := _directive(line))}
    starts = [(number, WORDS[word]) for number, word in words.items() if WORDS.get(word)]
    ends = [*(number for number, _ in starts[1:]), len(lines)]
    found = {
        direction: Section(text="\n".join(lines[number + 1 : end]), line=number + 1)
        for (number, direction), end in zip(starts, ends, strict=False)
    }
    mistakes = (*_outside(lines, starts), *_unknown(lines, words), *_twice(starts))
    return Sections(up=found.get("up"), down=found.get("down"), mistakes=mistakes)


def _outside(lines: list[str], starts: list[tuple[int, str]]) -> Iterator[Mistake]:
    if starts and says_something(lines[: starts[0][0]]):
        yield Mistake(line=1, message="SQL before the first section belongs to none", hint="move it into one")


def _unknown(lines: list[str], words: Mapping[int, str]) -> Iterator[Mistake]:
    for number, word in words.items():
        if word not in WORDS:
            yield Mistake(
                line=number + 1, message=f"the comment {quoted(lines[number].strip())} is not known"
            )


def _twice(starts: list[tuple[int, str]]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for number, direction in starts:
        if first.setdefault(direction, number) != number:
            message = f"{quoted(direction)} is written twice, first on line {first[direction] + 1}"
            yield Mistake(line=number + 1, message=message, hint="leave one out")


def _directive(line: str) -> str | None:
    """What a comment for a tool says, in lower case with single spaces."""
    written = DIRECTIVE.fullmatch(line.strip())
    return " ".join(f"{written[1]}{written[2]}".lower().split()) if written else None


def says_something(lines: list[str]) -> bool:
    """Whether any line is more than a comment or nothing."""
    return any(line.strip() and not line.lstrip().startswith("--") for line in lines)
