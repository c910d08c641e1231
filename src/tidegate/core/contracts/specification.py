"""A specification as it was read: its kind, its files as plain values, and a cursor that walks over them.

A `Cursor` knows where it stands (file and JSON Pointer, RFC 6901) and follows `$ref` inside the specification's
own files and nowhere else. Asking for what is not there, or is of another shape, answers with a cursor at
nothing, so that walks need no checks of shape; `Unresolved` is a value and makes an answer unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from posixpath import dirname, join, normpath
from typing import Final
from urllib.parse import unquote

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

MOST_HOPS: Final = 64
"""How many `$ref`s may lead from one to the next."""


class Kind(StrEnum):
    """What sort of specification a file is."""

    OPENAPI = "openapi"
    JSON_SCHEMA = "json-schema"
    PROTOBUF = "protobuf"
    GRAPHQL = "graphql"
    AVRO = "avro"
    ASYNCAPI = "asyncapi"
    PACT = "pact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One version of what an interface offers, or of what a consumer needs.

    `name` is the file or folder as the user wrote it. `documents` holds the parsed YAML and JSON files and
    `texts` the others (GraphQL, Protobuf), by path relative to the folder, with `/` between. `root` is the
    file at which reading begins; empty where all files count alike.
    """

    kind: Kind
    name: str
    root: str = ""
    documents: Mapping[str, Value]
    texts: Mapping[str, str]

    @property
    def cursor(self) -> "Cursor":
        """A cursor at the beginning of the root document."""
        return Cursor(specification=self, file=self.root, value=self.documents.get(self.root))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a specification something stands: `path` for people, the rest for editors.

    `specification` is its name, `file` the file in it; `pointer` is a JSON Pointer into that (of YAML and
    JSON), and `line` is given where the parser told it.
    """

    path: str
    specification: str = ""
    file: str = ""
    pointer: str = ""
    line: int = 0

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A `$ref` that leads nowhere, and why, as a sentence without its subject."""

    ref: str
    file: str
    pointer: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A value inside a specification, and where it stands."""

    specification: Specification
    file: str
    pointer: str = ""
    value: Value = None

    def __bool__(self) -> bool:
        """Whether there is anything here."""
        return self.value is not None

    @property
    def text(self) -> str:
        """The text here, or the empty string."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def mapping(self) -> dict[str, Value]:
        """The mapping here, or an empty one."""
        return self.value if isinstance(self.value, dict) else {}

    def at(self, *keys: str | int) -> "Cursor":
        """The value under a path of keys and positions, without following `$ref`."""
        cursor = self
        for key in keys:
            cursor = cursor._below(key)
        return cursor

    def _below(self, key: str | int) -> "Cursor":
        found: Value = None
        if isinstance(self.value, dict):
            found = self.value.get(str(key))
        elif isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            found = self.value[key]
        escaped = str(key).replace("~", "~0").replace("/", "~1")
        pointer = f"{self.pointer}/{escaped}"
        return Cursor(specification=self.specification, file=self.file, pointer=pointer, value=found)

    def fields(self) -> "Iterator[tuple[str, Cursor]]":
        """Names and cursors of the mapping here."""
        return ((name, self._below(name)) for name in self.mapping)

    def elements(self) -> "Iterator[Cursor]":
        """Cursors of the list here."""
        return (self._below(i) for i in range(len(self.value) if isinstance(self.value, list) else 0))

    def resolved(self) -> "Cursor | Unresolved":
        """Where `$ref` leads, from one to the next; this cursor where there is none."""
        cursor = self
        for _ in range(MOST_HOPS):
            target = cursor.hop()
            if target is cursor or isinstance(target, Unresolved):
                return target
            cursor = target
        return self._unresolved(self.at("$ref").text, "leads in a circle")

    def hop(self) -> "Cursor | Unresolved":
        """Where the `$ref` here leads, one step only; this cursor where there is none."""
        ref = self.mapping.get("$ref")
        return self._target(ref) if isinstance(ref, str) else self

    def _target(self, ref: str) -> "Cursor | Unresolved":
        path, _, fragment = ref.partition("#")
        if "://" in path or path.startswith("//"):
            return self._unresolved(ref, "is a network address: references stay inside the given folder")
        file = normpath(join(dirname(self.file), unquote(path))) if path else self.file
        documents = self.specification.documents
        if file not in documents:
            return self._unresolved(ref, "names no file of the given folder")
        if fragment and not fragment.startswith("/"):
            return self._unresolved(ref, "is an anchor, which is not followed")
        cursor = Cursor(specification=self.specification, file=file, value=documents[file])
        for part in fragment.split("/")[1:]:
            cursor = cursor._step(unquote(part).replace("~1", "/").replace("~0", "~"))
        return cursor or self._unresolved(ref, "leads to nothing")

    def _step(self, part: str) -> "Cursor":
        return self._below(int(part) if isinstance(self.value, list) and part.isdecimal() else part)

    def _unresolved(self, ref: str, reason: str) -> Unresolved:
        return Unresolved(ref=ref, file=self.file, pointer=self.pointer, reason=reason)

    def place(self, path: str) -> Place:
        """This place, under a name that people read."""
        return Place(path=path, specification=self.specification.name, file=self.file, pointer=self.pointer)
