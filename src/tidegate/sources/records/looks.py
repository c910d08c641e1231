"""Rows of one time → one interval."""

from tidegate.core.gates.analysis import Interval
from tidegate.core.gates.evidence import NOTHING, Tally
from tidegate.sources.records.cells import ARMS, Counted, counted
from tidegate.sources.records.clients import Clients
from tidegate.sources.records.findings import Findings
from tidegate.sources.records.rows import Row
from tidegate.sources.words import quoted


class Looks:
    """Adds rows up; `open` is the interval that is not known to have ended."""

    def __init__(self, findings: Findings, clients: Clients) -> None:
        self.open: Interval | None = None
        self._findings = findings
        self._clients = clients

    def with_row(self, row: Row) -> Interval | None:
        """Take one row; the interval that ended before it, if it begins another."""
        found, before = counted(row, self._findings), self.open
        if found is None:
            return None
        if before is not None and found.at < before.at:
            message = f"time {quoted(row.cells['time'])} is before that of the row above"
            self._findings.say(row.number, message, "sort the rows by time")
            return None
        ended = before is not None and found.at > before.at
        if ended:
            self._clients.end_look()
        self.open = _with(None if ended else before, found, self._observed(row, found))
        return before if ended else None

    def _observed(self, row: Row, found: Counted) -> Tally:
        """What a row adds: all that it counts, or what is news of its client."""
        if found.client is None:
            return found.tally
        observed = self._clients.observed(found.arm, found.client, found.tally)
        if self._clients.crowded:
            message = f"more than {self._clients.most:,} clients at one time"
            self._findings.stop(row.number, message, "give more room with --clients, or shorter intervals")
        return observed


def _with(before: Interval | None, found: Counted, tally: Tally) -> Interval:
    """The interval of a row, with what came before in it."""
    same = before or Interval(at=found.at, canary=NOTHING, control=NOTHING)
    canary, control = (tally, NOTHING) if found.arm == ARMS[0] else (NOTHING, tally)
    return Interval(at=found.at, canary=same.canary + canary, control=same.control + control)
