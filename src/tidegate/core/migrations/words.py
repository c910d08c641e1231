"""How far a migration has come, in words for people."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.state import Backfilled, Course, MigrationState

_MILLION: Final = 1_000_000
_TIMES: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def under_way(state: MigrationState) -> Phase | None:
    """The phase that it is in the middle of on its way forth; None where it is not, or nothing is left to do."""
    done = 0 if state.phase is None else PHASES.index(state.phase) + 1
    return PHASES[done] if state.course is Course.FORTH and done < len(PHASES) else None


def progress(state: MigrationState) -> str:
    """Where it is, how fast it goes and what it waits for, on one line."""
    waits = f"; waits: {state.waiting}" if state.waiting else ""
    return f"{_COURSES[state.course](state)}{waits}"


def through(state: MigrationState) -> str:
    """The last phase that is through."""
    return f"{state.phase} is through" if state.phase else "nothing of it is through"


def _forth(state: MigrationState) -> str:
    phase = under_way(state)
    if phase is None:
        return through(state)
    share = share_done(state.backfills)
    if phase is not Phase.BACKFILL or share is None:
        return f"{phase} under way"
    return f"{phase} {share:.0%}: {backfilled(state.backfills)}".replace("%", " %", 1)


def _back(state: MigrationState) -> str:
    return f"on its way back: {state.phase or Phase.EXPAND} is undone"


def _failed(state: MigrationState) -> str:
    return f"stopped, {through(state)}: {state.problem}"


_COURSES: Final[Mapping[Course, Callable[[MigrationState], str]]] = {
    Course.FORTH: _forth,
    Course.BACK: _back,
    Course.STILL: through,
    Course.FAILED: _failed,
}


def share_done(backfills: Iterable[Backfilled]) -> float | None:
    """The share of all rows that has its new shape; None where there are none to do."""
    rows = sum(_rows(each) for each in backfills)
    return sum(each.done for each in backfills) / rows if rows else None


def backfilled(backfills: Iterable[Backfilled]) -> str:
    """How many rows of how many, how fast, and for how long still."""
    found = tuple(backfills)
    done, rows, rate = (
        sum(each.done for each in found),
        sum(map(_rows, found)),
        sum(each.rate for each in found),
    )
    left = f", {lasting((rows - done) / rate)} left" if rate and done < rows else ""
    return f"{_of(done, rows)} rows{f', {rate:,.0f} rows/s' if rate else ''}{left}"


def _rows(each: Backfilled) -> int:
    """How many there are to do, which was an estimate at first."""
    return each.done if each.finished else max(each.rows, each.done)


def _of(done: int, rows: int) -> str:
    if rows < _MILLION:
        return f"{done:,} of {rows:,}"
    return f"{done / _MILLION:.1f} of {rows / _MILLION:.1f} million"


def amount(rows: int) -> str:
    """A number of rows, from a million on rounded."""
    return f"{rows:,}" if rows < _MILLION else f"{rows / _MILLION:.1f} million"


def lasting(seconds: float) -> str:
    """A time in its largest unit, rounded up: `40 s`, `3 min`, `2 h`."""
    for size, unit in _TIMES:
        if seconds >= size:
            return f"{-(-seconds // size):.0f} {unit}"
    return f"{-(-seconds // 1):.0f} s"
