"""What going back has no place for in the old shape is kept beside it.

Going back takes the new columns away. What they say of a row is most often what the old columns say too; the rest would
be lost: values of columns that only the new shape has, and what of a lossy change the old shape cannot say. It is moved
to a table of its own in `tidegate_kept`, by key (or, without one, by where the row lay): `value` holds the new columns
and `old` the old ones, each by its name in its shape, as the text that PostgreSQL writes, which a cast turns back into
the very same value:

    SELECT key->>'id', (value->>'price')::numeric FROM tidegate_kept.add_price_products

The table looks the same whatever is kept there, so that going back is never stopped by what an earlier try left.
Nothing is put back by itself when the migration goes forth again: a row of the same key may be another thing by then,
or the old shape may have said something newer, and neither can be told from what is kept.
"""

from tidegate.core.migrations.comparing.functions import Function, up_function
from tidegate.core.migrations.sql.names import fitted, literal, qualified, quoted
from tidegate.core.migrations.statements import Effort, Lock, Statement
from tidegate.core.migrations.unfolding import KEPT_SCHEMA, MIXED, NEW, SHAPE, Reshape, Unfolding


def set_aside(unfolding: Unfolding) -> tuple[Statement, ...]:
    """Keep what the new shape says and the old one cannot, of rows written in the new shape.

    One statement a table, which reads every row once. It is to be run before the new columns go.
    """
    reshapes = [reshape for reshape in unfolding.reshapes if reshape.added]
    return tuple(_set_aside(unfolding, reshape) for reshape in reshapes)


def kept_table(unfolding: Unfolding, reshape: Reshape) -> str:
    """The name of the table in `KEPT_SCHEMA` for values of a table."""
    return fitted(unfolding.name, reshape.table)


def _set_aside(unfolding: Unfolding, reshape: Reshape) -> Statement:
    """A `DO` block, so that the function that it computes with and the rows that it keeps are one statement."""
    kept = qualified(KEPT_SCHEMA, kept_table(unfolding, reshape))
    steps = [
        f"CREATE SCHEMA IF NOT EXISTS {quoted(KEPT_SCHEMA)}",
        f"CREATE TABLE IF NOT EXISTS {kept} ({_COLUMNS})",
        _given(unfolding, reshape).create,
        f"INSERT INTO {kept} {_unsaid(unfolding, reshape)} {_NEWEST}",
    ]
    body = "\n".join(["BEGIN", *(f"EXECUTE {literal(step)};" for step in steps), "END"])
    return Statement(
        sql=f"DO {literal(body)}",
        summary=f"keep what only the new shape says of {reshape.table} in {KEPT_SCHEMA}",
        lock=Lock.ACCESS_SHARE,
        effort=Effort.SCAN,
        tables=(reshape.table,),
    )


_COLUMNS = "key jsonb PRIMARY KEY, value jsonb NOT NULL, old jsonb NOT NULL, kept_at timestamptz NOT NULL"
_NEWEST = (
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, old = excluded.old, kept_at = excluded.kept_at"
)


def _unsaid(unfolding: Unfolding, reshape: Reshape) -> str:
    """Rows of the new shape whose new columns are not what the old shape gives. Where nothing gives them, any value."""
    new, old = dict(reshape.new), dict(reshape.old)
    key = _object([(column, old[column]) for column in reshape.key] or [("ctid", "ctid")])
    value = _object([(pair.column, new[pair.column]) for pair in reshape.added])
    before = _object([(column, name) for column, name in reshape.old if column not in reshape.key])
    return (
        f"SELECT {key}, {value}, {before}, clock_timestamp() FROM {qualified(unfolding.schema, reshape.table)} AS t "
        f"WHERE t.{quoted(SHAPE)} IN ('{NEW}', '{MIXED}') AND ({_differs(unfolding, reshape)})"
    )


def _differs(unfolding: Unfolding, reshape: Reshape) -> str:
    given = _given(unfolding, reshape)
    call = given.call({column: f"t.{quoted(column)}" for column, _ in reshape.old})
    held = ", ".join(f"t.{quoted(column)}::text" for column in given.columns)
    unsaid = [pair.column for pair in reshape.added if pair.column not in given.columns]
    there = [f"t.{quoted(column)} IS NOT NULL" for column in unsaid]
    return " OR ".join([*there, *([f"{call} IS DISTINCT FROM ARRAY[{held}]"] if held else [])])


def _given(unfolding: Unfolding, reshape: Reshape) -> Function:
    """What the old shape gives, or null where that is an error, which must not stop the way back."""
    pairs = [pair for pair in reshape.added if pair.up and pair.again]
    return up_function(unfolding, reshape, pairs, or_null=True)


def _object(columns: list[tuple[str, str]]) -> str:
    """A JSON object of columns by their names, each as text."""
    pairs = [f"jsonb_build_object({literal(name)}, t.{quoted(column)}::text)" for column, name in columns]
    return " || ".join(["'{}'::jsonb", *pairs])
