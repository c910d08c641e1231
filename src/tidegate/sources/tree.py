"""YAML text as a tree that knows the line of every part.

The rules of this file, on which every reader of files builds:

* Nothing is raised. Whatever the text, the answer is the documents that could be read and the problems found.
* Input is bounded: bytes a file, nesting, and values once aliases are followed, so that a small file cannot
  unfold into a large tree. Aliases share their node; `size` and `depth` are carried along, which makes the
  check one addition an alias.
* Plain scalars mean what YAML 1.2 says (as in Backstage and Kubernetes' own parsers): `yes`, `on`, `1:30` and
  `2026-01-01` are text; only `true`, `null`, `7` and `0.5` and their like are more. Keys are always text.
* A key given twice is an error, never a silent choice. Merge keys (`<<`) are followed.

The composer walks parser events with a stack of its own, so no depth of nesting reaches Python's.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from tidegate.core.errors import Location, Problem
from tidegate.sources.json_text import as_yaml
from tidegate.sources.words import quoted

Scalar = str | int | float | bool | None
Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one file may hold: bytes, levels of nesting, and values once aliases are followed."""

    bytes: int = 1024 * 1024
    depth: int = 64
    values: int = 200_000


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of a file and where it stands.

    `value` is a scalar, a tuple of nodes (a list) or a mapping from names to nodes; `written` holds a
    scalar's words as the user wrote them. Asking for what is not there, or is of another shape, answers with
    nothing (`NOTHING`, `""`, no elements), so that one check need not repeat what another has reported.
    """

    value: "Scalar | tuple[Node, ...] | MappingProxyType[str, Node]" = None
    file: str = ""
    line: int = 1
    written: str = ""
    key_lines: Mapping[str, int] = field(default_factory=dict)
    size: int = 1
    depth: int = 1

    def __bool__(self) -> bool:
        """Whether something was written here."""
        return self.value is not None

    @property
    def location(self) -> Location:
        """Where the value begins."""
        return Location(file=self.file, line=self.line)

    @property
    def text(self) -> str:
        """The text here, or the empty string."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def elements(self) -> "tuple[Node, ...]":
        """The elements of the list here, or none."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def fields(self) -> "Mapping[str, Node]":
        """The fields of the mapping here, in the order written, or none."""
        return self.value if isinstance(self.value, MappingProxyType) else {}

    def at(self, *path: str | int) -> "Node":
        """The node under a path of names and positions, or `NOTHING`."""
        node = self
        for part in path:
            node = node.fields.get(part, NOTHING) if isinstance(part, str) else _element(node, part)
        return node

    def key(self, name: str) -> Location:
        """Where a field's name stands; where the mapping begins if it has no such field."""
        return Location(file=self.file, line=self.key_lines.get(name, self.line))

    def plain(self) -> Any:
        """The tree as plain lists, dicts and scalars."""
        if isinstance(self.value, tuple):
            return [element.plain() for element in self.value]
        if isinstance(self.value, MappingProxyType):
            return {name: node.plain() for name, node in self.value.items()}
        return self.value

    def problem(self, message: str, hint: str = "") -> Problem:
        """A problem with this value."""
        return Problem(message=message, location=self.location, hint=hint)


NOTHING: Final = Node()


def _element(node: Node, position: int) -> Node:
    return node.elements[position] if position < len(node.elements) else NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What came out of one file: its documents, what is wrong, and whether nothing of it was lost."""

    documents: tuple[Node, ...] = ()
    problems: tuple[Problem, ...] = ()
    complete: bool = True


def read(path: Path, limits: Limits = LIMITS) -> Parsed:
    """The documents of a file; its name in messages is the path as given."""
    try:
        with path.open("rb") as stream:
            content = stream.read(limits.bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _lost(Problem(message=f"cannot read {quoted(str(path))}: {reason}", hint="check the path"))
    return parse(content, str(path), limits)


def parse(content: bytes, file: str, limits: Limits = LIMITS) -> Parsed:
    """The documents of a file's content."""
    if len(content) > limits.bytes:
        message = f"longer than {limits.bytes // 1024} KiB"
        return _lost(Problem(message=message, location=_place(file, 1), hint="split the file"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place(file, 1 + content.count(b"\n", 0, error.start))
        return _lost(Problem(message="not UTF-8 text", location=place, hint="save the file as UTF-8"))
    if odd := yaml.reader.Reader.NON_PRINTABLE.search(text):
        place = _place(file, 1 + text.count("\n", 0, odd.start()))
        message = f"control character {odd.group()!a}"
        return _lost(Problem(message=message, location=place, hint="remove it or write it as an escape"))
    return _Composer(file, limits).compose(as_yaml(text))


def _lost(problem: Problem) -> Parsed:
    return Parsed(problems=(problem,), complete=False)


def _place(file: str, line: int) -> Location:
    return Location(file=file, line=line)


# -- scalars -------------------------------------------------------------------------------------------------


def _number(text: str) -> Scalar:
    value = float(text)
    return value if math.isfinite(value) else text


PLAIN: Final[tuple[tuple[re.Pattern[str], Callable[[str], Scalar]], ...]] = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,300}"), int),
    (re.compile(r"0o[0-7]{1,300}"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]{1,300}"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), _number),
)

TAGS: Final = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:null": "plain",
    "tag:yaml.org,2002:bool": "plain",
    "tag:yaml.org,2002:int": "plain",
    "tag:yaml.org,2002:float": "plain",
    "tag:yaml.org,2002:seq": "collection",
    "tag:yaml.org,2002:map": "collection",
    "!": "text",
}


MORE_THAN_TEXT: Final = frozenset("nN~tTfF+-.0123456789")


def resolve(text: str) -> Scalar:
    """What a plain scalar means, by YAML 1.2's core schema."""
    if text and text[0] not in MORE_THAN_TEXT:
        return text
    return next((convert(text) for pattern, convert in PLAIN if pattern.fullmatch(text)), text)


# -- composing -----------------------------------------------------------------------------------------------


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Stop(Exception):  # noqa: N818 - never leaves this file
    """This file cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True, kw_only=True)
class _Open:
    """A collection whose end has not been seen yet."""

    line: int
    anchor: str | None
    mapping: bool
    items: list[Node] = field(default_factory=list)
    fields: dict[str, Node] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)
    merged: list[Node] = field(default_factory=list)
    key: Node | None = None


class _Composer:
    """Builds the documents of one file from the parser's events."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.documents: list[Node] = []
        self.problems: list[Problem] = []
        self.open: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}

    def compose(self, text: str) -> Parsed:
        try:
            for event in self._events(text):
                HANDLERS[type(event)](self, event)
        except _Stop as stop:
            self.problems.append(stop.problem)
            return self._parsed(complete=False)
        return self._parsed(complete=True)

    def _parsed(self, *, complete: bool) -> Parsed:
        return Parsed(documents=tuple(self.documents), problems=tuple(self.problems), complete=complete)

    def _events(self, text: str) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(text, Loader=Parser)
        except yaml.YAMLError as error:
            raise _Stop(_syntax_problem(error, self.file, text)) from error

    def ignore(self, event: yaml.Event) -> None:
        """Where a stream or a document's end says nothing new."""

    def document(self, _event: yaml.DocumentStartEvent) -> None:
        self.anchors = {}

    def scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        value = self._scalar_value(event)
        line = _line(event)
        if value is None and self.open and (key := self.open[-1].key):
            line = key.line  # nothing was written: the parser's mark is somewhere behind the key
        self._add(self._node(value, line=line, written=text), event.anchor)

    def _scalar_value(self, event: yaml.ScalarEvent) -> Scalar:
        sort = self._sort(event) if event.tag is not None else None
        if sort == "plain" or (sort is None and event.implicit[0]):
            return resolve(event.value)
        value: str = event.value
        return value

    def _sort(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> str:
        """What a tag asks for; tags of a program's own are refused."""
        if event.tag not in TAGS:
            place = _place(self.file, _line(event))
            message = f"unknown tag {quoted(str(event.tag))}"
            self.problems.append(Problem(message=message, location=place, hint="remove it"))
        return TAGS.get(str(event.tag), "text")

    def begin(self, event: yaml.CollectionStartEvent) -> None:
        line = _line(event)
        if event.tag is not None:
            self._sort(event)
        if len(self.open) >= self.limits.depth:
            message = f"nested deeper than {self.limits.depth} levels"
            raise _Stop(Problem(message=message, location=_place(self.file, line)))
        if event.anchor:
            self.anchors[event.anchor] = None
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.open.append(_Open(line=line, anchor=event.anchor, mapping=mapping))

    def end(self, _event: yaml.CollectionEndEvent) -> None:
        done = self.open.pop()
        node = self._mapping(done) if done.mapping else self._node(tuple(done.items), line=done.line)
        self._add(node, done.anchor)

    def _mapping(self, done: _Open) -> Node:
        for source in done.merged:
            for name, node in source.fields.items():
                done.fields.setdefault(name, node)
                done.key_lines.setdefault(name, source.key(name).line)
        node = self._node(MappingProxyType(done.fields), line=done.line)
        return replace(node, key_lines=MappingProxyType(done.key_lines))

    def alias(self, event: yaml.AliasEvent) -> None:
        name, line = event.anchor, _line(event)
        node = self.anchors.get(str(name))
        if node is None:
            reason = "refers to itself" if name in self.anchors else "has no anchor before it"
            place = _place(self.file, line)
            self.problems.append(Problem(message=f"alias {quoted(f'*{name}')} {reason}", location=place))
            node = self._node(None, line=line, written=f"*{name}")
        self._add(node, None)

    def _node(self, value: Any, *, line: int, written: str = "") -> Node:
        """A node with its size and depth, refused where it is too large."""
        if not isinstance(value, (tuple, MappingProxyType)):
            return Node(value=value, file=self.file, line=line, written=written)
        below = value.values() if isinstance(value, MappingProxyType) else value
        size = 1 + sum(node.size for node in below)
        depth = 1 + max((node.depth for node in below), default=0)
        most = self.limits
        if size > most.values or depth > most.depth:
            limit = f"{most.values} values" if size > most.values else f"{most.depth} levels"
            message = f"more than {limit} once aliases are followed"
            raise _Stop(Problem(message=message, location=_place(self.file, line)))
        return Node(value=value, file=self.file, line=line, size=size, depth=depth)

    def _add(self, node: Node, anchor: str | None) -> None:
        """Put a finished node where it belongs: a root, an element, a key or the value of a key."""
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.documents.append(node)
            return
        top = self.open[-1]
        if not top.mapping:
            top.items.append(node)
        elif top.key is None:
            top.key = node
        else:
            self._add_field(top, top.key, node)
            top.key = None

    def _add_field(self, top: _Open, key: Node, node: Node) -> None:
        if isinstance(key.value, (tuple, MappingProxyType)):
            self.problems.append(key.problem("a field's name must be text"))
        elif key.written == "<<" and key.value == "<<":
            self._merge(top, key, node)
        elif key.written in top.fields:
            first = Location(file=self.file, line=top.key_lines[key.written])
            self.problems.append(key.problem(f"{quoted(key.written)} is given twice (first at {first})"))
        else:
            top.fields[key.written] = node
            top.key_lines[key.written] = key.line

    def _merge(self, top: _Open, key: Node, node: Node) -> None:
        sources = node.elements or (node,)
        if all(isinstance(source.value, MappingProxyType) for source in sources):
            top.merged.extend(sources)
        else:
            self.problems.append(key.problem("'<<' takes a mapping or a list of mappings"))


HANDLERS: Final[Mapping[type[yaml.Event], Callable[[_Composer, Any], None]]] = {
    yaml.StreamStartEvent: _Composer.ignore,
    yaml.StreamEndEvent: _Composer.ignore,
    yaml.DocumentStartEvent: _Composer.document,
    yaml.DocumentEndEvent: _Composer.ignore,
    yaml.ScalarEvent: _Composer.scalar,
    yaml.AliasEvent: _Composer.alias,
    yaml.SequenceStartEvent: _Composer.begin,
    yaml.SequenceEndEvent: _Composer.end,
    yaml.MappingStartEvent: _Composer.begin,
    yaml.MappingEndEvent: _Composer.end,
}


def _syntax_problem(error: yaml.YAMLError, file: str, text: str) -> Problem:
    """The parser's complaint, with the remedy for the commonest cause."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    lines = text.splitlines() or [""]
    line = min(mark.line if mark else 0, len(lines) - 1)  # the end of the file is not a line of its own
    said = ", ".join(filter(None, (getattr(error, part, None) for part in ("context", "problem"))))
    hint = "indent with spaces, not with tabs" if "\t" in lines[line] else ""
    return Problem(message=f"not YAML: {said or error}", location=_place(file, line + 1), hint=hint)
