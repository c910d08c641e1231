"""A proposal as text. Pure: a proposal in, lines out."""

from collections.abc import Iterator
from typing import Final

from tidegate.core.plan.proposal import Ask, Proposal, ProposedChange, Way

TITLES: Final = {
    Way.EXPAND_CONTRACT: "possible in two changes, to be made one after the other:",
    Way.LANE: "possible in one change with lanes, where the environment can pin them:",
}


def proposal_lines(proposal: Proposal) -> Iterator[str]:
    """What to release in which order, and who must make what for it."""
    yield f"  {TITLES[proposal.way]}"
    for lane in proposal.lanes:
        yield f"    lane: {{consumer: {lane.consumer}, provider: {lane.provider}}}"
    for number, change in enumerate(proposal.changes, start=1):
        yield from _change(number, change)
    for ask in proposal.asks:
        yield from _ask(ask)


def _change(number: int, change: ProposedChange) -> Iterator[str]:
    waves = "; then ".join(", ".join(map(str, wave)) for wave in change.waves)
    yield f"    {number}. {change.name}: {waves}"
    if change.flags:
        yield f"       with the flags {', '.join(change.flags)}"
    if change.migrations:
        yield f"       with the migrations {', '.join(change.migrations)}"
    if change.tasks:
        yield f"       with the tasks {', '.join(change.tasks)}"


def _ask(ask: Ask) -> Iterator[str]:
    yield f"    {ask.service} {ask.version}, to be made by {ask.owner or 'its owner (the catalog names none)'}:"
    for must in ask.musts:
        yield f"      must {must}"
