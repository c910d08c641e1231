"""One file of SQL with its way forth and its way back, told apart by comments: those of dbmate and of goose.

    -- migrate:up            -- +goose Up
    -- migrate:down          -- +goose Down

What else these tools are told in such comments changes how they run the SQL and not what it says, or is an error here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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
"""What begins with a comment; nothing does with those that only say how the SQL is cut and run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """SQL of one direction and the line that it begins on."""

    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A file cut at its comments: what each direction says, and lines with what is wrong with them."""

    up: Section | None = None
    down: Section | None = None
    wrong: tuple[tuple[int, str], ...] = ()


def sections(text: str) -> Sections:
    """The sections of a file; neither is there where no comment says so."""
    found: dict[str, list[str]] = {}
    begins: dict[str, int] = {}
    wrong: list[tuple[int, str]] = []
    here = ""
    for number, line in enumerate(text.split("\n"), start=1):
        starts = _directive(line)
        if starts is None:
            found.setdefault(here, []).append(line)
        elif starts not in ("", "up", "down"):
            wrong.append((number, f"the comment {line.strip()} is not known"))
        elif starts in begins:
            wrong.append((number, f"the way {starts} is written twice (first on line {begins[starts]})"))
        elif starts:
            here, begins[starts] = starts, number
    wrong += (
        [(1, "SQL before the first section belongs to none")]
        if begins and says_something(found.get("", []))
        else []
    )
    made = {name: Section(text="\n".join(found.get(name, [])), line=line) for name, line in begins.items()}
    return Sections(up=made.get("up"), down=made.get("down"), wrong=tuple(wrong))


def _directive(line: str) -> str | None:
    """What a line begins; None is no directive, and one that is not known gives itself."""
    written = DIRECTIVE.fullmatch(line.strip())
    if written is None:
        return None
    said = " ".join(f"{written[1]}{written[2]}".lower().split())
    return WORDS.get(said, said)


def says_something(lines: list[str]) -> bool:
    """Whether any line is more than a comment or nothing."""
    return any(line.strip() and not line.lstrip().startswith("--") for line in lines)
