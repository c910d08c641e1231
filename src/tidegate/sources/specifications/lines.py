"""File and line of a place in a specification, for whoever has to mend it.

Values carry no lines while they are compared. A file is looked at again when the first of its places is
reported, and at most once.
"""

import json
import re
from bisect import bisect_right
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from tidegate.core.contracts.specification import Place
from tidegate.core.errors import Location
from tidegate.sources import tree
from tidegate.sources.specifications.plain import LIMITS

Steps = tuple[str, ...]


class Locator:
    """Answers where the places of one specification stand; `path` is the file or folder it was read from."""

    def __init__(self, path: Path) -> None:
        self.folder = path if path.is_dir() else path.parent
        self.lines = cache(self._lines)

    def locate(self, place: Place) -> Location | None:
        """File and line, or nothing where the file is not there any more."""
        lines = self.lines(place.file) if place.file else None
        if lines is None:
            return None
        line = place.line or lines.line(steps(place.pointer))
        return Location(file=str(self.folder / place.file), line=line)

    def _lines(self, file: str) -> "Lines | None":
        try:
            with (self.folder / file).open("rb") as stream:
                content = stream.read(LIMITS.bytes)
        except OSError:
            return None
        try:
            return _JsonLines(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return _YamlLines(content, file)


class Lines(Protocol):
    """The lines of one file."""

    def line(self, pointer: Steps) -> int:
        """The line of a value, or of the nearest one around it."""
        ...


def steps(pointer: str) -> Steps:
    """The parts of a JSON Pointer (RFC 6901)."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


class _YamlLines:
    """Of YAML: the tree has them."""

    def __init__(self, content: bytes, file: str) -> None:
        self.root = next(iter(tree.parse(content, file, LIMITS).documents), tree.NOTHING)

    def line(self, pointer: Steps) -> int:
        node, line = self.root, self.root.line
        for step in pointer:
            below = node.at(int(step) if node.elements and step.isdecimal() else step)
            if below is tree.NOTHING:
                break
            line = node.key(step).line if node.fields else below.line
            node = below
        return line


SPACE: Final = re.compile(r"[ \t\r\n]*")


class _JsonLines:
    """Of JSON: one scan of each list and mapping on the way, in which the parser skips the values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.decode = json.JSONDecoder().raw_decode
        self.decode(text, self._skip(0))
        self.breaks = [found.start() for found in re.finditer("\n", text)]
        self.children = cache(self._children)

    def line(self, pointer: Steps) -> int:
        at = shown = self._skip(0)
        for step in pointer:
            inside = self.children(at)
            if step not in inside:
                break
            shown, at = inside[step]
        return bisect_right(self.breaks, shown) + 1

    def _skip(self, at: int) -> int:
        found = SPACE.match(self.text, at)
        return found.end() if found else at

    def _children(self, at: int) -> dict[str, tuple[int, int]]:
        """Where each key (or element) and its value begin, of the list or mapping at `at`."""
        found: dict[str, tuple[int, int]] = {}
        opener = self.text[at]
        if opener not in "{[":
            return found
        at = self._skip(at + 1)
        while self.text[at] not in "}]":
            shown, name = at, str(len(found))
            if opener == "{":
                name, at = self.decode(self.text, at)
                at = self._skip(self._skip(at) + 1)
            found[name] = (shown, at)
            _, at = self.decode(self.text, at)
            at = self._skip(at)
            at = self._skip(at + 1) if self.text[at] == "," else at
        return found
