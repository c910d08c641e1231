"""Tables that writers of both shapes write all the while, kept by the triggers of a migration that is unfolded."""

import asyncio
import itertools

import pytest
from psycopg import AsyncConnection
from tests.postgres.asking import Connection, connected, planted

from tidegate.actuators.postgres.comparing import compared
from tidegate.actuators.postgres.reading import read_schema
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    DropColumn,
    Migration,
    NewColumn,
    Pace,
    SplitColumn,
    Verification,
)
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.report import Report
from tidegate.core.migrations.statements import Statement
from tidegate.core.migrations.unfold import unfold, version_views
from tidegate.core.migrations.unfolding import Unfolding

pytestmark = pytest.mark.real

SPLIT = SplitColumn(
    table="users",
    column="name",
    into=(
        NewColumn(name="given", type="text", nullable=True),
        NewColumn(name="family", type="text", nullable=True),
    ),
    up=(("given", "split_part(name, ' ', 1)"), ("family", "split_part(name, ' ', 2)")),
    down="given || ' ' || family",
    lossy=True,
)
SLUG = AddColumn(table="users", column=NewColumn(name="slug", type="text", nullable=True), up="lower(note)")
RETYPED = AlterColumn(table="users", column="age", type="text", up="age::text", down="age::int", lossy=True)
DROPPED = DropColumn(table="users", column="cents", down="price * 100")
MIGRATION = Migration(
    name=MigrationName("mix"),
    operations=(SPLIT, SLUG, RETYPED, DROPPED),
    pace=Pace(duty=1.0),
    verification=Verification(range_rows=300, sample=500),
)
_ANY = "WHERE id = (random() * 2000)::int"
OLD_WRITES = (
    f"UPDATE users SET name = 'Old' || (random() * 99)::int || ' Doe' {_ANY}",
    f"UPDATE users SET note = 'Z' || random() {_ANY}",
    f"UPDATE users SET age = (random() * 99)::int {_ANY}",
    f"UPDATE users SET cents = (random() * 99)::int {_ANY}",
    f"DELETE FROM users {_ANY}",
    "INSERT INTO users SELECT (random() * 2000)::int, 'In Old', 'I', 3, 4, 400 ON CONFLICT DO NOTHING",
)
NEW_WRITES = (
    f"UPDATE users SET given = 'New er' || (random() * 99)::int {_ANY}",
    f"UPDATE users SET slug = 'own' || random() {_ANY}",
    f"UPDATE users SET age = '0' || (random() * 99)::int {_ANY}",
    f"UPDATE users SET price = (random() * 99)::int {_ANY}",
    f"UPDATE users SET note = 'Y' || random() {_ANY}",
    "INSERT INTO users (id, given, family, age) SELECT (random() * 2000)::int, 'g', 'f', '03' ON CONFLICT DO NOTHING",
)


async def begun(connection: Connection) -> Unfolding:
    """The migration through expand and dual-write."""
    unfolding = unfold(MIGRATION, await read_schema(connection, "public"))
    assert isinstance(unfolding, Unfolding)
    for phase in (Phase.EXPAND, Phase.DUAL_WRITE):
        for deed in unfolding.by_phase[phase].forth:
            found = await read_schema(connection, "public", leftovers=True)
            statements = [deed] if isinstance(deed, Statement) else version_views(unfolding, found)
            for statement in statements:
                await connection.execute(statement.sql.encode())
    return unfolding


async def write(url: str, schema: str, statements: tuple[str, ...], over: asyncio.Event) -> int:
    """Write until it is over; how often."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f'SET search_path = "{schema}", public'.encode())
        for written, statement in enumerate(itertools.cycle(statements)):
            if over.is_set():
                return written
            await connection.execute(statement.encode())
    raise AssertionError


def table(url: str) -> None:
    planted(
        url,
        "CREATE TABLE users (id int PRIMARY KEY, name text, note text, age int, price int, cents int)",
        "INSERT INTO users SELECT i, 'Ann' || i || ' Doe', 'N' || i, i, i, i * 100 FROM generate_series(1, 2000) AS i",
        "ANALYZE users",
    )


def test_writers_of_both_shapes_make_no_false_mismatch_before_nor_after_the_backfill(url: str) -> None:
    table(url)

    async def work(connection: Connection) -> tuple[list[Report], list[int]]:
        unfolding, over = await begun(connection), asyncio.Event()
        sides = ((unfolding.old_schema, OLD_WRITES), (unfolding.new_schema, NEW_WRITES))
        writers = [asyncio.create_task(write(url, *side, over)) for side in sides]
        reports = [await compared(connection, unfolding, MIGRATION, backfilled=False) for _ in range(4)]
        await connection.execute(b"UPDATE users SET _tidegate_shape = 'o' WHERE _tidegate_shape IS NULL")
        reports += [await compared(connection, unfolding, MIGRATION) for _ in range(4)]
        over.set()
        return reports, await asyncio.gather(*writers)

    reports, written = connected(url, work)
    assert [each.mismatches for each in reports] == [()] * 8
    assert min(written) > len(OLD_WRITES)
    assert min(each.rows for each in reports) > 1000
    assert reports[-1].sampled == 500


def test_a_write_that_went_past_the_triggers_is_found(url: str) -> None:
    table(url)

    async def work(connection: Connection) -> Report:
        unfolding = await begun(connection)
        await connection.execute(b"UPDATE users SET _tidegate_shape = 'o'")
        await connection.execute(b"SET session_replication_role = replica")
        await connection.execute(b"UPDATE users SET note = 'Past' WHERE id = 777")
        return await compared(connection, unfolding, MIGRATION)

    (mismatch, *_) = connected(url, work).mismatches
    said = '"slug" of the new shape is not what up gives of the old one'
    assert (mismatch.check, mismatch.said, mismatch.keys) == ("checksum", said, ("id=777",))
