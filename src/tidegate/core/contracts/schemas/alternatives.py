"""Which alternative of the old schema became which of the new one.

Alternatives of the same name belong together, whatever they hold. Those without a name, or with a new one, are
tried: equal ones belong together, then an alternative and one that allows more or less. What is left on one side
went or came, unless it has no name and another alternative covers it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility, worst
from tidegate.core.contracts.schemas.shape import ANY, NUMBERS, Shape, Type
from tidegate.core.contracts.schemas.site import Findings, Flow

MOST_TRIALS: Final = 64
"""How many pairs of alternatives are compared to find out which belong together."""

GROUPS: Final = (NUMBERS, *(frozenset({of}) for of in Type if of not in NUMBERS))

Trial = Callable[[Shape, Shape], Findings]
"""What a comparison of two alternatives would find."""

Named = tuple[tuple[str, ...], frozenset[Type]]


@dataclass(slots=True, kw_only=True)
class Matching:
    """Pairs that belong together, what is left over on either side, and whether that is sure."""

    old: list[Shape]
    new: list[Shape]
    pairs: list[tuple[Shape, Shape]] = field(default_factory=list)
    sure: bool = True

    def take(self, old: Shape, new: Shape) -> None:
        """Two alternatives belong together, unless one of them is taken already."""
        if any(old is it for it in self.old) and any(new is it for it in self.new):
            self.pairs.append((old, new))
            self.old = [shape for shape in self.old if shape is not old]
            self.new = [shape for shape in self.new if shape is not new]


def by_type(shapes: Sequence[Shape]) -> list[Shape]:
    """Alternatives of several types as one for each, so that `type: [a, b]` meets `anyOf` of the two."""
    split = [
        [part for group in GROUPS if (part := shape.only(group))] if shape.types < ANY else [shape]
        for shape in shapes
    ]
    return [part for parts in split for part in parts]


def match(old: Sequence[Shape], new: Sequence[Shape], trial: Trial, flow: Flow) -> Matching:
    """Find out which alternatives belong together. `flow` says who writes them."""
    matching = Matching(old=list(old), new=list(new))
    _match_named(matching)
    trials = len(matching.old) * len(new) + len(old) * len(matching.new)
    if trials > MOST_TRIALS:
        matching.sure = all(shape.label for shape in (*matching.old, *matching.new))
    else:
        _match_alike(matching, trial)
        _drop_covered(matching, old, new, _Covers(trial, flow))
    return matching


def _match_named(matching: Matching) -> None:
    """Those with the same name and types, as long as there is one of that name on each side."""
    new = _by_name(matching.new)
    for name, shapes in _by_name(matching.old).items():
        others = new.get(name, [])
        if len(shapes) == len(others) == 1 and name[0]:
            matching.take(shapes[0], others[0])


def _by_name(shapes: Sequence[Shape]) -> dict[Named, list[Shape]]:
    found: dict[Named, list[Shape]] = {}
    for shape in shapes:
        found.setdefault((shape.label, shape.types), []).append(shape)
    return found


def _match_alike(matching: Matching, trial: Trial) -> None:
    """The rest by trial: equal ones, then those of which one allows more. Two names are two things."""
    tried = [(old, new, trial(old, new)) for old in matching.old for new in matching.new]
    for old, new, findings in tried:
        if not findings.differences and not findings.doubts:
            matching.take(old, new)
    for old, new, findings in tried:
        if Compatibility.COMPATIBLE in _answers(findings) and not (old.label and new.label):
            matching.take(old, new)


def _answers(findings: Findings) -> tuple[Compatibility, Compatibility]:
    doubts = [Compatibility.UNKNOWN for _ in findings.doubts]
    return (
        worst([*doubts, *(it.old_consumer_new_provider for it in findings.differences)]),
        worst([*doubts, *(it.new_consumer_old_provider for it in findings.differences)]),
    )


class _Covers:
    """Does one alternative, as its reader sees it, allow all that a writer of another may write?"""

    def __init__(self, trial: Trial, flow: Flow) -> None:
        self.trial = trial
        self.consumer_writes = flow is Flow.TO_PROVIDER

    def old_by_new(self, old: Shape, new: Shape) -> bool:
        return self._safe(old, new, old_writes=True)

    def new_by_old(self, new: Shape, old: Shape) -> bool:
        return self._safe(old, new, old_writes=False)

    def _safe(self, old: Shape, new: Shape, *, old_writes: bool) -> bool:
        if old.label and new.label:
            return False
        with_new_provider, with_old_provider = _answers(self.trial(old, new))
        return (with_new_provider if old_writes == self.consumer_writes else with_old_provider).safe


def _drop_covered(matching: Matching, old: Sequence[Shape], new: Sequence[Shape], covers: _Covers) -> None:
    matching.old = [it for it in matching.old if not any(covers.old_by_new(it, other) for other in new)]
    matching.new = [it for it in matching.new if not any(covers.new_by_old(it, other) for other in old)]
