"""Functions that compute what triggers compute."""

import pytest
from tests.core.migrations.shapes import SPLIT, UNFOLDING

from tidegate.core.migrations.comparing.functions import down_function, mentioned, up_function

DOWN = r"""
CREATE OR REPLACE FUNCTION {name}("given" "public"."users"."first"%TYPE, "family" "public"."users"."last"%TYPE)
 RETURNS text[] LANGUAGE plpgsql STABLE SET search_path = "public_split", "public" AS '#variable_conflict use_variable
DECLARE
_tidegate_0 "public"."users"."full"%TYPE;
BEGIN
_tidegate_0 := (
given || '' '' || family
);
RETURN ARRAY[_tidegate_0::text]::text[];
END'
"""


def test_a_function_reads_names_of_its_shape_and_assigns_as_a_trigger_does() -> None:
    down = down_function(UNFOLDING, SPLIT, SPLIT.dropped)
    assert down.create == DOWN.format(name=down.name).strip().replace("TYPE)\n", "TYPE)")
    assert (down.reads, down.columns) == (("first", "last"), ("full",))
    assert down.call({"first": "n.given", "last": "n.family"}) == f"{down.name}(n.given, n.family)"


def test_its_name_follows_from_what_it_does() -> None:
    """So that it may be made again in a session, and never is another one by the same name."""
    both = [up_function(UNFOLDING, SPLIT, SPLIT.added), up_function(UNFOLDING, SPLIT, SPLIT.added[:1])]
    assert both[0] == up_function(UNFOLDING, SPLIT, SPLIT.added)
    assert both[0].name != both[1].name
    assert all(len(each.name.removeprefix("pg_temp.")) < 63 for each in both)


@pytest.mark.parametrize(
    ("expression", "read"),
    [
        ("lower(name)", ("n",)),
        ('"Total" + 1', ("t",)),
        ('"say ""hi"""', ("q",)),
        ("1", ()),
    ],
)
def test_columns_that_an_expression_may_read_are_its_parameters(
    expression: str, read: tuple[str, ...]
) -> None:
    names = [("n", "name"), ("t", "Total"), ("q", 'say "hi"')]
    assert mentioned(names, [expression]) == read
