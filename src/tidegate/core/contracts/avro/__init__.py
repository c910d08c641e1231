"""Avro: compares schemas as the provider of a stream writes them and its consumers read them.

    types        from files to types, whose names may stand in any of them
    resolution   can a reader read what a writer writes? With `names`, `leaves` and `finding`

Old consumers read with the old schema what new providers write with the new one, and the other way round.
Types are compared by their full names; of a folder those that no other type holds, of a file the type in it.

Cannot see: who writes and who reads where it is not the provider that writes (swap the two answers there), and
what logical types mean beyond their names.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.contracts.avro.finding import Finding, Sort
from tidegate.core.contracts.avro.names import AvroType, called
from tidegate.core.contracts.avro.resolution import Resolution, TooMuch
from tidegate.core.contracts.avro.types import Types, read
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Part, Position
from tidegate.core.contracts.specification import Kind, Place, Specification, Value
from tidegate.core.errors import Location, Problem

UNSEEN: Final = "who writes, if it is not the provider, and what logical types mean beyond their names"

BREAKING, COMPATIBLE = Compatibility.BREAKING, Compatibility.COMPATIBLE

RULES: Final[Mapping[Sort, tuple[str, str]]] = {
    Sort.UNWRITTEN: ("field-removed", "field-added"),
    Sort.UNREAD: ("field-added", "field-removed"),
    Sort.SYMBOL: ("symbol-added", "symbol-removed"),
    Sort.BRANCH: ("branch-added", "branch-removed"),
    Sort.TYPE: ("type-changed", "type-changed"),
    Sort.NAME: ("name-changed", "name-changed"),
    Sort.SIZE: ("size-changed", "size-changed"),
    Sort.LOGICAL: ("logical-type-changed", "logical-type-changed"),
}
"""What a finding is called where the reader is of the old version, and where it is of the new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a pair of types stands: under which name and in which part of the interface, and in which file.

    Without a `part`, as of types that were renamed, every difference touches whoever reads the type.
    """

    name: str
    part: Part = ()
    file: str = ""
    pointer: str = ""

    def place(self, below: Part = ()) -> Place:
        """The place of something inside the types."""
        return Place(path=".".join((self.name, *below)), file=self.file, pointer=self.pointer)

    def inside(self, below: Part) -> Part:
        """The part that something inside the types is."""
        return (*self.part, *below) if self.part else ()


def compare(old: Specification, new: Specification) -> Comparison:
    """Compare two versions of one or more types."""
    was, now = read(old.documents), read(new.documents)
    doubts = [*_of(old, was.doubts), *_of(new, now.doubts)]
    found: list[Difference] = []
    for name, file, pair in () if doubts else _pairs(old, was, new, now):
        renamed = None not in pair and called(pair[0]) != called(pair[1])
        differences, more = _between(*pair, Site(name=name, part=() if renamed else (name,), file=file))
        found += differences
        doubts += more
    return Comparison(kind=Kind.AVRO, differences=tuple(found), doubts=tuple(doubts), unseen=UNSEEN)


def compare_payloads(
    old: Value, new: Value, site: Site
) -> tuple[tuple[Difference, ...], tuple[Problem, ...]]:
    """Compare two schemas that stand inside other documents: differences, and what could not be read."""
    was, now = read({site.file: old}), read({site.file: new})
    if was.doubts or now.doubts:
        return (), (*was.doubts, *now.doubts)
    return _between(was.of_file[site.file], now.of_file[site.file], site)


def _of(given: Specification, doubts: Iterable[Problem]) -> Iterator[Problem]:
    return (replace(doubt, message=f"{given.name}: {doubt.message}") for doubt in doubts)


# -- which types ---------------------------------------------------------------------------------------------

_Pair = tuple[AvroType | None, AvroType | None]


def _pairs(
    old: Specification, was: Types, new: Specification, now: Types
) -> Iterator[tuple[str, str, _Pair]]:
    """Name, file and both versions of every type to compare; two single types whatever their names."""
    before, after = _roots(old, was), _roots(new, now)
    if len(before) == len(after) == 1:
        (first,), ((name, (file, second)),) = before.values(), after.items()
        yield name, file, (first[1], second)
        return
    for name in {**before, **after}:
        file = (after.get(name) or before[name])[0]
        yield name, file, (_found(name, before, was), _found(name, after, now))


def _roots(given: Specification, types: Types) -> dict[str, tuple[str, AvroType]]:
    """File and type by name: that of the root file, or those that no other file's type holds."""
    files = [given.root] if given.root in types.of_file else [f for f in types.of_file if f not in types.held]
    roots = ((file, types.of_file[file]) for file in files)
    return {str(getattr(schema, "fullname", file)): (file, schema) for file, schema in roots}


def _found(name: str, roots: Mapping[str, tuple[str, AvroType]], types: Types) -> AvroType | None:
    """A type that is a root in one version may be held by another type in the other one."""
    return roots[name][1] if name in roots else types.named.get(name)


# -- two types -----------------------------------------------------------------------------------------------


def _between(
    old: AvroType | None, new: AvroType | None, site: Site
) -> tuple[tuple[Difference, ...], tuple[Problem, ...]]:
    if old is None or new is None:
        return (_alone(site, added=old is None),), ()
    try:
        forward, backward = Resolution().findings(old, new), Resolution().findings(new, old)
    except (TooMuch, RecursionError) as error:
        much = isinstance(error, TooMuch)
        message = "more than can be compared" if much else "types hold one another too deeply"
        where = Location(file=site.file, line=1) if site.file else None
        return (), (Problem(message=f"{site.name}: {message}", location=where, hint="compare parts of it"),)
    return tuple(_merged(forward, backward, site)), ()


def _alone(site: Site, *, added: bool) -> Difference:
    """A type that only one version has: consumers that wait for it wait in vain."""
    return Difference(
        rule="type-added" if added else "type-removed",
        position=Position.EVENT,
        place=site.place(),
        reason=f"Providers of the {'old' if added else 'new'} version never write it",
        old_consumer_new_provider=COMPATIBLE if added else BREAKING,
        new_consumer_old_provider=BREAKING if added else COMPATIBLE,
        part=site.part,
    )


def _merged(forward: Iterable[Finding], backward: Iterable[Finding], site: Site) -> Iterator[Difference]:
    """One difference for what both directions find; its reason is that of the direction that is worse off."""
    found: dict[object, Difference] = {}
    for finding in forward:
        difference = _difference(finding, RULES[finding.sort][0], site, "Old consumers, new providers")
        found[_key(finding, difference)] = replace(difference, old_consumer_new_provider=finding.answer)
    for finding in backward:
        difference = _difference(finding, RULES[finding.sort][1], site, "New consumers, old providers")
        first = found.get(_key(finding, difference), difference)
        kept = difference if first.old_consumer_new_provider.safe and not finding.answer.safe else first
        found[_key(finding, difference)] = replace(
            kept,
            old_consumer_new_provider=first.old_consumer_new_provider,
            new_consumer_old_provider=finding.answer,
        )
    yield from found.values()


def _key(finding: Finding, difference: Difference) -> object:
    return difference.rule, difference.place, finding.branch


def _difference(finding: Finding, rule: str, site: Site, whose: str) -> Difference:
    return Difference(
        rule=rule,
        position=Position.EVENT,
        place=site.place(finding.part),
        reason=f"{whose}: {finding.why}",
        old_consumer_new_provider=COMPATIBLE,
        new_consumer_old_provider=COMPATIBLE,
        part=site.inside(finding.part),
    )
