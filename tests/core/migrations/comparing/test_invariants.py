"""What a user says always holds."""

import pytest
from tests.core.migrations.shapes import UNFOLDING

from tidegate.core.migrations.comparing.invariants import answer_of, question, search_path, unanswered
from tidegate.core.migrations.operations import Invariant
from tidegate.core.migrations.report import Mismatch

NEW = Invariant(name="all named", query="SELECT id FROM users WHERE given = ''; ")
OLD = Invariant(name="all named", query="SELECT 1 -- never", shape="old")


def test_it_is_asked_in_its_shape_and_only_counted() -> None:
    assert search_path(NEW, UNFOLDING) == '"public_split", "public"'
    assert search_path(OLD, UNFOLDING) == '"public_first", "public"'
    counted = "SELECT count(*) FROM (SELECT FROM (\n{}\n) AS q LIMIT 100) AS few"
    assert question(NEW) == counted.format("SELECT id FROM users WHERE given = ''")
    assert question(OLD) == counted.format("SELECT 1 -- never")


@pytest.mark.parametrize(("rows", "many"), [(1, "1 row"), (2, "2 rows"), (100, "100 rows or more")])
def test_rows_that_break_it_are_counted(rows: int, many: str) -> None:
    said = f'invariant "all named" does not hold: its query gives {many} in the old shape'
    assert answer_of(OLD, rows) == (Mismatch(check="invariant", table="", said=said, rows=rows),)


def test_none_is_well_and_no_answer_is_not() -> None:
    assert answer_of(NEW, 0) == ()
    said = 'invariant "all named" could not be asked: too slow'
    assert unanswered(NEW, "too slow") == Mismatch(check="invariant", table="", said=said)
