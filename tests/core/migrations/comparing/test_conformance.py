"""Types and constraints of new columns."""

from dataclasses import replace

from tests.core.migrations.shapes import SPLIT, UNFOLDING

from tidegate.core.migrations.comparing.comparison import Fit, comparisons
from tidegate.core.migrations.comparing.conformance import fits, fits_of, key_types, types, types_of
from tidegate.core.migrations.report import Mismatch

(COMPARISON,) = comparisons(replace(UNFOLDING, reshapes=(replace(SPLIT, rows=40),)))


def test_constraints_and_types_are_asked_for_new_columns_and_the_key_of_the_table_itself() -> None:
    table = """'"public"."users"'::regclass"""
    new = "ARRAY['first', 'last', 'slug']::name[]"
    assert f"c.conrelid = {table} AND c.contype IN ('c', 'n') AND a.attname = ANY ({new})" in fits(COMPARISON)
    assert f"unnest({new}, ARRAY['text', 'text', 'varchar(80)']::text[])" in types(COMPARISON)
    assert key_types(COMPARISON).endswith(f"attrelid = {table} AND attname = ANY (ARRAY['id']::name[])")


def test_a_constraint_over_several_columns_is_one() -> None:
    answers = [["there", "a IS NOT NULL"], ["pair", "a < b"], ["pair", "a < b"]]
    fits = (Fit(name="pair", expression="a < b"), Fit(name="there", expression="a IS NOT NULL"))
    assert fits_of(answers) == fits


def test_a_column_of_another_type_is_named_as_the_new_shape_names_it() -> None:
    said = '"given" of the new shape has the type integer, not text'
    expected = Mismatch(check="conformance", table="users", said=said, rows=40)
    assert types_of(COMPARISON, [("first", "integer", "text")]) == (expected,)


def test_it_counts_also_where_nobody_knows_how_many_rows_there_are() -> None:
    """A mismatch of no row would say that the database did not answer."""
    (comparison,) = comparisons(UNFOLDING)
    assert [each.rows for each in types_of(comparison, [("first", "integer", "text")])] == [1]
