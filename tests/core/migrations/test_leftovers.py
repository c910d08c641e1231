"""What tidegate put beside the old shape is told from what was there."""

from tidegate.core.migrations.leftovers import without_leftovers
from tidegate.core.migrations.schema import Column, Constraint, Index, Schema, Table

OLD = Table(
    name="users",
    columns=(Column(name="id", type="bigint"), Column(name="name", type="text")),
    constraints=(
        Constraint(name="users_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)"),
    ),
    indexes=(Index(name="by_name", columns=("name",), definition="CREATE INDEX by_name"),),
    triggers=("audit",),
)
BOTH = Table(
    name="users",
    columns=(
        *OLD.columns,
        Column(name="_tidegate_shape", type='"char"'),
        Column(name="_tidegate_new_name", type="text"),
    ),
    constraints=(
        *OLD.constraints,
        Constraint(name="_tidegate_not_null", type="check", columns=("name",), definition="CHECK (true)"),
        Constraint(
            name="unique_name", type="unique", columns=("id", "_tidegate_new_name"), definition="UNIQUE"
        ),
    ),
    indexes=(
        *OLD.indexes,
        Index(name="_tidegate_new_by_name", columns=("name",), definition="CREATE INDEX"),
        Index(name="lately", columns=("_tidegate_new_name",), definition="CREATE INDEX lately"),
    ),
    triggers=("audit", "~tidegate_down", "~tidegate_up"),
)


def test_the_old_shape_is_what_is_named_after_nobody() -> None:
    assert without_leftovers(Schema(name="public", tables=(BOTH,))) == Schema(name="public", tables=(OLD,))


def test_a_schema_without_leftovers_stays_as_it_is() -> None:
    schema = Schema(name="public", tables=(OLD, Table(name="_tidegate", columns=())))
    assert without_leftovers(schema) == schema
