"""A certificate: that no state a plan can come to, forth or back, has versions live that do not work together.

Each obligation (`obligations`) is discharged by a path of `requires` edges, or has a witness: the moves that
lead to the bad state. Beside that every state is looked at (`reachable`) where there are not too many.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.pair import Pair, Side
from tidegate.core.ids import StepId
from tidegate.core.plan.moves import Move
from tidegate.core.plan.obligations import Obligation, obligations
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.proof import path_for, witness_against
from tidegate.core.plan.reachable import explored
from tidegate.core.plan.record import pairs_digest, plan_digest
from tidegate.core.plan.releases import releases_of
from tidegate.core.plan.steps import Reversibility


class Method(StrEnum):
    """How it was found out: every state was looked at besides, or the proof stands alone."""

    EXHAUSTIVE = "exhaustive"
    OBLIGATIONS = "obligations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What keeps an obligation: a path of `requires` edges from what must be done to what may then begin."""

    obligation: Obligation
    path: tuple[StepId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An obligation that nothing keeps, and the moves after which the danger is there."""

    obligation: Obligation
    witness: tuple[Move, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What was verified of which plan, on what assumptions.

    `plan` and `pairs` are digests. `states` were looked at; all there are, where the method is exhaustive.
    """

    change: str
    plan: str
    pairs: str
    judged: int
    method: Method
    states: int
    proofs: tuple[Proof, ...]
    violations: tuple[Violation, ...]
    assumptions: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Is no bad state reachable?"""
        return not self.violations


ASSUMPTIONS: Final = (
    "the pairs are all that may be live together, and each judgement is right",
    "a version may call others from when it is started, and no longer once its traffic is gone",
    "a lane holds from when the provider is deployed until its old version is retired",
)


def verify(plan: Plan, pairs: Sequence[Pair]) -> Certificate:
    """The certificate of a plan that is whole (see `releases.contradictions`)."""
    releases = releases_of(plan)
    looked = explored(plan, releases, pairs)
    must = [*obligations(plan, releases, pairs)]
    paths = [path_for(plan, each) for each in must]
    violations = tuple(
        Violation(obligation=each, witness=witness_against(plan, each))
        for each, path in zip(must, paths, strict=True)
        if not path
    )
    assert not looked.complete or bool(looked.witnesses) == bool(violations), "the theorem of obligations"
    return Certificate(
        change=plan.change,
        plan=plan_digest(plan),
        pairs=pairs_digest(pairs),
        judged=len(pairs),
        method=Method.EXHAUSTIVE if looked.complete else Method.OBLIGATIONS,
        states=looked.states,
        proofs=tuple(Proof(obligation=o, path=path) for o, path in zip(must, paths, strict=True) if path),
        violations=violations,
        assumptions=(*ASSUMPTIONS, *_today(pairs), *_for_good(plan)),
    )


def _today(pairs: Iterable[Pair]) -> Iterator[str]:
    for pair in pairs:
        if pair.mixture == (Side.OLD, Side.OLD) and not pair.judgement.safe:
            yield f"already so today, and not counted: {pair}"


def _for_good(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if step.reversibility is Reversibility.IRREVERSIBLE:
            yield f"{step.id} is never undone, nor what it builds on once it has begun"
