"""The files of one specification: read from one folder, never from outside it, within limits."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final
from urllib.parse import unquote

from tidegate.core.contracts.specification import Value
from tidegate.core.errors import Location, Problem, Refused
from tidegate.sources.specifications import plain
from tidegate.sources.specifications.kinds import DOCUMENT_SUFFIXES

MOST_FILES: Final = 10_000
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of all files together; `plain.LIMITS` holds of each."""


@dataclass(slots=True, kw_only=True)
class Files:
    """What has been read so far, by path relative to `folder`, and what is wrong with it."""

    folder: Path
    documents: dict[str, Value] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    left: int = MOST_BYTES

    def load_document(self, name: str) -> None:
        """Parse a YAML or JSON file."""
        try:
            self.documents[name] = plain.parse(self._content(name), self._shown(name))
        except Refused as refused:
            self.problems += refused.problems

    def load_text(self, name: str) -> None:
        """Keep a file's text as it is."""
        try:
            self.texts[name] = self._text(name)
        except Refused as refused:
            self.problems += refused.problems

    def load_referenced(self) -> None:
        """Load what the documents refer to, and what that refers to; leave what is not there or outside."""
        waiting = list(self.documents)
        while waiting and not self.problems:
            name = waiting.pop()
            for target in sorted(set(_targets(name, self.documents[name])) - self.documents.keys()):
                if self._is_inside(target):
                    self.load_document(target)
                    waiting += [target] if target in self.documents else []

    def _is_inside(self, name: str) -> bool:
        """Is this a file of the folder, also after symbolic links are followed?"""
        path = self.folder / name
        try:
            return path.is_file() and path.resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError, ValueError):  # links in a circle, NUL in the name
            return False

    def _text(self, name: str) -> str:
        content = self._content(name)
        if len(content) > plain.LIMITS.bytes:
            raise Refused([self._problem(name, f"longer than {plain.LIMITS.bytes // 1024} KiB", "split it")])
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused([self._problem(name, "not UTF-8 text", "save the file as UTF-8")]) from error
        if "\0" in text:
            raise Refused([self._problem(name, "holds a NUL byte", "remove it")])
        return text

    def _content(self, name: str) -> bytes:
        if not self._is_inside(name):
            raise Refused([self._problem(name, "is not a file inside the folder", "copy it there")])
        try:
            with (self.folder / name).open("rb") as stream:
                content = stream.read(min(plain.LIMITS.bytes, self.left) + 1)
        except OSError as error:
            raise Refused([self._problem(name, f"cannot be read: {error.strerror}")]) from error
        self.left -= len(content)
        if self.left < 0 or len(self.documents) + len(self.texts) >= MOST_FILES:
            limit = f"{MOST_BYTES // 1024 // 1024} MiB in {MOST_FILES} files"
            raise Refused([self._problem(name, f"the specification is larger than {limit}")])
        return content

    def _problem(self, name: str, message: str, hint: str = "") -> Problem:
        return Problem(message=message, location=Location(file=self._shown(name), line=1), hint=hint)

    def _shown(self, name: str) -> str:
        return str(self.folder / name)


def _targets(name: str, document: Value) -> Iterator[str]:
    """The files that a document refers to, by path relative to the folder; those outside of it are left out."""
    for ref in _references(document):
        path = unquote(ref.partition("#")[0])
        target = normpath(join(dirname(name), path))
        if path and "://" not in path and not target.startswith(("/", "..")):
            yield from [target] if target.lower().endswith(DOCUMENT_SUFFIXES) else []


def _references(document: Value) -> Iterator[str]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            ref = value.get("$ref")
            yield from [ref] if isinstance(ref, str) else []
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
