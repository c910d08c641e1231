"""What is at fault in a rollout, as text of 80 columns. Pure: a view in, lines out."""

from collections.abc import Iterator, Mapping
from typing import Final

from tidegate.cli.culprits_graph import OUTSIDE, climbed, share_of
from tidegate.cli.journey_text import DEEPEST, journey_lines
from tidegate.cli.plan_text import wrapped
from tidegate.core.attribution.answer import Answer, Attribution, Basis, Suspicion
from tidegate.core.gates.evidence import Tally
from tidegate.core.gates.words import percent
from tidegate.server.culprits_view import CulpritsView, OriginView

_ANSWERS: Final[Mapping[Answer, str]] = {
    Answer.NONE: "none of the new versions is at fault",
    Answer.ONE: "{} is at fault",
    Answer.PAIR: "{} fail where they meet",
    Answer.UNDECIDED: "who is at fault is not decided yet",
    Answer.NOT_IDENTIFIABLE: "who is at fault cannot be told",
}
_BASES: Final[Mapping[Basis, str]] = {
    Basis.TOGGLES: "by switching suspects off in turn",
    Basis.TRACES: "by whole journeys",
    Basis.EDGES: "by counts of calls",
}
_NAME: Final = 24


def culprits_text(view: CulpritsView) -> Iterator[str]:
    """The answer, its evidence, where failures begin and how far they come, and the failing traces."""
    parts = [_answer(view), _ranking(view.attribution), _counts(view)]
    parts += [_origin(origin, view.failed) for origin in view.origins]
    parts += [journey_lines(journey) for journey in view.traces]
    told = ["\n".join(map(printable, lines)) for lines in parts]
    yield "\n\n".join(filter(None, told))


def printable(line: str) -> str:
    """A line without what a terminal could take for orders: names in traces may be anybody's."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def _wrapped(line: str) -> list[str]:
    return wrapped(line).split("\n")


# --- the answer


def _answer(view: CulpritsView) -> Iterator[str]:
    said = view.attribution
    if said is None:
        yield f"{view.rollout}: nothing has failed that a release could be at fault for"
        return
    answer = _ANSWERS[said.answer].format(" and ".join(map(str, said.culprits)))
    yield from _wrapped(f"{answer}, {_BASES[said.basis]}: {said.reason}")
    if said.more_failing is not None:
        yield f"about {said.more_failing:,} more failing journeys would settle it"


def _ranking(said: Attribution | None) -> Iterator[str]:
    if said is None or not said.ranking:
        return
    yield f"{'suspect':<{_NAME}} {'failed with it':>14} {'without':>14} {'effect':>8} {'ln E':>16}"
    for suspicion in said.ranking:
        yield from _suspicion(suspicion)


def _suspicion(suspicion: Suspicion) -> Iterator[str]:
    name = " + ".join(map(str, suspicion.suspects))
    if len(name) > _NAME:
        yield from _wrapped(name)
    effect = "-" if suspicion.effect is None else f"{suspicion.effect * 100:+.3g}"
    counts = f"{_tally(suspicion.exposed):>14} {_tally(suspicion.control):>14} {effect:>8}"
    evidence = f"{suspicion.log_e:.2f} of {suspicion.log_e_needed:.2f}"
    yield f"{name if len(name) <= _NAME else '':<{_NAME}} {counts} {evidence:>16}"
    if suspicion.why:
        yield from _wrapped(f"  {suspicion.why}")


def _tally(tally: Tally) -> str:
    return f"{tally.bad:,}/{tally.requests:,}" if tally.requests else "-"


# --- where failures begin and spread


def _counts(view: CulpritsView) -> Iterator[str]:
    if view.journeys:
        yield f"{view.failed:,} of {view.journeys:,} journeys failed ({percent(view.failed / view.journeys)})"
    if view.lost:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(view.lost.items()))
        yield from _wrapped(f"could not be used as evidence: {reasons}")


def _origin(origin: OriginView, failed: int) -> Iterator[str]:
    share = share_of(origin.journeys, failed)
    began = f"{origin.failures:,} failures ({origin.ending}) began at {origin.at_fault}"
    yield from _wrapped(f"{began} and failed {origin.journeys:,} journeys, {share} of all that failed")
    yield from _wrapped(f"  ✗ {origin.caller or OUTSIDE} → {origin.callee}")
    for depth, edge in climbed(origin):
        indent = "  " * min(depth + 1, DEEPEST)
        line = f"{indent}↑ {edge.caller or OUTSIDE} → {edge.callee}  {share_of(edge.failed, failed)}"
        yield from _wrapped(line)
