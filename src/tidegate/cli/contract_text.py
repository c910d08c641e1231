"""Contracts as text and Markdown: differences, the matrix of live pairs, and whether a version can be live."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from tidegate.cli.exits import Exit
from tidegate.cli.plan_text import wrapped
from tidegate.core.contracts.compatibility import WORST_FIRST, Compatibility
from tidegate.core.contracts.judgement import EvidenceKind, Judgement
from tidegate.core.contracts.pair import Live, Pair
from tidegate.core.plan.deployable import Answer

CONTRACTS = click.option(
    "--contracts",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("contracts"),
    envvar="TIDEGATE_CONTRACTS",
    show_default=True,
    help="The contracts folder.",
)
OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
)
COLOURS = {
    Compatibility.COMPATIBLE: "green",
    Compatibility.BREAKING: "red",
    Compatibility.UNKNOWN: "yellow",
}
EXITS = {
    Compatibility.COMPATIBLE: Exit.OK,
    Compatibility.BREAKING: Exit.FAILED,
    Compatibility.UNKNOWN: Exit.INSUFFICIENT,
}
MARKS = {Compatibility.COMPATIBLE: "✓", Compatibility.BREAKING: "✗", Compatibility.UNKNOWN: "?"}


def coloured(answer: Compatibility, words: str = "") -> str:
    """An answer, or words about it, in its colour; terminals that show none get none."""
    return click.style(words or answer, fg=COLOURS[answer])


def on_evidence(judgement: Judgement) -> str:
    """What sort of evidence, and of what date."""
    kind = "no evidence" if judgement.kind is EvidenceKind.NONE else judgement.kind.replace("-", " ")
    return f"{kind}{f', {judgement.at[:10]}' if judgement.at else ''}"


# -- the matrix ----------------------------------------------------------------------------------------------


def matrix_text(pairs: Sequence[Pair]) -> Iterator[str]:
    """Every pair by its edge; the reason below what is not compatible."""
    yield _counted(pairs)
    for edge, found in groupby(pairs, _edge):
        yield f"\n{edge}"
        for pair in found:
            yield from _pair_lines(pair, f"{pair.consumer.version} → {pair.provider.version}")


def _counted(pairs: Sequence[Pair]) -> str:
    counts = ", ".join(
        coloured(answer, f"{count} {answer}")
        for answer in Compatibility
        if (count := sum(pair.judgement.answer is answer for pair in pairs))
    )
    return f"{len(pairs)} pairs that may be live together: {counts or 'none'}"


def _edge(pair: Pair) -> str:
    return f"{pair.consumer.service} → {pair.provider.service}"


def _pair_lines(pair: Pair, title: str) -> Iterator[str]:
    judgement = pair.judgement
    mark = coloured(judgement.answer, MARKS[judgement.answer])
    yield f"  {mark} {title}  {coloured(judgement.answer)} ({on_evidence(judgement)})"
    if not judgement.safe:
        yield wrapped(f"      it {judgement.evidence}")


def matrix_markdown(name: str, pairs: Sequence[Pair]) -> Iterator[str]:
    """A table for a pull request."""
    yield f"## Live pairs of change `{name}`\n"
    yield "| consumer | provider | | evidence |\n| --- | --- | --- | --- |"
    for pair in pairs:
        yield row(f"{pair.consumer}", f"{pair.provider}", *_judged_cells(pair))


def _judged_cells(pair: Pair) -> tuple[str, str]:
    judgement = pair.judgement
    why = "" if judgement.safe else f": it {judgement.evidence}"
    return f"{MARKS[judgement.answer]} {judgement.answer}", f"{on_evidence(judgement)}{why}"


def row(*cells: str) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def escaped(words: str) -> str:
    """Words inside a cell of a Markdown table."""
    return words.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def pair_values(pair: Pair) -> dict[str, Any]:
    """A pair as JSON shows it."""
    judgement = pair.judgement
    return {
        "consumer": _live_values(pair.consumer),
        "provider": _live_values(pair.provider),
        "answer": judgement.answer,
        "kind": judgement.kind,
        "at": judgement.at or None,
        "evidence": judgement.evidence,
    }


def _live_values(live: Live) -> dict[str, str]:
    return {"service": live.service, "version": live.version, "side": live.side}


# -- can it be live ------------------------------------------------------------------------------------------


def answer_text(answer: Answer, verb: str) -> Iterator[str]:
    """The answer in its first word, then every pair."""
    yes = "yes" if answer.answer.safe else "no"
    whole = f"{yes}: {answer.party} can{'' if answer.answer.safe else 'not'} {verb} {answer.environment}"
    yield coloured(answer.answer, whole)
    yield from (f"  {coloured(Compatibility.BREAKING, '✗')} {words}" for words in answer.unmet)
    for pair in by_answer(answer.pairs):
        yield from _pair_lines(pair, f"{pair.consumer} → {pair.provider}")
    if not answer.pairs and not answer.unmet:
        yield "  nothing there depends on it, and it depends on nothing there"


def by_answer(pairs: Iterable[Pair]) -> list[Pair]:
    """What stands in the way comes first."""
    return sorted(pairs, key=lambda pair: WORST_FIRST.index(pair.judgement.answer))


def answer_markdown(answer: Answer, verb: str) -> Iterator[str]:
    """A heading and a table for a pull request."""
    yield f"### {MARKS[answer.answer]} Can {answer.party} {verb} {answer.environment}?\n"
    yield from (f"- ✗ {words}\n" for words in answer.unmet)
    yield "| consumer | provider | | evidence |\n| --- | --- | --- | --- |"
    for pair in by_answer(answer.pairs):
        yield row(f"{pair.consumer}", f"{pair.provider}", *_judged_cells(pair))


def answer_values(answer: Answer) -> dict[str, Any]:
    """An answer as JSON shows it."""
    return {
        "service": answer.party.service,
        "version": answer.party.version,
        "environment": answer.environment,
        "answer": answer.answer,
        "unmet": list(answer.unmet),
        "pairs": [pair_values(pair) for pair in answer.pairs],
    }
