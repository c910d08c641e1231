"""Unfolded migrations on a real server: old and new writers at work in every phase, forth, back, forth, contract."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    Check,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropTable,
    ForeignKey,
    IndexColumn,
    MergeColumns,
    Migration,
    NewColumn,
    NewConstraint,
    Operation,
    RenameColumn,
    RenameTable,
    Set,
    SplitColumn,
)
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.schema import Column, Constraint, Index, Schema, Table
from tidegate.core.migrations.sql.names import quoted
from tidegate.core.migrations.statements import Deed, MakeViews
from tidegate.core.migrations.unfold import unfold, version_views
from tidegate.core.migrations.unfolding import SHAPE, Unfolding

pytestmark = pytest.mark.real

KEY = Constraint(name="people_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)")
ID = Column(name="id", type="integer", not_null=True)
Rows = list[tuple[Any, ...]]


def people(
    *columns: Column, constraints: tuple[Constraint, ...] = (), indexes: tuple[Index, ...] = ()
) -> Schema:
    table = Table(name="people", columns=(ID, *columns), constraints=(KEY, *constraints), indexes=indexes)
    return Schema(name="public", tables=(table,), volatile=frozenset({"random", "nextval"}))


def unfolded(schema: Schema, *operations: Operation) -> Unfolding:
    found = unfold(Migration(name=MigrationName("m"), operations=operations), schema)
    assert isinstance(found, Unfolding), "\n".join(map(str, found))
    return found


@dataclass(frozen=True)
class World:
    """A database with writers of both shapes, and whoever carries a migration out."""

    url: str
    schema: Schema
    unfolding: Unfolding
    admin: psycopg.Connection[Any]

    def old(self, sql: str) -> Rows:
        return self._says("public", sql)

    def new(self, sql: str) -> Rows:
        return self._says(f'"{self.unfolding.new_schema}", public', sql)

    def _says(self, path: str, sql: str) -> Rows:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"SET search_path TO {path}".encode())
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def shapes(self) -> Rows:
        return self.old(f"SELECT id, {SHAPE} FROM people ORDER BY id")

    def forth(self, *phases: Phase) -> None:
        for phase in phases:
            self._do(self.unfolding.by_phase[phase].forth)
            if phase is Phase.BACKFILL:
                self.backfill()

    def until(self, last: Phase) -> None:
        self.forth(*PHASES[: PHASES.index(last) + 1])

    def back(self) -> None:
        for phase in reversed(PHASES[:-1]):
            self._do(self.unfolding.by_phase[phase].back)

    def backfill(self) -> None:
        for reshape in self.unfolding.reshapes:
            if reshape.backfilled:
                self.old(f"UPDATE {quoted(reshape.table)} SET {SHAPE} = 'o' WHERE {SHAPE} IS NULL")

    def _do(self, deeds: tuple[Deed, ...]) -> None:
        for deed in deeds:
            said = version_views(self.unfolding, self.schema) if isinstance(deed, MakeViews) else (deed,)
            for statement in said:
                self.admin.execute(statement.sql.encode())
                self.admin.execute(statement.sql.encode()) if not isinstance(deed, MakeViews) else None

    def problems(self) -> list[str]:
        """What the probes say."""
        return [
            said for probe in self.unfolding.probes if (said := self._asked(probe.search_path, probe.sql))
        ]

    def _asked(self, path: tuple[str, ...], sql: str) -> str:
        try:
            rows = self._says(", ".join(path), sql)
        except psycopg.Error as error:
            return type(error).__name__
        return str(rows[0][0]) if rows else ""


@contextmanager
def world(url: str, setup: str, schema: Schema, *operations: Operation) -> Iterator[World]:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(setup.encode())
        yield World(url, schema, unfolded(schema, *operations), admin)


NAMES = "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, note text)"
NAMED = people(Column(name="name", type="text", not_null=True), Column(name="note", type="text"))
SPLIT = SplitColumn(
    table="people",
    column="name",
    into=(NewColumn(name="first", type="text"), NewColumn(name="last", type="text", nullable=True)),
    up=(("first", "split_part(name, ' ', 1)"), ("last", "nullif(split_part(name, ' ', 2), '')")),
    down="first || coalesce(' ' || last, '')",
)


def test_a_split_column_is_written_in_both_shapes_in_every_phase(url: str) -> None:
    """A row is inserted and another updated in each shape in each phase; then the same again after going back."""
    with world(
        url, NAMES + "; INSERT INTO people VALUES (1, 'Ada Lovelace'), (2, 'Bob Odd')", NAMED, SPLIT
    ) as w:
        assert w.problems() == []
        before: Rows = []
        for round_ in range(2):
            w.forth(Phase.EXPAND)
            w.old("UPDATE people SET note = 'x' WHERE id = 1")
            w.forth(Phase.DUAL_WRITE)
            for number, phase in enumerate((Phase.BACKFILL, Phase.VERIFY, Phase.SWITCH), start=1):
                here = 100 * round_ + 10 * number
                w.old(f"INSERT INTO people VALUES ({here}, 'Old Writer{number}')")
                w.new(f"INSERT INTO people (id, first, last) VALUES ({here + 1}, 'New', 'Writer{number}')")
                assert w.new(f"SELECT first, last FROM people WHERE id = {here}") == [
                    ("Old", f"Writer{number}")
                ]
                assert w.old(f"SELECT name FROM people WHERE id = {here + 1}") == [(f"New Writer{number}",)]
                w.old(f"UPDATE people SET name = 'Ada Old{here}' WHERE id = 1")
                w.new(f"UPDATE people SET last = 'New{here}' WHERE id = 2")
                assert w.new("SELECT first, last FROM people WHERE id = 1") == [("Ada", f"Old{here}")]
                assert w.old("SELECT name FROM people WHERE id = 2") == [(f"Bob New{here}",)]
                w.forth(phase)
            before = w.old("SELECT id, name FROM people ORDER BY id")
            assert len(before) == 2 + 6 * (round_ + 1)
            both = w.new("SELECT id, first || ' ' || last FROM people ORDER BY id")
            assert both == before
            if not round_:
                w.back()
                assert w.old("SELECT id, name FROM people ORDER BY id") == before
                assert w.old("SELECT * FROM people LIMIT 0") == []
                assert _columns(w) == ["id", "name", "note"]
        w.forth(Phase.CONTRACT)
        assert w.new("SELECT id, first || ' ' || last FROM people ORDER BY id") == before
        assert _columns(w) == ["id", "note", "first", "last"]
        assert w.old("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '~%'") == [(0,)]
        assert w.old(
            "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'tidegate'"
        ) == [(0,)]


def _columns(w: World) -> list[str]:
    sql = (
        "SELECT attname FROM pg_attribute WHERE attrelid = 'public.people'::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum"
    )
    return [name for (name,) in w.old(sql)]


SPACED = NAMES + "; INSERT INTO people VALUES (1, 'Ada  of  Lovelace', 'a'), (2, 'Bob Odd', 'b')"


def test_a_write_elsewhere_never_undoes_what_the_other_shape_said(url: str) -> None:
    """Nothing of a name that the split cannot say is lost unless somebody writes that name in the new shape."""
    with world(url, SPACED, NAMED, SPLIT) as w:
        w.until(Phase.DUAL_WRITE)
        w.new("UPDATE people SET note = 'waiting' WHERE id = 1")
        assert w.old("SELECT name, note FROM people WHERE id = 1") == [("Ada  of  Lovelace", "waiting")]
        w.new("UPDATE people SET last = 'Even' WHERE id = 2")
        assert w.new("SELECT first, last FROM people ORDER BY id") == [("Ada", None), ("Bob", "Even")]
        assert w.old("SELECT name FROM people WHERE id = 2") == [("Bob Even",)]
        assert w.shapes() == [(1, "o"), (2, "n")]
        w.new("UPDATE people SET note = 'filled' WHERE id = 1")
        w.old("UPDATE people SET note = 'filled' WHERE id = 2")
        assert w.old("SELECT name FROM people ORDER BY id") == [("Ada  of  Lovelace",), ("Bob Even",)]
        assert w.shapes() == [(1, "o"), (2, "n")]


AGES = "CREATE TABLE people (id integer PRIMARY KEY, age text, pay text)"
AGED = people(Column(name="age", type="text"), Column(name="pay", type="text"))


def number(column: str) -> AlterColumn:
    up, down = f"coalesce({column}::int, 0)", f"{column}::text"
    return AlterColumn(table="people", column=column, type="integer", up=up, down=down, lossy=True)


def test_two_columns_that_lose_something_are_each_believed_in_the_shape_that_wrote_them(url: str) -> None:
    """A row whose columns were written last in different shapes follows from neither, and says so."""
    with world(
        url, AGES + "; INSERT INTO people VALUES (1, NULL, NULL)", AGED, number("age"), number("pay")
    ) as w:
        w.until(Phase.BACKFILL)
        assert w.new("SELECT * FROM people") == [(1, 0, 0)]
        assert w.old("SELECT id, age, pay FROM people") == [(1, None, None)]
        w.new("UPDATE people SET age = 7")
        assert w.old("SELECT age, pay FROM people") == [("7", None)]
        assert w.shapes() == [(1, "m")]
        w.new("UPDATE people SET age = 8, pay = 9")
        assert w.shapes() == [(1, "n")]
        w.old("UPDATE people SET age = NULL")
        assert w.new("SELECT age, pay FROM people") == [(0, 9)]
        assert w.shapes() == [(1, "m")]
        w.old("UPDATE people SET age = '1', pay = '2'")
        assert w.new("SELECT age, pay FROM people") == [(1, 2)]
        assert w.shapes() == [(1, "o")]


def test_columns_that_are_merged_come_back(url: str) -> None:
    merge = MergeColumns(
        table="people",
        columns=("name", "note"),
        into=NewColumn(name="label", type="text"),
        up="name || '/' || coalesce(note, '')",
        down=(("name", "split_part(label, '/', 1)"), ("note", "nullif(split_part(label, '/', 2), '')")),
    )
    with world(url, NAMES + "; INSERT INTO people VALUES (1, 'a', 'b'), (2, 'c', NULL)", NAMED, merge) as w:
        assert w.problems() == []
        w.until(Phase.BACKFILL)
        w.new("UPDATE people SET label = 'x/y' WHERE id = 1")
        w.new("INSERT INTO people VALUES (3, 'p/q')")
        w.old("UPDATE people SET note = 'd' WHERE id = 2")
        assert w.old("SELECT id, name, note FROM people ORDER BY id") == [
            (1, "x", "y"),
            (2, "c", "d"),
            (3, "p", "q"),
        ]
        assert w.new("SELECT * FROM people ORDER BY id") == [(1, "x/y"), (2, "c/d"), (3, "p/q")]
        w.forth(Phase.VERIFY, Phase.SWITCH, Phase.CONTRACT)
        assert w.new("SELECT * FROM people ORDER BY id") == [(1, "x/y"), (2, "c/d"), (3, "p/q")]
        assert _columns(w) == ["id", "label"]


def test_what_stands_over_a_column_stands_over_its_second_one(url: str) -> None:
    """Retyped, a column keeps its default, its constraints and indexes by their names, and its comment."""
    column = Column(name="pay", type="text", not_null=True, default="'0'::text", comment="in cents")
    positive = Constraint(
        name="positive", type="check", columns=("pay",), definition="CHECK ((length(pay) > 0))"
    )
    once = Constraint(name="once", type="unique", columns=("pay",), definition="UNIQUE (pay)")
    index = Index(
        name="by_pay", columns=("pay",), definition="CREATE INDEX by_pay ON public.people USING btree (pay)"
    )
    setup = (
        "CREATE TABLE people (id integer PRIMARY KEY, pay text NOT NULL DEFAULT '0' CONSTRAINT once UNIQUE"
        " CONSTRAINT positive CHECK (length(pay) > 0)); CREATE INDEX by_pay ON people (pay);"
        " COMMENT ON COLUMN people.pay IS 'in cents'; INSERT INTO people VALUES (1, '5')"
    )
    widen = AlterColumn(table="people", column="pay", type="varchar(9)", up="pay", down="pay")
    schema = people(column, constraints=(positive, once), indexes=(index,))
    with world(url, setup, schema, widen) as w:
        w.until(Phase.SWITCH)
        w.new("INSERT INTO people (id) VALUES (2)")
        for write in (w.old, w.new):
            with pytest.raises(psycopg.errors.UniqueViolation):
                write("INSERT INTO people (id, pay) VALUES (3, '5')")
            with pytest.raises(psycopg.errors.CheckViolation):
                write("INSERT INTO people (id, pay) VALUES (3, '')")
        w.back()
        assert _columns(w) == ["id", "pay"]
        w.until(Phase.CONTRACT)
        assert w.new("SELECT * FROM people ORDER BY id") == [(1, "5"), (2, "0")]
        standing = "SELECT conname FROM pg_constraint WHERE conrelid = 'people'::regclass AND contype <> 'n'"
        assert sorted(w.old(standing)) == [("once",), ("people_pkey",), ("positive",)]
        assert w.old("SELECT indexname FROM pg_indexes WHERE tablename = 'people' ORDER BY 1") == [
            ("by_pay",),
            ("once",),
            ("people_pkey",),
        ]
        described = (
            "SELECT format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) FROM pg_attribute"
            " WHERE attrelid = 'people'::regclass AND attname = 'pay'"
        )
        assert w.old(described) == [("character varying(9)", True, "in cents")]


ADDED = (
    AddColumn(table="people", column=NewColumn(name="plain", type="text", nullable=True)),
    AddColumn(table="people", column=NewColumn(name="fixed", type="int", default="100")),
    AddColumn(table="people", column=NewColumn(name="dice", type="float", default="random()")),
    AddColumn(
        table="people", column=NewColumn(name="loud", type="text", unique="loud_once"), up="upper(name)"
    ),
    AddColumn(
        table="people",
        column=NewColumn(name="long", type="int", check=Check(name="long_enough", condition="long > 0")),
        up="length(name)",
    ),
)


def test_added_columns_have_their_defaults_in_rows_of_either_shape(url: str) -> None:
    with world(url, NAMES + "; INSERT INTO people VALUES (1, 'a'), (2, 'bb')", NAMED, *ADDED) as w:
        assert w.problems() == []
        w.until(Phase.BACKFILL)
        w.old("INSERT INTO people VALUES (3, 'ccc')")
        w.new("INSERT INTO people (id, name, loud, long) VALUES (4, 'd', 'D!', 9)")
        w.forth(Phase.VERIFY, Phase.SWITCH)
        rows = w.new("SELECT id, plain, fixed, loud, long FROM people ORDER BY id")
        assert rows == [
            (1, None, 100, "A", 1),
            (2, None, 100, "BB", 2),
            (3, None, 100, "CCC", 3),
            (4, None, 100, "D!", 9),
        ]
        assert w.new("SELECT count(DISTINCT dice) FROM people") == [(4,)]
        with pytest.raises(psycopg.errors.CheckViolation):
            w.new("UPDATE people SET long = 0 WHERE id = 4")
        w.back()
        assert _columns(w) == ["id", "name", "note"]
        w.until(Phase.CONTRACT)
        assert w.new("SELECT fixed, loud, long FROM people WHERE id = 2") == [(100, "BB", 2)]
        assert _columns(w) == ["id", "name", "note", "plain", "fixed", "dice", "loud", "long"]


def test_a_dropped_column_is_filled_by_its_reverse(url: str) -> None:
    drop = DropColumn(table="people", column="name", down="'nobody ' || id")
    with world(url, NAMES + "; INSERT INTO people VALUES (1, 'a')", NAMED, drop) as w:
        w.until(Phase.SWITCH)
        w.new("INSERT INTO people VALUES (2, 'n')")
        w.new("UPDATE people SET note = 'm' WHERE id = 1")
        assert w.old("SELECT id, name, note FROM people ORDER BY id") == [(1, "a", "m"), (2, "nobody 2", "n")]
        w.old("UPDATE people SET name = 'somebody' WHERE id = 2")
        assert w.shapes() == [(1, "o"), (2, "o")]
        w.forth(Phase.CONTRACT)
        assert w.new("SELECT * FROM people ORDER BY id") == [(1, "m"), (2, "n")]


def test_names_that_look_like_something_else(url: str) -> None:
    """Columns called like words of plpgsql, with quotes, capitals and spaces, and a table of such a name."""
    setup = (
        'CREATE TABLE "Odd ""one" (id integer PRIMARY KEY, "new" text, "OLD" text, found text,'
        ' "was" text, "a ""b" json);'
        """ INSERT INTO "Odd ""one" VALUES (1, 'n', 'o', 'f', 'w', '{"k": 1}')"""
    )
    names = ("new", "OLD", "found", "was")
    columns = (ID, *(Column(name=name, type="text") for name in names), Column(name='a "b', type="json"))
    table = Table(name='Odd "one', columns=columns, constraints=(KEY,))
    changes = [
        AlterColumn(
            table=table.name,
            column=name,
            type="varchar(20)",
            up=f"upper({quoted(name)})",
            down=f"lower({quoted(name)})",
        )
        for name in names
    ]
    last = AlterColumn(
        table=table.name, column='a "b', type="jsonb", up='"a ""b"::jsonb', down='"a ""b"::json'
    )
    with world(url, setup, Schema(name="public", tables=(table,)), *changes, last) as w:
        assert w.problems() == []
        w.until(Phase.BACKFILL)
        every = 'SELECT id, "new", "OLD", found, "was", "a ""b" FROM "Odd ""one" ORDER BY id'
        assert w.new(every) == [(1, "N", "O", "F", "W", {"k": 1})]
        w.new("""INSERT INTO "Odd ""one" VALUES (2, 'A', 'B', 'C', 'D', '[2]')""")
        w.new("""UPDATE "Odd ""one" SET "a ""b" = '{"k": 2}', found = 'FF' WHERE id = 1""")
        assert w.old(every) == [(1, "n", "o", "ff", "w", {"k": 2}), (2, "a", "b", "c", "d", [2])]
        w.forth(Phase.VERIFY, Phase.SWITCH, Phase.CONTRACT)
        assert w.new(every) == [(1, "N", "O", "FF", "W", {"k": 2}), (2, "A", "B", "C", "D", [2])]


TEAMS = (
    "CREATE TABLE teams (id integer PRIMARY KEY); INSERT INTO teams VALUES (1), (2);"
    " CREATE TABLE people (id integer PRIMARY KEY, team integer REFERENCES teams ON DELETE SET NULL ON UPDATE CASCADE);"
    " INSERT INTO people VALUES (1, 1), (2, 2)"
)
MEMBER = Constraint(
    name="people_team_fkey",
    type="foreign_key",
    columns=("team",),
    definition="FOREIGN KEY (team) REFERENCES teams(id) ON UPDATE CASCADE ON DELETE SET NULL",
    references_table="teams",
    references_columns=("id",),
)


@pytest.mark.parametrize("shape", ["old", "new"])
def test_what_a_foreign_key_does_to_a_row_appears_in_both_shapes(url: str, shape: str) -> None:
    schema = people(Column(name="team", type="integer"), constraints=(MEMBER,))
    teams = Table(name="teams", columns=(ID,), constraints=(replace(KEY, name="teams_pkey"),))
    schema = replace(schema, tables=(*schema.tables, teams))
    widen = AlterColumn(table="people", column="team", type="bigint", up="team", down="team")
    with world(url, TEAMS, schema, widen) as w:
        w.until(Phase.SWITCH)
        write = {"old": w.old, "new": w.new}[shape]
        write("UPDATE teams SET id = 7 WHERE id = 1")
        write("DELETE FROM teams WHERE id = 2")
        for read in (w.old, w.new):
            assert read("SELECT id, team FROM people ORDER BY id") == [(1, 7), (2, None)]
        w.forth(Phase.CONTRACT)
        assert w.new("SELECT id, team FROM people ORDER BY id") == [(1, 7), (2, None)]


def test_an_expression_may_ask_other_tables(url: str) -> None:
    """A name is the row's column, not that of the table asked; the constraint holds in the new shape only."""
    setup = "CREATE TABLE users (id integer PRIMARY KEY); INSERT INTO users VALUES (5); "
    setup += "CREATE TABLE people (id integer PRIMARY KEY, user_id integer); INSERT INTO people VALUES (1, 5), (2, 6)"
    users = Table(name="users", columns=(ID,), constraints=(replace(KEY, name="users_pkey"),))
    schema = people(Column(name="user_id", type="integer"))
    known = AlterColumn(
        table="people",
        column="user_id",
        references=ForeignKey(name="known", table="users", columns=("id",)),
        up="SELECT CASE WHEN EXISTS (SELECT 1 FROM users WHERE users.id = user_id) THEN user_id END",
        down="user_id",
        lossy=True,
    )
    with world(url, setup, replace(schema, tables=(*schema.tables, users)), known) as w:
        assert w.problems() == []
        w.until(Phase.SWITCH)
        w.old("INSERT INTO people VALUES (3, 9)")
        assert w.new("SELECT * FROM people ORDER BY id") == [(1, 5), (2, None), (3, None)]
        assert w.old("SELECT id, user_id FROM people ORDER BY id") == [(1, 5), (2, 6), (3, 9)]
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            w.new("INSERT INTO people VALUES (4, 9)")


def test_names_change_while_both_are_used(url: str) -> None:
    """A table and a column by two names, one retyped by its new name, and columns that trade theirs."""
    operations = (
        RenameTable(table="people", to="persons"),
        RenameColumn(table="persons", column="name", to="title"),
        AlterColumn(table="persons", column="title", type="varchar(30)", up="title", down="title"),
        AddColumn(
            table="persons", column=NewColumn(name="size", type="int", nullable=True), up="length(name)"
        ),
        CreateIndex(name="by_title", table="persons", columns=(IndexColumn(column="title"),)),
    )
    with world(url, NAMES + "; INSERT INTO people VALUES (1, 'abc', 'x')", NAMED, *operations) as w:
        assert w.problems() == []
        w.until(Phase.SWITCH)
        w.new("INSERT INTO persons (id, title) VALUES (2, 'new')")
        w.old("INSERT INTO people VALUES (3, 'older')")
        assert w.new("SELECT id, title, size FROM persons ORDER BY id") == [
            (1, "abc", 3),
            (2, "new", None),
            (3, "older", 5),
        ]
        assert w.old("SELECT id, name FROM people ORDER BY id") == [(1, "abc"), (2, "new"), (3, "older")]
        w.back()
        w.until(Phase.CONTRACT)
        assert w.new("SELECT * FROM persons ORDER BY id") == [
            (1, "abc", "x", 3),
            (2, "new", None, 3),
            (3, "older", None, 5),
        ]
        assert w.old("SELECT title FROM public.persons WHERE id = 3") == [("older",)]
        assert w.old("SELECT indexname FROM pg_indexes WHERE indexname = 'by_title'") == [("by_title",)]


def test_the_same_column_serves_both_shapes_where_values_stay(url: str) -> None:
    """No second column, no trigger: a constraint holds for both, a default and a comment in the new shape."""
    operations = (
        AlterColumn(
            table="people",
            column="note",
            nullable=False,
            default=Set(value="'none'"),
            comment=Set(value="said"),
        ),
        CreateConstraint(
            table="people",
            constraint=NewConstraint(name="short", type="check", columns=("name",), check="length(name) < 9"),
        ),
    )
    with world(url, NAMES + "; INSERT INTO people VALUES (1, 'a', 'b')", NAMED, *operations) as w:
        assert w.unfolding.reshapes == ()
        w.until(Phase.SWITCH)
        w.new("INSERT INTO people (id, name) VALUES (2, 'c')")
        with pytest.raises(psycopg.errors.NotNullViolation):
            w.old("INSERT INTO people (id, name) VALUES (3, 'c')")
        w.back()
        w.old("INSERT INTO people (id, name) VALUES (3, 'far too long')")
        w.old("UPDATE people SET name = 'ok', note = 'n' WHERE id = 3")
        w.until(Phase.CONTRACT)
        w.old("INSERT INTO people (id, name) VALUES (4, 'd')")
        assert w.new("SELECT id, note FROM people ORDER BY id") == [
            (1, "b"),
            (2, "none"),
            (3, "n"),
            (4, "none"),
        ]


def test_a_constraint_that_only_the_old_shape_has(url: str) -> None:
    short = Constraint(name="short", type="check", columns=("name",), definition="CHECK ((length(name) < 9))")
    schema = people(Column(name="name", type="text", not_null=True), constraints=(short,))
    setup = "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL CONSTRAINT short CHECK (length(name) < 9))"
    drop = DropConstraint(
        table="people", name="short", up=(("", "name"),), down=(("", "left(name, 8)"),), lossy=True
    )
    with world(url, setup, schema, drop) as w:
        w.until(Phase.SWITCH)
        w.new("INSERT INTO people VALUES (1, 'far too long')")
        assert w.old("SELECT id, name FROM people") == [(1, "far too ")]
        w.forth(Phase.CONTRACT)
        assert w.new("SELECT * FROM people") == [(1, "far too long")]
        assert w.old("SELECT conname FROM pg_constraint WHERE conname LIKE '%short'") == []


def test_tables_come_and_go(url: str) -> None:
    """A table that is changed in the migration that creates it is created so; one that goes is hidden."""
    operations = (
        CreateTable(name="pets", columns=(NewColumn(name="id", type="serial", primary_key=True),)),
        AddColumn(table="pets", column=NewColumn(name="call", type="text")),
        RenameColumn(table="pets", column="call", to="name"),
        CreateConstraint(
            table="pets",
            constraint=NewConstraint(name="named", type="check", columns=("name",), check="name <> ''"),
        ),
        DropTable(table="people"),
    )
    with world(url, NAMES + "; INSERT INTO people VALUES (1, 'a')", NAMED, *operations) as w:
        w.until(Phase.EXPAND)
        pets = Table(name="pets", columns=(ID, Column(name="name", type="text")))
        now = replace(w, schema=replace(w.schema, tables=(*w.schema.tables, pets)))
        now.forth(Phase.DUAL_WRITE, Phase.BACKFILL, Phase.VERIFY, Phase.SWITCH)
        now.new("INSERT INTO pets (name) VALUES ('Rex')")
        with pytest.raises(psycopg.errors.CheckViolation):
            now.new("INSERT INTO pets (name) VALUES ('')")
        views = f"SELECT viewname FROM pg_views WHERE schemaname = '{w.unfolding.new_schema}'"
        assert now.old(views) == [("pets",)]
        assert now.old("SELECT name FROM people") == [("a",)]
        now.forth(Phase.CONTRACT)
        assert now.old("SELECT to_regclass('public.people')") == [(None,)]
        assert now.new("SELECT name FROM pets") == [("Rex",)]


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (AlterColumn(table="people", column="name", type="integer", up="0", down="'x'"), "1"),
        (replace(SPLIT, up=(("first", "nowhere(name)"), SPLIT.up[1])), "UndefinedFunction"),
        (replace(SPLIT, down="(SELECT x FROM people LIMIT 1)"), "UndefinedColumn"),
        (replace(SPLIT, lossy=True), ""),
    ],
)
def test_probes_ask_before_anything_is_done(url: str, operation: Operation, said: str) -> None:
    """`Ada  of  Lovelace` does not come back from its parts; an expression that nobody understands is told."""
    setup = NAMES + "; INSERT INTO people VALUES (1, 'Ada  of  Lovelace')"
    with world(url, setup, NAMED, operation) as w:
        assert (w.problems() or [""])[0] == said


def test_writers_need_no_right_to_anything_of_ours(url: str) -> None:
    """Who may write a table may write it in both shapes, and may not read what tidegate keeps."""
    setup = NAMES + "; DROP ROLE IF EXISTS app; CREATE ROLE app; GRANT ALL ON people TO app"
    with world(url, setup, NAMED, SPLIT) as w:
        w.until(Phase.DUAL_WRITE)
        w.new("SET ROLE app; INSERT INTO people (id, first, last) VALUES (1, 'a', 'b')")
        w.old("SET ROLE app; INSERT INTO people VALUES (2, 'c d')")
        assert w.new("SELECT first, last FROM people ORDER BY id") == [("a", "b"), ("c", "d")]
        w.admin.execute("REVOKE ALL ON people FROM app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            w.new("SET ROLE app; SELECT * FROM people")
        w.admin.execute("DROP ROLE app")


WORDS = st.sampled_from(["Ada Lovelace", "Bob  Odd", "Cy", "Di van Eyck", ""])
WRITES = st.lists(
    st.one_of(
        st.tuples(st.just("old"), st.just("name"), WORDS),
        st.tuples(st.just("old"), st.just("note"), WORDS),
        st.tuples(
            st.just("new"), st.sampled_from(["first", "last", "note"]), st.sampled_from(["Eve", "F G", ""])
        ),
        st.tuples(st.just("backfill"), st.just(""), st.just("")),
    ),
    max_size=7,
)


def test_whatever_the_order_of_writes_each_row_follows_from_the_shape_that_wrote_it(url: str) -> None:
    """A row that waits, written by both shapes in any order with the backfill somewhere among them.

    What was written last is read back by who wrote it, and the other shape is what the expression gives of it.
    """
    parts = tuple(replace(column, nullable=True) for column in SPLIT.into)
    with world(url, NAMES, NAMED, replace(SPLIT, into=parts, lossy=True)) as w:
        w.until(Phase.DUAL_WRITE)
        with psycopg.connect(url, autocommit=True) as new:
            new.execute("SET search_path TO public_m, public")

            @given(WORDS, WRITES)
            @settings(max_examples=60, deadline=None)
            def holds(name: str, writes: list[tuple[str, str, str]]) -> None:
                w.admin.execute("DELETE FROM people")
                w.admin.execute("SET session_replication_role TO replica")
                w.admin.execute("INSERT INTO people VALUES (1, %s, '')", [name])
                w.admin.execute("RESET session_replication_role")
                for who, column, value in writes:
                    if who == "backfill":
                        w.admin.execute(f"UPDATE people SET {SHAPE} = 'o' WHERE {SHAPE} IS NULL".encode())
                        continue
                    writer = new if who == "new" else w.admin
                    writer.execute(f"UPDATE people SET {column} = %s".encode(), [value])
                    assert writer.execute(f"SELECT {column} FROM people".encode()).fetchall() == [(value,)]
                _follows(w.admin, name if not any(column in SAID for _, column, _ in writes) else None)

            holds()


SAID = {"name", "first", "last"}


def _follows(admin: psycopg.Connection[Any], untouched: str | None) -> None:
    ((shape, name, up, down),) = admin.execute(
        f"SELECT {SHAPE}, name, ROW(_tidegate_new_first, _tidegate_new_last) IS NOT DISTINCT FROM"
        " ROW(split_part(name, ' ', 1), nullif(split_part(name, ' ', 2), '')),"
        " name = _tidegate_new_first || coalesce(' ' || _tidegate_new_last, '') FROM people".encode()
    )
    assert {"o": up, "n": down, None: True}[shape]
    assert untouched is None or name == untouched
