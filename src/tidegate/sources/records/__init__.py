"""Files of counts → the intervals of a record, for `tidegate analyze`; of units for `tidegate experiment`: see `units`.

    file ──csv_rows or parquet_rows──► Row ──cells──► Counted ──looks (and clients)──► Interval

formats                   how a file is read, by its name
csv_rows, parquet_rows    one format each: rows of text with their numbers
cells                     the columns, and what the text of a row says
looks                     rows of one time added up
clients                   rows of one client folded into one observation
findings                  what is wrong, gathered

* `time` is when the interval of a row ends: ISO 8601 (UTC where no zone is given) or seconds since 1970. Rows
  are in the order of time; those of one time are one look, whatever their number (one a pod, say), and add up.
* `arm` is `canary` or `control`. `requests` and `bad` were counted since the row before; they are whole numbers.
* `rate`, in the place of `bad`, is the share of the requests that was bad, between 0 and 1.
* `client`, which may be left out, says whose requests they were; see `clients`.
* Columns may be in any order.

A file is read once and never held as a whole. Nothing is said of it before all of it was read, because every
problem is told at once.
"""

from collections.abc import Iterator
from pathlib import Path

from tidegate.core.errors import Refused
from tidegate.core.gates.analysis import Interval
from tidegate.sources.records.cells import COUNTS
from tidegate.sources.records.clients import Clients
from tidegate.sources.records.findings import Findings
from tidegate.sources.records.formats import format_of
from tidegate.sources.records.looks import Looks


def read_intervals(path: Path, clients: Clients | None = None) -> Iterator[Interval]:
    """The intervals of a file in the order of time; at its end `Refused`, with every problem if there are any.

    From the first problem on nothing is yielded any more. `clients` tells afterwards what was folded.
    """
    read = format_of(path)
    findings = Findings(read.place(path))
    looks = Looks(findings, clients or Clients())
    for row in read.rows(path, COUNTS, findings):
        ended = looks.with_row(row)
        if ended is not None and not findings.problems:
            yield ended
    if findings.problems:
        raise Refused(findings.problems)
    if looks.open is not None:
        yield looks.open
