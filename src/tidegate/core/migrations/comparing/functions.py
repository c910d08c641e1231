"""Functions of one session that compute the columns of one shape from those of the other.

The same expression means one thing in a query and another in a trigger: a name that is a column both of the row and of
a table in a subselect is the table's in a query and the row's in plpgsql. What is compared is therefore computed by
plpgsql too, with the columns of the shape as variables and its schema first on the search path. It costs about twice
what the bare expression does (2.5 µs a row for two split columns).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tidegate.core.migrations.sql.names import literal, qualified, quoted
from tidegate.core.migrations.unfolding import Pair, Reshape, Return, Unfolding


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function by its `name`, and the statement that makes it.

    It takes the columns `reads` of the table itself and gives an array with the text of each of `columns`.
    """

    name: str
    create: str
    reads: tuple[str, ...]
    columns: tuple[str, ...]

    def call(self, values: Mapping[str, str]) -> str:
        """The call; `values` are the SQL for each column that it may read."""
        return f"{self.name}({', '.join(values[column] for column in self.reads)})"


def up_function(unfolding: Unfolding, reshape: Reshape, pairs: Sequence[Pair]) -> Function:
    """What `up` gives for each of `pairs`."""
    wanted = [(pair.column, pair.up) for pair in pairs]
    return _function(unfolding.schema, unfolding.old_schema, reshape, reshape.old, wanted)


def down_function(unfolding: Unfolding, reshape: Reshape, returns: Sequence[Return]) -> Function:
    """What `down` gives for each of `returns`."""
    wanted = [(each.column, each.down) for each in returns]
    return _function(unfolding.schema, unfolding.new_schema, reshape, reshape.new, wanted)


def mentioned(names: Iterable[tuple[str, str]], expressions: Iterable[str]) -> tuple[str, ...]:
    """The columns that expressions may read: those whose name occurs in any. `names` are column and its name."""
    text = "\n".join(expressions).lower()
    return tuple(column for column, name in names if name.replace('"', '""').lower() in text)


def _function(
    base: str, shape: str, reshape: Reshape, names: tuple[tuple[str, str], ...], wanted: list[tuple[str, str]]
) -> Function:
    table = qualified(base, reshape.table)
    reads = mentioned(names, [expression for _, expression in wanted])
    called = dict(names)
    parameters = ", ".join(f"{quoted(called[column])} {table}.{quoted(column)}%TYPE" for column in reads)
    path = ", ".join(map(quoted, dict.fromkeys((shape, base))))
    body = _body(table, wanted)
    said = (
        f"({parameters}) RETURNS text[] LANGUAGE plpgsql STABLE SET search_path = {path} AS {literal(body)}"
    )
    name = f"pg_temp.tidegate_{sha256(said.encode()).hexdigest()[:16]}"
    columns = tuple(column for column, _ in wanted)
    return Function(
        name=name, create=f"CREATE OR REPLACE FUNCTION {name}{said}", reads=reads, columns=columns
    )


def _body(table: str, wanted: list[tuple[str, str]]) -> str:
    """Each value passes through a variable of its column's type, as it does when a trigger assigns it."""
    variables = [f"_tidegate_{number}" for number in range(len(wanted))]
    declared = [
        f"{variable} {table}.{quoted(column)}%TYPE;"
        for variable, (column, _) in zip(variables, wanted, strict=True)
    ]
    assigned = [
        f"{variable} := (\n{expression}\n);"
        for variable, (_, expression) in zip(variables, wanted, strict=True)
    ]
    given = f"RETURN ARRAY[{', '.join(f'{variable}::text' for variable in variables)}]::text[];"
    return "\n".join(
        ["#variable_conflict use_variable", "DECLARE", *declared, "BEGIN", *assigned, given, "END"]
    )
