"""Triggers that keep both shapes of a row: a write in one appears in the other.

What is computed, and when:

- Each expression is a function of its own, with the columns that it reads as variables and the schema of the shape that
  it reads first on its search path. Triggers only call these, so no name of theirs can meet a user's.
- A new row is computed whole into the other shape.
- Of a row that is there, a column is computed anew only if something that its expression reads has changed, so that a
  write elsewhere never undoes what the other shape said.
- A row that waits for the backfill gets its new shape first, from what it was before; then what the writer says counts.
- `SHAPE` says which shape the other one follows from. Where each shape was written and neither says all of the row, it
  is `MIXED`.

Triggers of one table fire in the order of their names. These begin with `~`, so that what others set is seen by them.
Which of the two fires, the search path of the writer tells.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.sql.expressions import columns_read
from tidegate.core.migrations.sql.names import fitted, literal, qualified, quoted
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfolding import MIXED, NEW, OLD, SHAPE, STATE_SCHEMA, PhasePlan, Reshape

UP, DOWN = "~tidegate_up", "~tidegate_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A column that a function computes from columns, all by their names in the database."""

    column: str
    type: str
    expression: str
    function: str
    reads: tuple[tuple[str, str], ...]

    def of(self, row: str) -> str:
        """The call for a row."""
        return f"{self.function}({', '.join(f'{row}.{quoted(column)}' for column, _ in self.reads)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """The functions and triggers of one table, of which the migration `name` makes two shapes."""

    name: str
    schema: str
    old_schema: str
    new_schema: str
    reshape: Reshape

    @property
    def target(self) -> Target:
        """The table."""
        return Target(schema=self.schema, table=self.reshape.table)

    @property
    def ups(self) -> tuple[Computed, ...]:
        """Columns of the new shape that the old one says something of."""
        pairs = [(pair.column, pair.type, pair.up) for pair in self.reshape.added if pair.up]
        return tuple(self._computed("up", self.reshape.old, *pair) for pair in pairs)

    @property
    def downs(self) -> tuple[Computed, ...]:
        """Columns of the old shape that the new one says something of."""
        returns = [(each.column, each.type, each.down) for each in self.reshape.dropped if each.down]
        return tuple(self._computed("down", self.reshape.new, *each) for each in returns)

    def _computed(
        self, way: str, shape: tuple[tuple[str, str], ...], column: str, type_: str, expression: str
    ) -> Computed:
        names = columns_read(expression, [name for _, name in shape])
        reads = tuple((own, name) for own, name in shape if name in names)
        return Computed(
            column=column,
            type=type_,
            expression=expression,
            function=self.function(way, column),
            reads=reads,
        )

    def function(self, *what: str) -> str:
        """The name of a function of this table."""
        return qualified(STATE_SCHEMA, fitted(".".join((self.schema, self.name, self.reshape.table, *what))))


def dual_writes(triggers: Triggers) -> PhasePlan:
    """From here on each row is written in both shapes."""
    makes = [
        *(_function(triggers, each, triggers.old_schema) for each in triggers.ups),
        *(_function(triggers, each, triggers.new_schema) for each in triggers.downs),
        _trigger_function(triggers, "up", _up_body(triggers)),
        _trigger_function(triggers, "down", _down_body(triggers)),
        _trigger(triggers, UP, "up", "IS DISTINCT FROM"),
        _trigger(triggers, DOWN, "down", "="),
    ]
    return PhasePlan(phase=Phase.DUAL_WRITE, forth=tuple(makes), back=ends(triggers))


def ends(triggers: Triggers) -> tuple[Statement, ...]:
    """Each row has one shape again."""
    target = triggers.target
    drops = tuple(
        target.says(
            f"DROP TRIGGER IF EXISTS {quoted(name)} ON {target.name}",
            f"stop writing {target.table} in both shapes ({way})",
            Lock.ACCESS_EXCLUSIVE,
        )
        for name, way in ((UP, "up"), (DOWN, "down"))
    )
    functions = [triggers.function("up"), triggers.function("down")]
    functions += [each.function for each in (*triggers.ups, *triggers.downs)]
    gone = ", ".join(functions)
    said = f"drop the functions that wrote {target.table} in both shapes"
    return (*drops, Statement(sql=f"DROP FUNCTION IF EXISTS {gone}", summary=said))


def _function(triggers: Triggers, computed: Computed, shape: str) -> Statement:
    """An expression as a function; the value passes through a variable of the column's type, as on assignment."""
    table = triggers.target.name
    types = ", ".join(f"{table}.{quoted(column)}%TYPE" for column, _ in computed.reads)
    declared = [
        f"{quoted(name)} {table}.{quoted(column)}%TYPE := ${place};"
        for place, (column, name) in enumerate(computed.reads, start=1)
    ]
    own = f"{table}.{quoted(computed.column)}%TYPE"
    body = _lines(
        "#variable_conflict use_variable",
        "DECLARE",
        *declared,
        f"_tidegate_value {own};",
        "BEGIN",
        f"_tidegate_value := (\n{computed.expression.strip().rstrip(';')}\n);",
        "RETURN _tidegate_value;",
        "END",
    )
    path = ", ".join(map(quoted, dict.fromkeys((shape, triggers.schema))))
    sql = (
        f"CREATE OR REPLACE FUNCTION {computed.function}({types}) RETURNS {own} "
        f"LANGUAGE plpgsql SET search_path = {path} AS {literal(body)}"
    )
    said = f"compute {computed.column} of {triggers.target.table}"
    return Statement(sql=sql, summary=said, tables=(triggers.target.table,))


def _trigger_function(triggers: Triggers, way: str, body: str) -> Statement:
    name = triggers.function(way)
    sql = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS {literal(body)}"
    shape = "the new shape from the old" if way == "up" else "the old shape from the new"
    return Statement(
        sql=sql, summary=f"keep {shape} in {triggers.target.table}", tables=(triggers.target.table,)
    )


def _trigger(triggers: Triggers, name: str, way: str, test: str) -> Statement:
    target = triggers.target
    when = f"(pg_catalog.current_schemas(false))[1] {test} {literal(triggers.new_schema)}"
    sql = (
        f"CREATE OR REPLACE TRIGGER {quoted(name)} BEFORE INSERT OR UPDATE ON {target.name} "
        f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {triggers.function(way)}()"
    )
    return target.says(sql, f"write {target.table} in both shapes ({way})", Lock.SHARE_ROW_EXCLUSIVE)


def _up_body(triggers: Triggers) -> str:
    """What a writer of the old shape sets off, and the backfill."""
    whole = [f"NEW.{quoted(each.column)} := {each.of('NEW')};" for each in triggers.ups]
    return _lines(
        "BEGIN",
        f"IF TG_OP = 'INSERT' OR OLD.{_SHAPE} IS NULL THEN",
        *whole,
        f"NEW.{_SHAPE} := '{OLD}';",
        "RETURN NEW;",
        "END IF;",
        *_follow(triggers, triggers.ups, OLD, "OLD"),
        "RETURN NEW;",
        "END",
    )


def _down_body(triggers: Triggers) -> str:
    """What a writer of the new shape sets off. `was` is the row before, with its new shape if it had none yet."""
    whole = [f"NEW.{quoted(each.column)} := {each.of('NEW')};" for each in triggers.downs]
    first = [line for each in triggers.ups for line in _first(each)]
    return _lines(
        "DECLARE",
        f"was {triggers.target.name}%ROWTYPE;",
        "BEGIN",
        "IF TG_OP = 'INSERT' THEN",
        *whole,
        f"NEW.{_SHAPE} := '{NEW}';",
        "RETURN NEW;",
        "END IF;",
        "was := OLD;",
        f"IF OLD.{_SHAPE} IS NULL THEN",
        *first,
        f"was.{_SHAPE} := '{OLD}';",
        f"NEW.{_SHAPE} := '{OLD}';",
        "END IF;",
        *_follow(triggers, triggers.downs, NEW, "was"),
        "RETURN NEW;",
        "END",
    )


def _first(computed: Computed) -> tuple[str, ...]:
    """A column of a row that waits for the backfill: computed from what the row was, unless the writer sets it."""
    column = quoted(computed.column)
    return (
        f"was.{column} := {computed.of('OLD')};",
        f"IF NOT {_differs([computed.column], 'OLD')} THEN NEW.{column} := was.{column}; END IF;",
    )


def _follow(triggers: Triggers, computed: tuple[Computed, ...], shape: str, was: str) -> list[str]:
    """One shape follows what is written in the other."""
    changed = [_differs([column for column, _ in each.reads], was) for each in computed]
    lines = [
        f"IF {test} THEN NEW.{quoted(each.column)} := {each.of('NEW')}; END IF;"
        for each, test in zip(computed, changed, strict=True)
    ]
    whole = " AND ".join(changed) or "true"
    told = f"CASE WHEN {was}.{_SHAPE} = '{shape}' OR ({whole}) THEN '{shape}' ELSE '{MIXED}' END"
    return [*lines, f"IF {_differs(_spoken_of(triggers), was)} THEN NEW.{_SHAPE} := {told}; END IF;"]


def _spoken_of(triggers: Triggers) -> list[str]:
    """Every column that an expression reads or gives."""
    reads = [column for each in (*triggers.ups, *triggers.downs) for column, _ in each.reads]
    new = [pair.column for pair in triggers.reshape.added]
    old = [each.column for each in triggers.reshape.dropped]
    return list(dict.fromkeys((*reads, *new, *old)))


def _differs(columns: Iterable[str], was: str) -> str:
    """Whether any column is not bit by bit what it was: there are types without equality, and equality that is lax."""
    names = [quoted(column) for column in columns]
    if not names:
        return "false"
    new, old = (", ".join(f"{row}.{name}" for name in names) for row in ("NEW", was))
    return f"pg_catalog.record_image_ne(ROW({new}), ROW({old}))"


_SHAPE = quoted(SHAPE)


def _lines(*lines: str) -> str:
    return "\n".join(lines)
