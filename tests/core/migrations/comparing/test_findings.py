"""A comparison as evidence."""

from tidegate.core.gates.evidence import Finding, Gap, Missing
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.comparing.findings import finding, nothing_to_compare, unknown
from tidegate.core.migrations.report import Mismatch, Report

NAME = MigrationName("split")
GOOD = Report(at=1.0, seconds=0.5, rows=70, sampled=7)
SEEN = Mismatch(check="checksum", table="users", said="given differs", rows=2, keys=("id=4", "id=9"))
HELD = Mismatch(check="invariant", table="", said='invariant "all" does not hold', rows=1)
UNASKED = Mismatch(check="invariant", table="", said='invariant "few" could not be asked')


def report(*mismatches: Mismatch) -> Report:
    return Report(at=1.0, seconds=0.5, rows=70, sampled=7, mismatches=mismatches)


def test_a_match_says_how_much_was_looked_at() -> None:
    assert finding(NAME, GOOD) == Finding(
        name="data of split", reason="split: both shapes say the same of 70 rows"
    )


def test_a_mismatch_breaks_and_names_rows() -> None:
    said = 'users: given differs (2 rows), such as id=4; id=9; invariant "all" does not hold (1 row)'
    assert finding(NAME, report(SEEN, UNASKED, HELD)) == Finding(
        name="data of split", broken=True, reason=said
    )


def test_what_could_not_be_asked_is_missing_and_makes_no_culprit() -> None:
    what = 'data of split: invariant "few" could not be asked'
    missing = Missing(gap=Gap.NO_DATA, what=what)
    assert finding(NAME, report(UNASKED)) == Finding(
        name="data of split", reason=f"no data: {what}", missing=missing
    )


def test_a_database_that_is_away_is_missing_and_nothing_to_compare_is_well() -> None:
    away = unknown(NAME, Gap.DOWN, "no answer")
    assert (away.broken, str(away.missing)) == (False, "source down: data of split: no answer")
    assert nothing_to_compare(NAME, "contracted") == Finding(name="data of split", reason="split: contracted")
