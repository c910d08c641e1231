"""How far migrations are, and what their shapes have in common, as text of 80 columns. Pure."""

from collections.abc import Iterable, Iterator

from tidegate.cli.plan_text import wrapped
from tidegate.core.migrations.comparing.findings import said
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.report import Mismatch, Report
from tidegate.core.migrations.state import Course, MigrationState
from tidegate.core.migrations.words import amount, lasting, progress, share_done, under_way

_BAR = 24


def listed(states: Iterable[MigrationState], database: str) -> Iterator[str]:
    """Every migration that a database remembers."""
    found = tuple(states)
    if not found:
        yield wrapped(f"{database}: no migration was ever begun here")
    for state in found:
        yield from standing(state, database)


def standing(state: MigrationState, database: str) -> Iterator[str]:
    """One migration: how far, how fast, why it waits, and what next."""
    yield wrapped(f"{state.name} ({database}, schema {state.schema})")
    yield wrapped(f"  {_bar(state)}{progress(state)}")
    yield from (wrapped(f"  {each}") for each in _next(state))


def _bar(state: MigrationState) -> str:
    share = share_done(state.backfills)
    if under_way(state) is not Phase.BACKFILL or share is None:
        return ""
    full = int(share * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)}  "


def _next(state: MigrationState) -> Iterator[str]:
    match state.course, state.phase:
        case Course.FAILED, _:
            yield "next: mend what it says, then go on with `tidegate migrations run`,"
            yield f"or go back with `tidegate migrations rollback {state.name}`"
        case Course.STILL, None:
            yield "next: nothing; the database is as it was before"
        case Course.STILL, Phase.CONTRACT:
            yield f"next: nothing; the old shape is gone{_restore_point(state)}"
        case Course.STILL, phase if phase is not None:
            yield f"next: {PHASES[PHASES.index(phase) + 1]}; the way back is open"


def _restore_point(state: MigrationState) -> str:
    return f", and its restore point is in {state.restore_point}" if state.restore_point else ""


def compared(report: Report, name: str) -> Iterator[str]:
    """What a comparison found; keys are redacted already."""
    looked = f"{amount(report.rows)} rows compared, {amount(report.sampled)} of them one by one"
    result = "both shapes agree" if report.matches else f"{_count(report.mismatches)} between the shapes"
    yield wrapped(f"{name}: {result} ({looked}, in {lasting(report.seconds)})")
    yield from (wrapped(f"  {said(each)}") for each in report.mismatches)
    yield from (wrapped(f"  not compared: {each}") for each in report.uncompared)


def _count(mismatches: tuple[Mismatch, ...]) -> str:
    return f"{len(mismatches)} {'mismatch' if len(mismatches) == 1 else 'mismatches'}"
