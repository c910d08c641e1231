"""A schema is read from the catalogs of a real server as migrations need to know it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.postgres.kit import SPLIT, asked, database, migration, migrator, token, users

from tidegate.actuators.postgres.reading import read_schema
from tidegate.actuators.postgres.sessions import session
from tidegate.core.errors import Refused
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.schema import Column, Constraint, Index, Schema, Table

pytestmark = pytest.mark.real

SHOP = (
    "CREATE SCHEMA shop",
    "CREATE SCHEMA elsewhere",
    "CREATE TYPE shop.mood AS ENUM ('glad', 'sad')",
    'CREATE TABLE shop."Owner.s" (id int PRIMARY KEY, code text COLLATE "C" UNIQUE)',
    """CREATE TABLE shop.items (
        id bigint GENERATED ALWAYS AS IDENTITY, part int, name varchar(20) NOT NULL DEFAULT 'it''s',
        mood shop.mood, twice int GENERATED ALWAYS AS (part * 2) STORED, owner int,
        PRIMARY KEY (part, id), CONSTRAINT positive CHECK (part > 0) NO INHERIT,
        CONSTRAINT owned FOREIGN KEY (owner) REFERENCES shop."Owner.s" ON DELETE CASCADE
    )""",
    "COMMENT ON TABLE shop.items IS 'things'",
    "COMMENT ON COLUMN shop.items.name IS 'what it is called'",
    "CREATE INDEX by_name ON shop.items (lower(name), owner) WHERE part > 3",
    "CREATE UNIQUE INDEX known ON shop.items (owner, part)",
    "ALTER TABLE shop.items ALTER owner SET NOT NULL, ALTER COLUMN part SET NOT NULL",
    "ALTER TABLE shop.items REPLICA IDENTITY USING INDEX known",
    "CREATE FUNCTION shop.noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER audit BEFORE UPDATE ON shop.items FOR EACH ROW EXECUTE FUNCTION shop.noted()",
    "CREATE VIEW elsewhere.names AS SELECT name FROM shop.items WHERE part > 1",
    "CREATE MATERIALIZED VIEW shop.counted AS SELECT count(*) FROM shop.items",
    "CREATE TABLE elsewhere.orders (part int, item bigint, FOREIGN KEY (part, item) REFERENCES shop.items)",
)
OWNERS = Table(
    name="Owner.s",
    columns=(
        Column(name="id", type="integer", not_null=True),
        Column(name="code", type="text", collation='"C"'),
    ),
    constraints=(
        Constraint(name="Owner.s_code_key", type="unique", columns=("code",), definition="UNIQUE (code)"),
        Constraint(name="Owner.s_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)"),
    ),
)
ITEMS = Table(
    name="items",
    columns=(
        Column(name="id", type="bigint", not_null=True, identity="ALWAYS"),
        Column(name="part", type="integer", not_null=True),
        Column(
            name="name",
            type="character varying(20)",
            not_null=True,
            default="'it''s'::character varying",
            comment="what it is called",
        ),
        Column(name="mood", type="mood"),
        Column(name="twice", type="integer", generated="(part * 2)"),
        Column(name="owner", type="integer", not_null=True),
    ),
    constraints=(
        Constraint(
            name="items_pkey", type="primary_key", columns=("part", "id"), definition="PRIMARY KEY (part, id)"
        ),
        Constraint(
            name="owned",
            type="foreign_key",
            columns=("owner",),
            definition='FOREIGN KEY (owner) REFERENCES "Owner.s"(id) ON DELETE CASCADE',
            references_table="Owner.s",
            references_columns=("id",),
        ),
        Constraint(
            name="positive", type="check", columns=("part",), definition="CHECK ((part > 0)) NO INHERIT"
        ),
    ),
    indexes=(
        Index(
            name="by_name",
            columns=("owner", "part", "name"),
            definition="CREATE INDEX by_name ON shop.items USING btree (lower((name)::text), owner) WHERE (part > 3)",
        ),
        Index(
            name="known",
            columns=("owner", "part"),
            definition="CREATE UNIQUE INDEX known ON shop.items USING btree (owner, part)",
            unique=True,
        ),
    ),
    replica_identity="index",
    replica_index="known",
    comment="things",
    readers=(("counted", ()), ("elsewhere.names", ("name", "part"))),
    triggers=("audit",),
)


def read(url: str, schema: str = "public", *, leftovers: bool = False) -> Schema:
    async def work() -> Schema:
        async with session(database(url)) as connection:
            return await read_schema(connection, schema, leftovers=leftovers)

    return asyncio.run(work())


def without_sizes(schema: Schema) -> tuple[Table, ...]:
    return tuple(replace(table, rows=0, bytes=0) for table in schema.tables)


def test_a_schema_is_read_whole(url: str) -> None:
    asked(url, *SHOP)
    found = read(url, "shop")
    assert without_sizes(found) == (OWNERS, ITEMS)
    assert found.referrers == (
        ("shop.items", ("owner",), "Owner.s", ("id",)),
        ("elsewhere.orders", ("part", "item"), "items", ("part", "id")),
    )
    assert (found.version, found.version_schema, found.server // 10000) == ("", "", 18)


def test_functions_that_give_another_value_each_time_are_known(url: str) -> None:
    asked(url, "CREATE FUNCTION dice() RETURNS int LANGUAGE sql AS 'SELECT 4'")
    volatile = read(url).volatile
    assert {"dice", "random", "now", "clock_timestamp", "nextval"} <= volatile
    assert volatile.isdisjoint({"lower", "concat", "to_char", "abs"})


def test_rows_and_bytes_are_those_of_the_last_count(url: str) -> None:
    users(url, rows=500)
    table = read(url).by_name["users"]
    assert (table.rows, table.bytes > 500 * 20) == (500, True)


def test_what_cannot_be_reshaped_is_named(url: str) -> None:
    asked(
        url,
        "CREATE TABLE plain (id int)",
        "CREATE TABLE parts (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE parent (id int)",
        "CREATE TABLE child () INHERITS (parent)",
    )
    assert {table.name: table.obstacles for table in read(url).tables} == {
        "plain": (),
        "parts": ("partitioned",),
        "part": ("inherited",),
        "parent": ("inherited",),
        "child": ("inherited",),
    }


def test_there_must_be_such_a_schema(url: str) -> None:
    with pytest.raises(Refused, match="there is no schema Public in the database"):
        read(url, "Public")


def test_in_every_phase_the_old_shape_is_read_as_it_was_and_afterwards_the_new_one(
    url: str, tmp_path: Path
) -> None:
    users(url)
    engine, names = migrator(url, tmp_path), migration(SPLIT)
    before = read(url)
    for phase in PHASES[:-1]:
        asyncio.run(engine.forth(names, phase, token()))
        found = read(url)
        assert without_sizes(found) == without_sizes(before), phase
        assert found.version == ""
    asyncio.run(engine.forth(names, Phase.CONTRACT, token()))
    found = read(url, leftovers=True)
    assert [column.name for column in found.by_name["users"].columns] == [
        "id",
        "age",
        "note",
        "given",
        "family",
    ]
    assert (found.version, found.version_schema) == ("names", "public_names")
    assert found.by_name["users"].readers == ()
