"""What a migration wants, as values (see `sources.migrations` for its files).

Expressions are SQL. `up` computes a column of the new shape from the columns of the old one, `down` a column of the
old shape from the new one. They name columns as the shape that they read names them.

Everything here crosses Temporal as JSON, so each operation carries its `kind` as its first field.
"""

from dataclasses import dataclass
from typing import Literal

from tidegate.core.errors import Location
from tidegate.core.ids import MigrationName

Expressions = tuple[tuple[str, str], ...]
"""Columns, each with the expression that computes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named condition that every row meets."""

    name: str
    condition: str
    no_inherit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A named reference to columns of another table; actions and match as PostgreSQL writes them."""

    name: str
    table: str
    columns: tuple[str, ...]
    on_delete: str = ""
    on_update: str = ""
    match: str = ""
    deferrable: bool = False
    initially_deferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """A new default or comment; None takes away the one that is there."""

    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewColumn:
    """A column to be. `unique` is the name of its constraint, `-` where PostgreSQL is to choose one.

    `identity` is `ALWAYS` or `BY DEFAULT`, `sequence` the options of its sequence as `CREATE SEQUENCE` has them;
    `generated` is the expression of a stored generated column.
    """

    name: str
    type: str
    nullable: bool = False
    primary_key: bool = False
    default: str | None = None
    unique: str = ""
    check: Check | None = None
    references: ForeignKey | None = None
    identity: str = ""
    sequence: str = ""
    generated: str = ""
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn:
    """A column that only the new shape has; without `up`, rows of the old shape get its default, or null."""

    kind: Literal["add-column"] = "add-column"
    table: str
    column: NewColumn
    up: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn:
    """A column that only the old shape has; `down` is what it holds in rows that the new shape writes."""

    kind: Literal["drop-column"] = "drop-column"
    table: str
    column: str
    down: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn:
    """One column by two names."""

    kind: Literal["rename-column"] = "rename-column"
    table: str
    column: str
    to: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumn:
    """A column of another type, nullability, default, comment or constraint; what is None stays as it is.

    `lossy` says that values are known to change on their way to the new shape and back.
    """

    kind: Literal["alter-column"] = "alter-column"
    table: str
    column: str
    type: str = ""
    nullable: bool | None = None
    default: Set | None = None
    comment: Set | None = None
    unique: str = ""
    check: Check | None = None
    references: ForeignKey | None = None
    up: str = ""
    down: str = ""
    lossy: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitColumn:
    """One column becomes several; `up` has an expression for each of them."""

    kind: Literal["split-column"] = "split-column"
    table: str
    column: str
    into: tuple[NewColumn, ...]
    up: Expressions
    down: str
    lossy: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeColumns:
    """Several columns become one; `down` has an expression for each of them."""

    kind: Literal["merge-columns"] = "merge-columns"
    table: str
    columns: tuple[str, ...]
    into: NewColumn
    up: str
    down: Expressions
    lossy: bool = False
    location: Location | None = None


ConstraintType = Literal["unique", "check", "foreign_key", "primary_key", "exclude"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """What no two rows may have together."""

    method: str
    elements: str
    predicate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConstraint:
    """A constraint of a table, over `columns` of the shape that it is created in."""

    name: str
    type: ConstraintType
    columns: tuple[str, ...] = ()
    check: str = ""
    references: ForeignKey | None = None
    exclude: Exclusion | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    nulls_not_distinct: bool = False
    include: tuple[str, ...] = ()
    storage_parameters: str = ""
    tablespace: str = ""
    no_inherit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConstraint:
    """A constraint that rows of the new shape meet; `up` and `down` move each of its columns."""

    kind: Literal["create-constraint"] = "create-constraint"
    table: str
    constraint: NewConstraint
    up: Expressions = ()
    down: Expressions = ()
    lossy: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint:
    """A constraint that only rows of the old shape meet; `up` and `down` move each of its columns.

    A file that speaks of one column only leaves its name out: it is `""` there.
    """

    kind: Literal["drop-constraint"] = "drop-constraint"
    table: str
    name: str
    up: Expressions = ()
    down: Expressions = ()
    lossy: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameConstraint:
    """A constraint by another name, from contract on."""

    kind: Literal["rename-constraint"] = "rename-constraint"
    table: str
    name: str
    to: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    """A table that only the new shape has."""

    kind: Literal["create-table"] = "create-table"
    name: str
    columns: tuple[NewColumn, ...]
    constraints: tuple[NewConstraint, ...] = ()
    comment: str | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable:
    """One table by two names."""

    kind: Literal["rename-table"] = "rename-table"
    table: str
    to: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable:
    """A table that only the old shape has."""

    kind: Literal["drop-table"] = "drop-table"
    table: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexColumn:
    """A column of an index, or an expression in its place, and how it is ordered."""

    column: str = ""
    expression: str = ""
    collation: str = ""
    opclass: str = ""
    order: Literal["", "ASC", "DESC"] = ""
    nulls: Literal["", "FIRST", "LAST"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex:
    """An index, built beside the traffic."""

    kind: Literal["create-index"] = "create-index"
    name: str
    table: str
    columns: tuple[IndexColumn, ...]
    unique: bool = False
    method: str = ""
    storage_parameters: str = ""
    predicate: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex:
    """An index that goes at contract."""

    kind: Literal["drop-index"] = "drop-index"
    name: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReplicaIdentity:
    """How rows are known to logical replication: `default`, `full`, `nothing` or `index`, with its name."""

    kind: Literal["set-replica-identity"] = "set-replica-identity"
    table: str
    type: Literal["default", "full", "nothing", "index"]
    index: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSql:
    """Statements as they are, at expand or, `on_contract`, at contract.

    Without a `down` there is no way back from them, which `irreversible` must then say and why; `derive` lets tidegate
    write the reverse of plain creations itself, as files of pgroll need.
    """

    kind: Literal["sql"] = "sql"
    up: str
    down: str = ""
    on_contract: bool = False
    irreversible: str = ""
    derive: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTable:
    """A table moves to another database: an outbox carries every write there, and after the switch back.

    It is the only operation of its migration. `columns` has an expression over the source for each column that the
    target computes; the others are taken as they are. `back` has one for each that the source computes on the way back.
    """

    kind: Literal["move-table"] = "move-table"
    table: str
    to: str
    to_table: str = ""
    columns: Expressions = ()
    back: Expressions = ()
    max_lag_seconds: float = 5.0
    location: Location | None = None


Operation = (
    AddColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | SplitColumn
    | MergeColumns
    | CreateConstraint
    | DropConstraint
    | RenameConstraint
    | CreateTable
    | RenameTable
    | DropTable
    | CreateIndex
    | DropIndex
    | SetReplicaIdentity
    | RawSql
    | MoveTable
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """Something that always holds: `query` gives no row, in the shape named (`old` or `new`)."""

    name: str
    query: str
    shape: Literal["old", "new"] = "new"
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a migration behaves on a busy database. Times in seconds, sizes in rows.

    A statement that locks waits at most `lock_timeout` for its lock and holds it at most `hold_timeout`; else it gives
    way and comes again. The backfill works at most `duty` of the time in batches of about `batch_seconds`, at most
    `batch_rows` rows each, and stands still while replicas lag by more than `max_lag` or more than `max_active`
    sessions are at work (0: no limit).
    """

    lock_timeout: float = 0.2
    hold_timeout: float = 2.0
    patience: float = 600.0
    batch_rows: int = 5000
    batch_seconds: float = 0.1
    duty: float = 0.5
    max_lag: float = 10.0
    max_active: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How much is compared: every row by checksums in ranges, `sample` of them one by one, again `every` seconds."""

    sample: int = 1000
    range_rows: int = 50_000
    every: float = 60.0


SourceForm = Literal["tidegate", "pgroll", "sql", "alembic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration of one schema of one database.

    `restore_point` says what is taken and checked before contract. `source` is the form of file that it was read from;
    what such files cannot say, `core.migrations.sql.guarantees` does.
    """

    name: MigrationName
    operations: tuple[Operation, ...]
    schema: str = "public"
    version_schema: str = ""
    invariants: tuple[Invariant, ...] = ()
    pace: Pace = Pace()
    verification: Verification = Verification()
    restore_point: Literal["dump", "none"] = "dump"
    source: SourceForm = "tidegate"
    location: Location | None = None
