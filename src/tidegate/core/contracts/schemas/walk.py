"""The walk over two schemas: what to compare next, what was there already, and when to stop.

Schemas are graphs. The same two are compared again wherever they are referred to, because it matters to each
consumer where; but below themselves, and once many have been compared, they are told in one difference. How
deep, how many and how much work is limited: what is beyond is a doubt.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple

from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.differences import Difference, Part
from tidegate.core.contracts.schemas import alternatives
from tidegate.core.contracts.schemas.arrays import compare_arrays
from tidegate.core.contracts.schemas.constraints import compare_constraints, compare_discriminator
from tidegate.core.contracts.schemas.found import Below, Found, Next
from tidegate.core.contracts.schemas.known import Exhausted, Key, Known, key
from tidegate.core.contracts.schemas.objects import compare_objects
from tidegate.core.contracts.schemas.reading import Reader, doubt
from tidegate.core.contracts.schemas.shape import Schema, Shape
from tidegate.core.contracts.schemas.site import Findings, Site
from tidegate.core.contracts.schemas.telling import difference_of, left_over
from tidegate.core.contracts.schemas.values import (
    compare_bounds,
    compare_default,
    compare_deprecated,
    compare_extensible,
    compare_multiples,
    compare_types,
    compare_values,
    compare_words,
)
from tidegate.core.contracts.specification import Cursor
from tidegate.core.errors import Problem

MOST_DEEP: Final = 64
MOST_TRIALS_DEEP: Final = 3
"""How often finding out which alternatives belong together may need the same of alternatives inside them."""
MOST_REPEATED: Final = 50
"""After so many comparisons the same two schemas are not compared again."""

FACETS: Final = (
    compare_types,
    compare_values,
    compare_extensible,
    compare_bounds,
    compare_multiples,
    compare_words,
    compare_discriminator,
    compare_deprecated,
    compare_objects,
    compare_arrays,
)

Pair = tuple[tuple[Key, ...], tuple[Key, ...]]


def compare_schemas(
    old: Cursor, new: Cursor, site: Site, known: Known | None = None, *, always: bool = False
) -> Findings:
    """What differs between two schemas, and whom it breaks.

    A cursor at nothing allows everything. `always` says that both versions require a value here, so that its
    default does not matter. Comparisons between the same two specifications share `known`, which
    makes large ones quick and limits the work on them together.
    """
    walk = _Walk(known=known or Known())
    walk.waiting.append(
        _Task(old=_schema(old), new=_schema(new), site=site, around=(old, new), always=always)
    )
    return walk.run()


def _schema(cursor: Cursor) -> Schema:
    return (cursor,) if cursor else ()


@dataclass(frozen=True, kw_only=True)
class _Task:
    """Two schemas to compare. `around` are the places to report where they do not stand anywhere themselves."""

    old: Schema
    new: Schema
    site: Site
    around: tuple[Cursor, Cursor]
    always: bool = False
    trail: tuple[Pair, ...] = ()

    @cached_property
    def pair(self) -> Pair:
        """What is compared, by where it stands: a plain `$ref` is where it leads."""
        return tuple(map(_stands, self.old)), tuple(map(_stands, self.new))


class _Side(NamedTuple):
    """What one version allows, and whether all of it could be read."""

    shapes: tuple[Shape, ...]
    whole: bool


def _stands(cursor: Cursor) -> Key:
    target = cursor.resolved() if cursor.mapping.keys() == {"$ref"} else cursor
    return key(target if isinstance(target, Cursor) else cursor)


@dataclass(slots=True, kw_only=True)
class _Walk:
    known: Known
    trials: int = 0
    waiting: deque[_Task] = field(default_factory=deque)
    differences: dict[tuple[str, Part, str], Difference] = field(default_factory=dict)
    doubts: list[Problem] = field(default_factory=list)
    seen: set[tuple[Pair, Part]] = field(default_factory=set)
    compared: dict[Pair, str] = field(default_factory=dict)
    broken: dict[Pair, set[tuple[Compatibility, Compatibility]]] = field(default_factory=dict)
    repeated: list[_Task] = field(default_factory=list)

    def run(self) -> Findings:
        while self.waiting:
            task = self.waiting.popleft()
            try:
                self._visit(task)
            except Exhausted:
                self.doubts.append(doubt(task.around[1], "too much to compare", task.site.path))
                break
        for task in self.repeated:
            self._tell_again(task)
        return Findings(
            differences=tuple(self.differences.values()), doubts=tuple(dict.fromkeys(self.doubts))
        )

    def _visit(self, task: _Task) -> None:
        pair = task.pair
        if (pair, task.site.part) in self.seen or self._same(task):
            return
        self.seen.add((pair, task.site.part))
        if pair in task.trail or (pair in self.compared and len(self.seen) > MOST_REPEATED):
            self.repeated.append(task)
        elif len(task.trail) >= MOST_DEEP:
            self.doubts.append(doubt(task.around[1], f"deeper than {MOST_DEEP} schemas", task.site.path))
        else:
            self.compared.setdefault(pair, task.site.path)
            old, new = self._read(task.old, task, 0), self._read(task.new, task, 1)
            if old.whole == new.whole:  # else what differs is only what could not be read
                self._compare(old.shapes, new.shapes, task)

    def _same(self, task: _Task) -> bool:
        """Equal words mean the same in one dialect only."""
        if task.site.old_dialect or len(task.old) != len(task.new):
            return False
        return all(map(self.known.same, task.old, task.new))

    def _read(self, schema: Schema, task: _Task, side: int) -> _Side:
        written = (task.site.old_dialect or task.site.dialect, task.site.dialect)[side]
        reader = Reader(site=replace(task.site, dialect=written), known=self.known)
        shapes = reader.read(schema, task.around[side])
        self.doubts += reader.doubts
        return _Side(shapes, whole=self.known.unread.isdisjoint(reader.doubts))

    def _compare(self, old: Sequence[Shape], new: Sequence[Shape], task: _Task) -> None:
        if old and new:
            self._default(old[0], new[0], task)
        if len(old) == len(new) == 1:
            self._facets(old[0], new[0], task)
        elif old and new:
            self._alternatives(old, new, task)
        elif old:
            self._tell(Found(rule="everything-refused", at=task.around[1], reason="nothing is allowed"), task)
        elif new:
            self._tell(Found(rule="something-allowed", at=new[0].at, reason="nothing was allowed"), task)

    def _facets(self, old: Shape, new: Shape, task: _Task) -> None:
        found = chain.from_iterable(compare(old, new) for compare in FACETS)
        self._take(chain(found, compare_constraints(old, new, self.known)), (old.at, new.at), task)

    def _take(
        self, found: Next | Iterable[Found | Below], around: tuple[Cursor, Cursor], task: _Task
    ) -> None:
        for it in found:
            if isinstance(it, Found):
                self._tell(it, task)
            else:
                self.waiting.append(_below(it, around, task))

    def _default(self, old: Shape, new: Shape, task: _Task) -> None:
        if not task.always:
            self._take(compare_default(old, new), (old.at, new.at), task)

    # -- alternatives -----------------------------------------------------------------------------------------

    def _alternatives(self, old: Sequence[Shape], new: Sequence[Shape], task: _Task) -> None:
        if self.trials >= MOST_TRIALS_DEEP:
            self._tell(
                Found(
                    rule="alternatives-changed",
                    at=new[0].at,
                    reason="too many alternatives inside alternatives",
                ),
                task,
            )
            return
        old, new = alternatives.by_type(old), alternatives.by_type(new)
        matching = alternatives.match(
            old, new, lambda one, other: self._trial(one, other, task), task.site.flow
        )
        for one, other in matching.pairs:
            self._facets(one, other, task)
        if not matching.sure:
            reason = "too many alternatives without a name of their own to find out which became which"
            self._tell(Found(rule="alternatives-changed", at=new[0].at, reason=reason), task)
            return
        for shape in matching.old:
            self._tell(left_over(shape, new[0].at, gone=True), task)
        for shape in matching.new:
            self._tell(left_over(shape, shape.at, gone=False), task)

    def _trial(self, old: Shape, new: Shape, task: _Task) -> Findings:
        walk = _Walk(known=self.known, trials=self.trials + 1)
        walk._facets(old, new, task)
        return walk.run()

    # -- differences ------------------------------------------------------------------------------------------

    def _tell(self, found: Found, task: _Task) -> None:
        self._record(difference_of(found, task.site), found.reason, task)

    def _tell_again(self, task: _Task) -> None:
        """The differences of two schemas that are told elsewhere, as one."""
        if broken := self.broken.get(task.pair):
            first = self.compared.get(task.pair) or "what is around it"
            reason = f"the schema of {first} again, whose differences are told there"
            found = Found(rule="recursive-schema-changed", at=task.around[1], reason=reason)
            with_new, with_old = (worst(answers) for answers in zip(*broken, strict=True))
            difference = replace(
                difference_of(found, task.site),
                old_consumer_new_provider=with_new,
                new_consumer_old_provider=with_old,
            )
            self._record(difference, reason, task)

    def _record(self, difference: Difference, reason: str, task: _Task) -> None:
        self.differences.setdefault((difference.rule, difference.part, reason), difference)
        answers_ = (difference.old_consumer_new_provider, difference.new_consumer_old_provider)
        if any(answer is not Compatibility.COMPATIBLE for answer in answers_):
            for pair in (*task.trail, task.pair):
                self.broken.setdefault(pair, set()).add(answers_)


def _below(below: Below, around: tuple[Cursor, Cursor], task: _Task) -> _Task:
    return _Task(
        old=below.old,
        new=below.new,
        site=task.site.below(below.step),
        around=around,
        always=below.always,
        trail=(*task.trail, task.pair),
    )
