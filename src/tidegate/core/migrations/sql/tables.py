"""Tables that come, go and get other names."""

from collections.abc import Collection, Mapping

from tidegate.core.errors import Problem
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import CreateTable, SetReplicaIdentity
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Schema, Table
from tidegate.core.migrations.sql.definitions import comments, create_table
from tidegate.core.migrations.sql.names import fitted, literal, quoted
from tidegate.core.migrations.sql.target import Target, block
from tidegate.core.migrations.statements import Lock, Statement
from tidegate.core.migrations.unfolding import KEPT_SCHEMA, NAME_BYTES, PhasePlan

_OID_BYTES = 11
"""An underscore and the longest object identifier."""


def created(target: Target, operation: CreateTable, migration: MigrationName) -> tuple[PhasePlan, ...]:
    """A table with all its constraints; going back keeps what was written into it.

    Writers of the tables that it references wait for a moment; of its own nobody knows yet.
    """
    summary = f"create table {operation.name}"
    others = _referenced(operation)
    lock = Lock.SHARE_ROW_EXCLUSIVE if others else Lock.NONE
    create = target.says(create_table(operation, target.schema), summary, lock, *others)
    notes = tuple(
        target.says(sql, f"comment on {operation.name}", Lock.SHARE_UPDATE_EXCLUSIVE)
        for sql in comments(operation, target.schema)
    )
    return (PhasePlan(phase=Phase.EXPAND, forth=(create, *notes), back=(puts_away(target, migration),)),)


def puts_away(target: Target, migration: str) -> Statement:
    """A table without rows is dropped. One with rows moves to `KEPT_SCHEMA`, under a name with its identifier.

    It keeps nothing but its rows: what hangs on it would refuse, or follow, what is done to others, and what it hangs
    on could not go back. Columns of types that are not PostgreSQL's own become text, which alone takes time by rows.
    """
    kept = fitted(migration, target.table, limit=NAME_BYTES - _OID_BYTES)
    values = {"name": target.name, "kept": literal(kept), "schema": KEPT_SCHEMA}
    declare = f"found oid := to_regclass({literal(target.name)}); said text;"
    summary = f"drop table {target.table}, or keep it in {KEPT_SCHEMA} if it has rows"
    return target.says(block(_PUT_AWAY.format(**values), declare), summary, Lock.ACCESS_EXCLUSIVE)


_PUT_AWAY = """
IF found IS NULL THEN RETURN; END IF;
LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE;
IF NOT EXISTS (SELECT FROM {name}) THEN DROP TABLE {name}; RETURN; END IF;
CREATE SCHEMA IF NOT EXISTS {schema};
FOR said IN
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', found::regclass, conname)
    FROM pg_catalog.pg_constraint WHERE conrelid = found AND contype IN ('f', 'c', 'u', 'p', 'x')
    ORDER BY contype <> 'f'
LOOP EXECUTE said; END LOOP;
FOR said IN
    SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_catalog.pg_index WHERE indrelid = found
LOOP EXECUTE said; END LOOP;
FOR said IN
    SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP %s', found::regclass, attname, CASE
        WHEN attidentity <> '' THEN 'IDENTITY' WHEN attgenerated <> '' THEN 'EXPRESSION' ELSE 'DEFAULT' END)
    FROM pg_catalog.pg_attribute
    WHERE attrelid = found AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'
LOOP EXECUTE said; END LOOP;
FOR said IN
    SELECT format('DROP SEQUENCE %s', objid::regclass) FROM pg_catalog.pg_depend
    JOIN pg_catalog.pg_class ON oid = objid AND relkind = 'S'
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = found
LOOP EXECUTE said; END LOOP;
FOR said IN
    SELECT format('ALTER TABLE %s ALTER COLUMN %I TYPE text USING %2$I::text', found::regclass, attname)
    FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type t ON t.oid = atttypid
    WHERE attrelid = found AND attnum > 0 AND attgenerated <> 'v' AND typnamespace <> 'pg_catalog'::regnamespace
LOOP EXECUTE said; END LOOP;
EXECUTE format('ALTER TABLE %s RENAME TO %I', found::regclass, {kept} || '_' || found);
EXECUTE format('ALTER TABLE %s SET SCHEMA %I', found::regclass, '{schema}');
"""


def dropped(target: Target, *referenced: str) -> tuple[PhasePlan, ...]:
    """A table that goes at contract; until then the new shape does not have it.

    `referenced` are the tables that it references, which stand still with it for a moment.
    """
    sql = f"DROP TABLE IF EXISTS {target.name}"
    drop = target.says(sql, f"drop table {target.table}", Lock.ACCESS_EXCLUSIVE, *referenced)
    return (PhasePlan(phase=Phase.CONTRACT, forth=(drop,)),)


def undroppable(target: Target, schema: Schema, going: Collection[str]) -> tuple[Problem, ...]:
    """Why the table cannot go: others, but for the tables that are `going` too, reference or read it."""
    gone = {f"{schema.name}.{name}" for name in going}
    referring = [who for who, _, table, _ in schema.referrers if table == target.table and who not in gone]
    reading = [reader for reader, _ in schema.by_name[target.table].readers]
    found = [(who, "references") for who in dict.fromkeys(referring)] + [
        (reader, "reads") for reader in reading
    ]
    return tuple(
        Problem(
            message=f"{who} {does} {target.table}, which is to go",
            location=target.location,
            hint=_LET_GO[does],
        )
        for who, does in found
    )


_LET_GO: Mapping[str, str] = {"references": "drop its foreign key first", "reads": "drop that view first"}


def renamed(target: Target, to: str) -> tuple[PhasePlan, ...]:
    """A table that has another name from contract on; until then the new shape calls it so."""
    sql = f"ALTER TABLE IF EXISTS {target.name} RENAME TO {quoted(to)}"
    rename = target.says(sql, f"rename table {target.table} to {to}", Lock.ACCESS_EXCLUSIVE)
    return (PhasePlan(phase=Phase.CONTRACT, forth=(rename,)),)


def identified(target: Target, table: Table, operation: SetReplicaIdentity) -> tuple[PhasePlan, ...]:
    """A table whose rows logical replication knows otherwise from the switch on."""
    forth = _identity(target, operation.type, operation.index)
    back = _identity(target, table.replica_identity, table.replica_index)
    return (PhasePlan(phase=Phase.SWITCH, forth=(forth,), back=(back,)),)


def _identity(target: Target, type_: str, index: str) -> Statement:
    how = f"USING INDEX {quoted(index)}" if type_ == "index" else type_.upper()
    summary = f"let replication know rows of {target.table} by {index or type_}"
    return target.alters(f"REPLICA IDENTITY {how}", summary)


def _referenced(operation: CreateTable) -> tuple[str, ...]:
    keys = [column.references for column in operation.columns]
    keys += [constraint.references for constraint in operation.constraints]
    return tuple(dict.fromkeys(key.table for key in keys if key))
