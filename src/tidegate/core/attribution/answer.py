"""What attribution says: none, one, a pair, or why it cannot be told; always with its evidence."""

from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.gates.evidence import NOTHING, Tally, VersionedService


class Answer(StrEnum):
    """The answers to which of several changes is at fault."""

    NONE = "none"  # shown: none of the suspects does harm worth speaking of
    ONE = "one"
    PAIR = "pair"  # two new versions fail where they meet, each alone does not
    UNDECIDED = "undecided"  # not yet: more failing journeys would settle it
    NOT_IDENTIFIABLE = "not identifiable"  # never, from this evidence, however much of it comes


class Basis(StrEnum):
    """What an answer rests on, the strongest first."""

    TOGGLES = "toggles"  # suspects were switched off in turn
    TRACES = "traces"  # whole journeys, each with the versions that it met
    EDGES = "edges"  # counts per edge and version, and when each release was made


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What speaks against one new version, or two that meet.

    `log_e` is the natural logarithm of the e-value against "it does no harm", decisive from `log_e_needed` on.
    `effect` is by how much more journeys fail with it (`exposed`) than with what was before (`control`), a
    difference of shares. `why` says it in words.
    """

    suspects: tuple[VersionedService, ...]
    log_e: float
    log_e_needed: float
    effect: float | None = None
    exposed: Tally = NOTHING
    control: Tally = NOTHING
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The answer, and the `ranking` of all suspicions, the strongest first.

    `culprits` has one version if the answer is one, two if it is a pair, else none. `more_failing` is how many
    more failing journeys would settle what is undecided.
    """

    answer: Answer
    basis: Basis
    reason: str
    culprits: tuple[VersionedService, ...] = ()
    ranking: tuple[Suspicion, ...] = ()
    more_failing: int | None = None
