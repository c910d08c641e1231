"""Path templates: `/pets/{id}` and `/pets/{petId}` are one path, and a concrete path finds its template.

A segment may mix text and parameters (`/report.{format}`). Matching walks the literal pieces once from left to
right, so that no template, however hostile, takes more than the product of the two lengths.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import unquote

PARAMETER: Final = re.compile(r"\{([^{}/]*)\}")
HOLE: Final = "{}"


@dataclass(frozen=True, kw_only=True)
class Template:
    """A path in which `{name}` stands for a value."""

    text: str

    @cached_property
    def key(self) -> str:
        """The path with the names of its parameters left out."""
        return PARAMETER.sub(HOLE, self.text)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters, in order."""
        return tuple(PARAMETER.findall(self.text))

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """What stands between the slashes of `key`."""
        return tuple(self.key.split("/"))

    @cached_property
    def rank(self) -> tuple[bool, ...]:
        """Sorts what is concrete sooner before what is concrete later or never."""
        return tuple(HOLE in segment for segment in self.segments)

    def arguments(self, path: str) -> tuple[str, ...] | None:
        """The values, in order, that make this template the (percent-encoded) path; None where none do."""
        concrete = path.split("/")
        if len(concrete) != len(self.segments):
            return None
        found: list[str] = []
        for segment, text in zip(self.segments, concrete, strict=True):
            values = _values(segment, unquote(text))
            if values is None:
                return None
            found += values
        return tuple(found)


def _values(segment: str, text: str) -> list[str] | None:
    """What fills the holes of a segment; each takes as little as it can, and at least one character."""
    head, *literals = segment.split(HOLE)
    if not literals or not text.startswith(head):
        return [] if text == segment else None
    rest, values = text[len(head) :], []
    for literal in literals[:-1]:
        end = rest.find(literal, 1)
        if end < 0:
            return None
        values.append(rest[:end])
        rest = rest[end + len(literal) :]
    last = rest.removesuffix(literals[-1])
    return [*values, last] if last and rest.endswith(literals[-1]) else None
