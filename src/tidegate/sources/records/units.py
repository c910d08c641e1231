"""Files of what units were served and did → a roster, for `tidegate experiment`.

    time,unit,variant              time,unit,metric,value
    2026-03-01T12:00:00Z,u1,on     2026-03-01T12:03:10Z,u1,purchase,19.90

The two may be two files or one; in one each row has either a `variant` or a `metric`, and the other cells are empty.

* `time` is ISO 8601 (UTC where no zone is given) or seconds since 1970; rows may be in any order.
* `unit` is who was served and did it: a user, a session, an account.
* `audience`, which may be left out, names the rule by which a unit was served its variant, where it was not by lot.
* `value` may be empty for a conversion, and for a count, where it is then one.
* Metrics that the experiment does not ask for are passed over.

Files are read twice, because an outcome counts only of a unit that is known to have been served, and never held as a
whole.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

from tidegate.core.errors import Problem, Refused
from tidegate.core.experiments.definition import Experiment, Kind
from tidegate.core.experiments.roster import MOST_VALUE, UNIT_BITS, Roster
from tidegate.sources.records.cells import Say, time_of
from tidegate.sources.records.findings import Findings
from tidegate.sources.records.formats import format_of
from tidegate.sources.records.rows import Cell, Columns, Row, check_known
from tidegate.sources.words import quoted

CELLS: Final[Mapping[str, Cell]] = {
    "time": Cell.TIME,
    "unit": Cell.ID,
    "variant": Cell.TEXT,
    "audience": Cell.TEXT,
    "metric": Cell.TEXT,
    "value": Cell.NUMBER,
}
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{0,15})?(?:[eE][+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A unit was served a variant."""

    unit: int
    variant: str
    by_lot: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """A unit did something."""

    unit: int
    metric: str
    value: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A roster filled from records, and the last time that they have, in seconds since 1970."""

    roster: Roster
    until: float


def read_units(paths: Sequence[Path], experiment: Experiment) -> Recorded:
    """What files have of an experiment; raises `Refused` with everything that is wrong with any of them."""
    if not experiment.periods:
        message = f"experiment {quoted(experiment.name)} does not say with which shares units were drawn"
        raise Refused([Problem(message=message, hint="records do not tell: give spec.shares")])
    roster, until = Roster(experiment), 0.0
    for told in _all(paths, experiment):
        until = max(until, told.at)
        if isinstance(told, Served):
            roster.serve(told.unit, told.variant, told.at, by_lot=told.by_lot)
    for told in _all(paths, experiment):
        if isinstance(told, Did):
            roster.add(told.unit, told.metric, told.value, told.at)
    return Recorded(roster=roster, until=until)


def _all(paths: Iterable[Path], experiment: Experiment) -> Iterator[Served | Did]:
    """What all files tell; at their end `Refused`, with every problem if there are any."""
    problems: list[Problem] = []
    for path in paths:
        try:
            yield from told_in(path, experiment)
        except Refused as error:
            problems += error.problems
    if problems:
        raise Refused(problems)


def told_in(path: Path, experiment: Experiment) -> Iterator[Served | Did]:
    """What one file tells; at its end `Refused`, with every problem if there are any."""
    read, kinds = format_of(path), {metric.name: metric.kind for metric in experiment.measured}
    findings = Findings(read.place(path))
    for row in read.rows(path, UNITS, findings):
        told = _told(row, kinds, findings)
        if told is not None and not findings.problems:
            yield told
    if findings.problems:
        raise Refused(findings.problems)


def _check_columns(number: int, names: Sequence[str], findings: Findings) -> None:
    check_known(number, names, CELLS, findings)
    for name in ("time", "unit"):
        if name not in names:
            findings.say(number, f"column {quoted(name)} is missing", "the columns are time, unit, and more")
    if "variant" not in names and "metric" not in names:
        hint = "variant, for what units were served, or metric, for what they did"
        findings.say(number, "there is neither a column 'variant' nor 'metric'", hint)


UNITS: Final = Columns(cells=CELLS, check=_check_columns, begin="time,unit,variant", may_lack=True)


def _told(row: Row, kinds: Mapping[str, Kind], findings: Findings) -> Served | Did | None:
    """What a row says; nothing where it says nothing that is asked, or nothing that can be understood."""
    say: Say = partial(findings.say, row.number)
    unit, variant, metric = (row.cells.get(name, "") for name in ("unit", "variant", "metric"))
    at = time_of(row.cells.get("time", ""), say)
    if not unit:
        say("unit is empty", "each row names who was served or did something")
    if bool(variant) == bool(metric):
        both = "both a variant and a metric" if variant else "neither a variant nor a metric"
        say(f"this row has {both}", "give one of the two")
        return None
    if at is None:
        return None
    if variant:
        by_lot = not row.cells.get("audience")
        return Served(unit=_number_of(unit), variant=variant, by_lot=by_lot, at=at)
    if metric not in kinds:
        return None
    value = _value(row.cells.get("value", ""), kinds[metric], say)
    return None if value is None else Did(unit=_number_of(unit), metric=metric, value=value, at=at)


def _number_of(unit: str) -> int:
    return int.from_bytes(blake2b(unit.encode(), digest_size=UNIT_BITS // 8).digest())


def _value(text: str, kind: Kind, say: Say) -> float | None:
    """What an outcome adds."""
    if not text and kind is not Kind.VALUE:
        return 1.0
    value = float(text) if _NUMBER.fullmatch(text) else None
    if value is None or abs(value) > MOST_VALUE:
        say(f"value is {quoted(text)}, which is no number", f"one such as 19.90, at most {MOST_VALUE:g}")
        return None
    if value < 0.0 and kind is not Kind.VALUE:
        say(f"value is {quoted(text)}, and a {kind} is not below zero", "give how often it was done")
        return None
    return value
