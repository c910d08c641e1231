"""Which matching rule holds where.

A rule holds at the values that its path selects and, where no better one does, inside them: it cascades. The best
rule is the one with the greatest product of weights (2 for a step that is named, 1 for one that is wild), times
the number of steps. Rules are narrowed while one walks into a value, so that a walk costs what it meets.
"""

from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.contracts.pact.model import Matcher, Rule, Step, Wild
from tidegate.core.contracts.pact.paths import below

MOST_DEPTH: Final = 64
STAYS: Final = frozenset({"values", "eachKey", "eachValue", "arrayContains", "notEmpty"})
"""Matchers that are about one value and do not cascade into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Where an actual value is not what was expected, and why. `undecided` is what nobody could tell here."""

    part: str
    path: str
    reason: str
    undecided: bool = False

    def __str__(self) -> str:
        return f"{self.part} {self.path} {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A rule whose path has been followed so far, with the weight of what was."""

    rule: Rule
    weight: int
    left: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A rule whose path ends here."""

    rank: int
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A place in a body: the rule that holds here, and the rules that may hold further in.

    `strict` refuses what was not expected (in requests); `textual` says that every value is a text, so that the
    text "10" is a number (query, headers, forms, XML).
    """

    part: str
    path: str = "$"
    depth: int = 0
    opens: tuple[Open, ...] = ()
    best: Rule | None = None
    rank: int = 0
    cascaded: bool = False
    strict: bool = False
    textual: bool = False

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        """The matchers that hold here."""
        return self.best.matchers if self.best else ()

    def has(self, *names: str) -> bool:
        """Whether one of these matchers holds here."""
        return any(matcher.name in names for matcher in self.matchers)

    def below(self, step: str | int) -> "Scope":
        """The scope of a value inside this one."""
        left = tuple(matcher for matcher in self.matchers if matcher.name not in STAYS)
        inside = replace(
            self,
            path=below(self.path, step),
            depth=self.depth + 1,
            best=replace(self.best, matchers=left) if self.best and left else None,
            rank=self.rank if left else 0,
            cascaded=True,
        )
        return _entered(inside, tuple(_followed(o, step) for o in self.opens if _weight(o.left[0], step)))

    def indexed(self, index: int) -> "Scope":
        """The scope of one of several elements of a name: rules may say which, and need not."""
        chosen = self.below(index)
        unsaid = tuple(o for o in self.opens if not isinstance(o.left[0], int))
        if chosen.best and not chosen.cascaded:
            return replace(chosen, opens=(*chosen.opens, *unsaid))
        return replace(self, path=chosen.path, opens=(*chosen.opens, *unsaid))

    def under(self, matchers: tuple[Matcher, ...]) -> "Scope":
        """Here, with matchers that hold where no rule is about this very place."""
        if not matchers or (self.best and not self.cascaded):
            return self
        return replace(self, best=Rule(path=(), matchers=matchers), rank=0, cascaded=False)

    def anew(self, rules: tuple[Rule, ...]) -> "Scope":
        """Here, under other rules that count from here."""
        return _entered(replace(self, opens=(), best=None, rank=0), _opened(rules))

    def mismatch(self, reason: str, *, undecided: bool = False) -> Mismatch:
        """A mismatch here."""
        return Mismatch(part=self.part, path=self.path, reason=reason, undecided=undecided)


def scope_of(part: str, rules: tuple[Rule, ...], *, strict: bool = False, textual: bool = False) -> Scope:
    """The scope of a whole body."""
    return _entered(Scope(part=part, strict=strict, textual=textual), _opened(rules))


def _entered(scope: Scope, reached: tuple[Open, ...]) -> Scope:
    """The scope with the rules that were followed up to it."""
    ended = [Ended(o.weight * (scope.depth + 1), o.rule) for o in reached if not o.left]
    inside = replace(scope, opens=tuple(o for o in reached if o.left))
    best = max(ended, key=lambda found: found.rank, default=None)
    if best is None or best.rank < scope.rank:
        return inside
    return replace(inside, best=best.rule, rank=best.rank, cascaded=False)


def _opened(rules: tuple[Rule, ...]) -> tuple[Open, ...]:
    return tuple(Open(rule=rule, weight=2, left=rule.path) for rule in rules)


def _followed(opened: Open, step: str | int) -> Open:
    weight = opened.weight * _weight(opened.left[0], step)
    return replace(opened, weight=weight, left=opened.left[1:])


def _weight(wanted: Step, step: str | int) -> int:
    """How well a step of a rule says this one: 2, 1, or 0 for not at all. `.0` means an index as well."""
    if wanted is Wild.NAME or (wanted is Wild.INDEX and isinstance(step, int)):
        return 1
    return 2 if wanted == step or (isinstance(wanted, str) and wanted == str(step)) else 0
