"""What forms of migrations cannot promise."""

from typing import get_args

from tidegate.core.migrations.operations import SourceForm
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.sql.guarantees import LACKS, PHASES_OF, lacks


def test_each_form_is_spoken_of() -> None:
    assert set(LACKS) == set(PHASES_OF) == set(get_args(SourceForm))


def test_a_form_lacks_something_if_and_only_if_it_lacks_phases() -> None:
    assert {form: bool(lacks(form)) for form in LACKS} == {
        form: phases != PHASES for form, phases in PHASES_OF.items()
    }


def test_plain_sql_has_one_shape_only() -> None:
    assert PHASES_OF["sql"] == PHASES_OF["alembic"] == (Phase.EXPAND, Phase.CONTRACT)
    told = [line.partition(":")[0] for line in lacks("sql")]
    assert told[:4] == [
        "no version views",
        "no dual write",
        "no backfill in batches",
        "no comparison of shapes",
    ]
    assert set(lacks("sql")) < set(lacks("alembic"))


def test_sql_within_a_form_that_has_both_shapes_has_one_only() -> None:
    (told,) = lacks("pgroll", raw=True)
    assert told.startswith("statements of the file's own are in one shape only")
    assert lacks("sql", raw=True) == lacks("sql")
