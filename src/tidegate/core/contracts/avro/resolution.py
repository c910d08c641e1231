"""Avro's schema resolution: can a reader of one schema read whatever a writer of another writes?

The rules are those of the specification, 1.11 and 1.12. The library's checker decides between two types that
hold no others. The walk over records, arrays, maps and unions is ours, because its checker

* forgets where it is below a union, and gives messages and places as two sets that do not belong together;
* takes an alias without its namespace, so that a renamed record in a namespace is no longer its former self;
* reads an enum's default as the default of a field that has none.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tidegate.core.contracts.avro.finding import Finding, Sort
from tidegate.core.contracts.avro.leaves import checked, leaf, unwritten
from tidegate.core.contracts.avro.names import (
    RECORDS,
    UNIONS,
    AvroType,
    aliases,
    alternatives,
    called,
    renamed,
    same_name,
)
from tidegate.core.contracts.compatibility import Compatibility

ELEMENT: Final = "[]"
ENTRY: Final = "{}"
MOST_FINDINGS: Final = 10_000
MOST_CANDIDATES: Final = 200_000
"""Branches of readers looked at for branches of writers."""


class TooMuch(Exception):  # noqa: N818 - the caller makes a doubt of it
    """There is more to compare, or to list, than time and memory allow."""


class Resolution:
    """One reader against one writer; each pair of types is resolved once, also where types hold themselves."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Finding, ...]] = {}
        self._candidates = MOST_CANDIDATES

    def findings(self, reader: AvroType, writer: AvroType) -> tuple[Finding, ...]:
        """All that differs, with parts from here on downwards; `TooMuch` where there is no end to it."""
        pair = (id(reader), id(writer))
        if pair not in self._known:
            self._known[pair] = ()  # what is found further up holds here as well
            found = tuple(dict.fromkeys(self._resolved(reader, writer)))
            if len(found) > MOST_FINDINGS:
                raise TooMuch
            self._known[pair] = found
        return self._known[pair]

    def _resolved(self, reader: AvroType, writer: AvroType) -> Iterator[Finding]:
        if writer.type in UNIONS or reader.type in UNIONS:
            yield from self._branches(reader, writer)
        elif reader.type in RECORDS and writer.type in RECORDS:
            yield from renamed(reader, writer)
            yield from self._fields(reader, writer)
        elif reader.type == writer.type == "array":
            yield from self._below(ELEMENT, reader.items, writer.items)
        elif reader.type == writer.type == "map":
            yield from self._below(ENTRY, reader.values, writer.values)
        else:
            yield from leaf(reader, writer)

    def _below(self, step: str, reader: AvroType, writer: AvroType) -> Iterator[Finding]:
        for found in self.findings(reader, writer):
            yield replace(found, part=(step, *found.part))

    def _branches(self, reader: AvroType, writer: AvroType) -> Iterator[Finding]:
        """Whatever branch the writer takes, the reader needs one that matches."""
        known = {(branch.type, called(branch)): branch for branch in alternatives(reader)}
        for branch in alternatives(writer):
            match = known.get((branch.type, called(branch))) or self._match(reader, branch)
            if match is not None:
                yield from self.findings(match, branch)
            else:
                name = called(branch)
                why = f"the writer may write {name}, which the reader does not read"
                yield Finding(sort=Sort.BRANCH, answer=Compatibility.BREAKING, why=why, branch=name)

    def _match(self, reader: AvroType, writer: AvroType) -> AvroType | None:
        """The branch that reads a type: one of the same name, else a wider one."""
        branches = alternatives(reader)
        self._candidates -= len(branches)
        if self._candidates < 0:
            raise TooMuch
        ranked = [(rank, branch) for branch in branches if (rank := _rank(branch, writer)) is not None]
        return min(ranked, key=lambda found: found[0])[1] if ranked else None

    def _fields(self, reader: AvroType, writer: AvroType) -> Iterator[Finding]:
        written = {found.name: found for found in writer.fields}
        for wanted in reader.fields:
            name = next((name for name in (wanted.name, *aliases(wanted)) if name in written), None)
            if name is None:
                yield unwritten(wanted)
            else:
                yield from self._below(wanted.name, wanted.type, written.pop(name).type)
        for name in written:
            yield Finding(
                sort=Sort.UNREAD, part=(name,), answer=Compatibility.COMPATIBLE, why="the reader skips it"
            )


def _rank(reader: AvroType, writer: AvroType) -> int | None:
    """How well a branch reads a type of another name: by its own or an alias, or by promotion."""
    if reader.type == writer.type:
        return 0 if same_name(reader, writer) else None
    return None if checked(reader, writer) else 1
