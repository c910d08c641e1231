"""What is unfolded into SQL is understood by a server, locks what it says, writes no row anew, and has its way back."""

from collections.abc import Iterable, Iterator

import psycopg
import pytest
from tests.postgres.server import PostgresServer

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import (
    Check,
    CreateIndex,
    CreateTable,
    DropIndex,
    Exclusion,
    ForeignKey,
    IndexColumn,
    NewColumn,
    NewConstraint,
    RawSql,
    SetReplicaIdentity,
)
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.schema import Column, Constraint, Index, Table
from tidegate.core.migrations.sql import constraints, indexes, raw, tables
from tidegate.core.migrations.sql.carried import carried
from tidegate.core.migrations.sql.expressions import renamed
from tidegate.core.migrations.sql.keywords import RESERVED
from tidegate.core.migrations.sql.names import fitted, literal, quoted
from tidegate.core.migrations.sql.own import statements
from tidegate.core.migrations.sql.target import Target
from tidegate.core.migrations.statements import Deed, Effort, Lock, Statement
from tidegate.core.migrations.unfolding import PhasePlan

pytestmark = pytest.mark.real

Plans = tuple[PhasePlan, ...]
Connection = psycopg.Connection[tuple[object, ...]]

WORLD = """
CREATE TABLE categories (id int PRIMARY KEY, region int, UNIQUE (id, region));
CREATE TABLE items (
    id bigint PRIMARY KEY, name text, "Size" int, category int, parent bigint, price int DEFAULT 1, other int,
    new_name text, "new Size" int, new_category int, new_parent bigint,
    CONSTRAINT sized CHECK (("Size" > 0 AND name <> 'name') OR price > 0) NO INHERIT,
    CONSTRAINT late CHECK (name <> '') NOT VALID,
    CONSTRAINT one_name UNIQUE NULLS NOT DISTINCT (name, "Size") INCLUDE (price) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT of_category FOREIGN KEY (category) REFERENCES categories MATCH FULL ON UPDATE CASCADE
        ON DELETE SET NULL (category) DEFERRABLE,
    CONSTRAINT below FOREIGN KEY (parent) REFERENCES items ON DELETE CASCADE
);
CREATE INDEX lower_names ON items USING btree (lower(name) text_pattern_ops DESC, "Size") WHERE name IS NOT NULL;
CREATE UNIQUE INDEX sizes ON items ("Size", id) INCLUDE (price) WITH (fillfactor = 70);
CREATE TABLE keyless (a int, b int NOT NULL);
CREATE TABLE lines (category int REFERENCES categories);
INSERT INTO categories VALUES (1, 1), (2, 1);
INSERT INTO items (id, name, "Size", category, price, new_name) SELECT i, 'item ' || i, i, 1, i, 'item ' || i
    FROM generate_series(1, 100) i;
UPDATE items SET "new Size" = "Size", new_category = category;
INSERT INTO keyless SELECT i, i FROM generate_series(1, 100) i;
"""
TWINS = {"name": "new_name", "Size": "new Size", "category": "new_category", "parent": "new_parent"}
ITEMS, KEYLESS = Target(schema="public", table="items"), Target(schema="public", table="keyless")
NEW = Target(schema="public", table="orders")
ORDERS = CreateTable(
    name="orders",
    comment="it's new\\here",
    columns=(
        NewColumn(name="id", type="bigint", primary_key=True, identity="BY DEFAULT", comment="key"),
        NewColumn(
            name="item", type="bigint", references=ForeignKey(name="of_item", table="items", columns=("id",))
        ),
        NewColumn(
            name="code",
            type="varchar(10)",
            default="'x'",
            unique="-",
            check=Check(name="c", condition="code <> ''"),
        ),
        NewColumn(name="twice", type="int", nullable=True, generated="length(code) * 2"),
        NewColumn(name="serial", type="serial"),
    ),
    constraints=(
        NewConstraint(
            name="pair",
            type="unique",
            columns=("item", "code"),
            include=("twice",),
            storage_parameters="fillfactor=80",
        ),
        NewConstraint(
            name="no_two",
            type="exclude",
            columns=("code",),
            exclude=Exclusion(method="btree", elements="code WITH =", predicate="item > 1"),
        ),
    ),
)
MIGRATION = MigrationName("01_orders")
UNIQUE = NewConstraint(
    name="named",
    type="unique",
    columns=("name",),
    include=("price",),
    nulls_not_distinct=True,
    deferrable=True,
    storage_parameters="fillfactor=80",
    tablespace="pg_default",
)
CATEGORY = ForeignKey(
    name="other_fk", table="categories", columns=("id",), on_delete="SET NULL (other)", match="SIMPLE"
)
FOREIGN = NewConstraint(
    name="other_fk", type="foreign_key", columns=("other",), references=CATEGORY, initially_deferred=True
)
HASH = CreateIndex(
    name="Hash",
    table="items",
    columns=(IndexColumn(column="name"),),
    method="hash",
    storage_parameters="fillfactor = 70",
    predicate="id > 10",
)
MANY = CreateIndex(
    name="many",
    table="items",
    columns=(
        IndexColumn(column="name", collation='"C"', opclass="text_pattern_ops", order="DESC", nulls="LAST"),
        IndexColumn(expression='"Size" + 1'),
    ),
    unique=True,
)
RAW = RawSql(
    up="""
    CREATE TYPE mood AS ENUM ('good', 'bad; worse');
    CREATE TABLE moods (id int PRIMARY KEY, mood mood);
    INSERT INTO moods VALUES (1, 'good');
    CREATE INDEX by_mood ON moods (mood);
    ALTER TABLE items ADD COLUMN mood mood, ADD "Last" date DEFAULT now();
    CREATE INDEX CONCURRENTLY item_moods ON items (mood);
    CREATE FUNCTION next(a int DEFAULT 1, b text = 'x') RETURNS int LANGUAGE sql BEGIN ATOMIC
        SELECT 1; SELECT CASE WHEN true THEN a ELSE 2 END; END;
    CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END; $$;
    CREATE TRIGGER touches BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION touched();
    CREATE VIEW cheap AS SELECT id FROM items WHERE price < 5;
    CREATE POLICY mine ON items USING (true);
    CREATE RULE quiet AS ON DELETE TO moods DO INSTEAD NOTHING;
    CREATE SEQUENCE numbers;
    CREATE STATISTICS together ON name, price FROM items;
    """,
    derive=True,
)


def _plans(name: str, table: Table) -> Plans:
    return {
        "check": lambda: constraints.created(
            ITEMS, NewConstraint(name="above", type="check", check='"Size" > 0 -- or not')
        ),
        "old rows unchecked": lambda: constraints.created(
            ITEMS, NewConstraint(name="above", type="check", check="false", no_inherit=True), validated=False
        ),
        "foreign key": lambda: constraints.created(ITEMS, FOREIGN),
        "unique": lambda: constraints.created(ITEMS, UNIQUE),
        "primary key": lambda: constraints.created(
            KEYLESS, NewConstraint(name="-", type="primary_key", columns=("a", "b")), nullable=("a",)
        ),
        "not null": lambda: constraints.not_null(ITEMS, "Size"),
        "constraint dropped": lambda: constraints.dropped(
            ITEMS, next(found for found in table.constraints if found.name == "of_category")
        ),
        "constraint renamed": lambda: constraints.renamed(ITEMS, "sized", "it's sized"),
        "second columns": lambda: carried(ITEMS, table, TWINS, without=("below",)),
        "index": lambda: indexes.created(ITEMS, HASH),
        "unique index": lambda: indexes.created(ITEMS, MANY),
        "index dropped": lambda: indexes.dropped(ITEMS, DropIndex(name="sizes")),
        "table": lambda: tables.created(NEW, ORDERS, MIGRATION),
        "table dropped": lambda: tables.dropped(Target(schema="public", table="lines"), "categories"),
        "table renamed": lambda: tables.renamed(KEYLESS, "Keyless"),
        "replica identity": lambda: tables.identified(
            ITEMS, table, SetReplicaIdentity(table="items", type="index", index="items_pkey")
        ),
        "replica identity full": lambda: tables.identified(
            ITEMS, table, SetReplicaIdentity(table="items", type="full")
        ),
        "raw": lambda: raw.unfolded("public", RAW, MIGRATION),
    }[name]()


NAMES = (
    "check",
    "old rows unchecked",
    "foreign key",
    "unique",
    "primary key",
    "not null",
    "constraint dropped",
    "constraint renamed",
    "second columns",
    "index",
    "unique index",
    "index dropped",
    "table",
    "table dropped",
    "table renamed",
    "replica identity",
    "replica identity full",
    "raw",
)


@pytest.fixture
def database(url: str) -> Iterator[Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(WORLD)
        yield connection


@pytest.fixture(scope="module")
def world(postgres: PostgresServer) -> Iterator[Connection]:
    """A database that many tests share; what they do there is rolled back."""
    with psycopg.connect(postgres.fresh(), autocommit=True) as connection:
        connection.execute(WORLD)
        yield connection


@pytest.fixture
def aside(world: Connection) -> Iterator[Connection]:
    with world.transaction(force_rollback=True):
        yield world


def _items(database: Connection) -> Table:
    """The table as the server writes its constraints and indexes."""
    found = database.execute(
        """SELECT conname, contype::text, pg_get_constraintdef(oid), convalidated,
        ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k(n, place)
              JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY place),
        coalesce((SELECT relname::text FROM pg_class WHERE oid = confrelid), ''),
        ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k(n, place)
              JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY place)
        FROM pg_constraint WHERE conrelid = 'items'::regclass AND contype <> 'n' ORDER BY conname"""
    ).fetchall()
    types = {"u": "unique", "c": "check", "f": "foreign_key", "p": "primary_key"}
    there = database.execute(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisunique FROM pg_index
        WHERE indrelid = 'items'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"""
    ).fetchall()
    return Table(
        name="items",
        columns=(Column(name="id", type="bigint", not_null=True),),
        constraints=tuple(
            Constraint(
                name=str(name),
                type=types[str(type_)],  # type: ignore[arg-type]  # one of the four
                definition=str(definition),
                validated=bool(valid),
                columns=tuple(columns),  # type: ignore[arg-type]  # an array of text
                references_table=str(table),
                references_columns=tuple(referenced),  # type: ignore[arg-type]  # an array of text
            )
            for name, type_, definition, valid, columns, table, referenced in found
        ),
        indexes=tuple(
            Index(
                name=str(name),
                definition=str(definition),
                unique=bool(unique),
                columns=("name", "Size") if name == "lower_names" else ("Size", "id"),
            )
            for name, definition, unique in there
        ),
    )


def _statements(deeds: Iterable[Deed]) -> tuple[Statement, ...]:
    return tuple(deed for deed in deeds if isinstance(deed, Statement))


def _forth(plans: Plans, phase: Phase) -> tuple[Statement, ...]:
    return tuple(done for plan in plans if plan.phase is phase for done in _statements(plan.forth))


def _back(plans: Plans, phase: Phase) -> tuple[Statement, ...]:
    return tuple(done for plan in reversed(plans) if plan.phase is phase for done in _statements(plan.back))


def _files(database: Connection) -> dict[object, object]:
    rows = database.execute(
        """SELECT oid, pg_relation_filenode(oid) FROM pg_class
        WHERE relkind = 'r' AND oid > 16383 AND relnamespace = 'public'::regnamespace"""
    )
    return dict(rows.fetchall())  # type: ignore[arg-type]  # pairs


def _locked(database: Connection, tables: tuple[str, ...], before: dict[object, object]) -> Lock:
    """The strongest lock that this transaction holds on the tables, of those that were there before."""
    found = database.execute(
        "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = ANY (%s)",
        [[oid for oid, name in before.items() if name in tables]],
    ).fetchall()
    names = {lock.value.title().replace(" ", "") + "Lock": lock for lock in Lock}
    return max((names[str(mode)] for (mode,) in found), key=list(Lock).index, default=Lock.NONE)


def _inside(statement: Statement) -> bool:
    """Whether its locks can be looked at before its transaction ends."""
    return bool(statement.tables) and not (statement.alone and "CONCURRENTLY" in statement.sql)


def _say(database: Connection, statement: Statement, *, twice: bool = True) -> None:
    """Carry it out, hold what it locked against what it claims, and see that no table was written anew."""
    tables: dict[object, object] = dict(database.execute("SELECT oid, relname FROM pg_class").fetchall())  # type: ignore[arg-type]  # pairs
    files = _files(database)
    if _inside(statement):
        with database.transaction():
            database.execute(statement.sql)
            locked = _locked(database, statement.tables, tables)
    else:
        database.execute(statement.sql)
        locked = statement.lock
    assert locked == statement.lock, statement.sql
    after = _files(database)
    assert {oid: after[oid] for oid in files if oid in after} == {
        oid: files[oid] for oid in files if oid in after
    }
    if twice:
        database.execute(statement.sql)


def _catalog(database: Connection) -> list[object]:
    """Everything in the schema that a migration may have touched."""
    return database.execute(
        """SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod) || attnotnull
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        UNION ALL SELECT 'table', relname, relkind::text, relreplident::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'function', proname, '', prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'type', typname, '', '' FROM pg_type WHERE typnamespace = 'public'::regnamespace
        ORDER BY 1, 2, 3, 4"""
    ).fetchall()  # type: ignore[return-value]  # rows


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_forth_and_back_and_forth_and_ends(name: str, database: Connection) -> None:
    """Each statement may be repeated, but for those of a user."""
    plans = _plans(name, _items(database))
    twice = name != "raw"
    before = through = _catalog(database)
    for _ in range(2):
        for phase in PHASES[:-1]:
            for statement in _forth(plans, phase):
                _say(database, statement, twice=twice)
        through = _catalog(database)
        for phase in reversed(PHASES[:-1]):
            for statement in _back(plans, phase):
                _say(database, statement, twice=twice)
        assert _catalog(database) == before
    for phase in PHASES[:-1]:
        for statement in _forth(plans, phase):
            _say(database, statement, twice=twice)
    assert _catalog(database) == through
    for statement in _forth(plans, Phase.CONTRACT) if name != "second columns" else ():
        _say(database, statement)
    done = any(plan.forth for plan in plans)
    assert done
    assert _catalog(database) != before


def test_second_columns_take_the_place_of_the_first(database: Connection) -> None:
    """After contract the new column has, by the same names, what the old one had."""
    table = _items(database)
    plans = carried(ITEMS, table, TWINS)
    before = [row for row in _catalog(database) if row[0] in {"constraint", "index"}]  # type: ignore[index]  # a row
    for phase in PHASES[:-1]:
        for statement in _forth(plans, phase):
            database.execute(statement.sql)
    for old, new in TWINS.items():
        database.execute(f"ALTER TABLE items DROP COLUMN {quoted(old)}")
        database.execute(f"ALTER TABLE items RENAME COLUMN {quoted(new)} TO {quoted(old)}")
    for statement in _forth(plans, Phase.CONTRACT):
        database.execute(statement.sql)
    after = [row for row in _catalog(database) if row[0] in {"constraint", "index"}]  # type: ignore[index]  # a row
    assert after == before


def test_what_a_kept_table_was_made_of_can_go(database: Connection) -> None:
    """A type that came with the table goes back with it, though there are rows."""
    (plan,) = raw.unfolded("public", RAW, MIGRATION)
    for statement in _statements((*plan.forth, *plan.back)):
        database.execute(statement.sql)
    ((name,),) = database.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'tidegate_kept'"
    ).fetchall()
    assert database.execute(f'SELECT * FROM tidegate_kept."{name}"').fetchall() == [(1, "good")]


def test_rows_of_a_table_that_goes_back_are_kept_each_time(database: Connection) -> None:
    (plan,) = tables.created(NEW, ORDERS, MIGRATION)
    for _ in range(2):
        for statement in _statements(plan.forth):
            database.execute(statement.sql)
        database.execute("INSERT INTO orders (item) VALUES (7)")
        for statement in _statements(plan.back):
            database.execute(statement.sql)
        database.execute("DELETE FROM items WHERE id = 7; INSERT INTO items (id) VALUES (7)")
    kept = database.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'tidegate_kept'::regnamespace AND relkind = 'r'"
    ).fetchall()
    rows = [
        database.execute(f"SELECT id, item, code, twice FROM tidegate_kept.{quoted(str(name))}").fetchall()
        for (name,) in kept
    ]
    assert rows == [[(1, 7, "x", 2)]] * 2
    assert all(str(name).startswith("01_orders_orders_") for (name,) in kept)


def test_words_that_are_no_columns_are_the_servers(aside: Connection) -> None:
    found = aside.execute("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')").fetchall()
    assert {word for (word,) in found} <= RESERVED


@pytest.mark.parametrize("text", ["it's", 'a "b"', "back\\slash'", "", "é ☃"])
@pytest.mark.parametrize("conforming", ["on", "off"])
def test_texts_and_names_arrive_as_they_are(text: str, conforming: str, aside: Connection) -> None:
    aside.execute(f"SET standard_conforming_strings = {conforming}")
    assert aside.execute(f"SELECT {literal(text)}").fetchone() == (text,)
    name = fitted(text, "☃" * 40)
    aside.execute(f"CREATE TABLE {quoted(name)} (a int)")
    assert aside.execute("SELECT relname::text FROM pg_class WHERE relname = %s", [name]).fetchone() == (
        name,
    )


@pytest.mark.parametrize(
    "expression",
    [
        "extract(year FROM day) + year",
        "(SELECT max(year) FROM year)",
        "year::text COLLATE \"C\" || E'year\\' year' || $$year$$ /* year */ || CAST(year AS text)",
        "CASE WHEN year IS DISTINCT FROM 3 THEN date '2020-01-01' ELSE \"day\" AT TIME ZONE 'UTC' END::text",
        "substring('abc' FROM year FOR 1) -- year",
        "(ARRAY[year, 2])[1] * interval '1 day' + interval '1' year * year",
    ],
)
def test_an_expression_gives_the_same_under_other_names(expression: str, aside: Connection) -> None:
    aside.execute("CREATE TABLE year (year int, day timestamptz); INSERT INTO year VALUES (2, now())")
    before = aside.execute(f"SELECT {expression}\n FROM year").fetchone()
    after = renamed(expression, {"year": "Y e", "day": "D"})
    assert after != expression
    assert (
        aside.execute(f'SELECT {after}\n FROM (SELECT year, day FROM year) t ("Y e", "D")').fetchone()
        == before
    )


OWN = """
ALTER TABLE items ADD COLUMN x int
ALTER TABLE items ADD COLUMN x int DEFAULT 5
ALTER TABLE items ADD COLUMN x timestamptz DEFAULT now()
ALTER TABLE items ADD COLUMN x uuid DEFAULT gen_random_uuid()
ALTER TABLE items ADD COLUMN x serial
ALTER TABLE items ADD COLUMN x int GENERATED ALWAYS AS (price + 1) STORED
ALTER TABLE items ADD COLUMN x int GENERATED ALWAYS AS IDENTITY
ALTER TABLE items ADD CHECK (price > 0)
ALTER TABLE items ADD CHECK (price > 0) NOT VALID
ALTER TABLE items ADD FOREIGN KEY (other) REFERENCES categories
ALTER TABLE items ADD FOREIGN KEY (other) REFERENCES categories NOT VALID
ALTER TABLE items ADD UNIQUE (name)
ALTER TABLE items VALIDATE CONSTRAINT late
ALTER TABLE items DROP CONSTRAINT sized
ALTER TABLE items RENAME CONSTRAINT sized TO size
ALTER TABLE items DROP COLUMN price
ALTER TABLE items ALTER COLUMN other TYPE text
ALTER TABLE items ALTER COLUMN price SET NOT NULL
ALTER TABLE items ALTER COLUMN id DROP DEFAULT
ALTER TABLE items ALTER COLUMN price SET STATISTICS 5
ALTER TABLE items ALTER COLUMN price SET (n_distinct = 5)
ALTER TABLE items ALTER COLUMN name SET STORAGE EXTERNAL
ALTER TABLE items SET UNLOGGED
ALTER TABLE items SET (fillfactor = 70)
ALTER TABLE items RESET (fillfactor)
ALTER TABLE items CLUSTER ON items_pkey
ALTER TABLE items SET WITHOUT CLUSTER
ALTER TABLE items RENAME price TO cost
ALTER TABLE items RENAME TO things
ALTER TABLE items OWNER TO postgres
ALTER TABLE items REPLICA IDENTITY FULL
ALTER TABLE items ENABLE ROW LEVEL SECURITY
ALTER TABLE items DISABLE TRIGGER USER
ALTER TABLE items ADD COLUMN x int, ALTER price SET STATISTICS 5
CREATE INDEX i ON items (price)
CREATE TRIGGER t BEFORE INSERT ON items EXECUTE FUNCTION suppress_redundant_updates_trigger()
CREATE RULE r AS ON INSERT TO items DO ALSO NOTHING
CREATE POLICY p ON items
CREATE STATISTICS s ON price, name FROM items
DROP TABLE items
TRUNCATE items
TRUNCATE TABLE ONLY items
INSERT INTO items (id) VALUES (0)
UPDATE items SET price = 1
DELETE FROM items
MERGE INTO items USING keyless ON id = a WHEN MATCHED THEN DELETE
CLUSTER items USING items_pkey
""".strip().splitlines()


@pytest.mark.parametrize("sql", OWN)
def test_what_is_told_of_a_users_statement_is_so(sql: str, aside: Connection) -> None:
    """The lock is the one that the server takes; rows are written anew where that is told, and nowhere else."""
    (own,) = statements(sql, {"gen_random_uuid"})
    tables: dict[object, object] = dict(aside.execute("SELECT oid, relname FROM pg_class").fetchall())  # type: ignore[arg-type]  # pairs
    before = _files(aside)
    aside.execute(sql)
    locked = _locked(aside, ("items",), tables)
    after = _files(aside)
    assert (own.table, locked) == ("items", own.lock)
    empties = {"TRUNCATE", "DROP"} & set(own.words[:1])
    rewritten = any(after.get(oid) != file for oid, file in before.items()) and not empties
    assert rewritten == (own.effort is Effort.REWRITE)
