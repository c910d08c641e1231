"""Migrations on a real server, whatever happens: crashes, late attempts, others in the way, drift, wrong rows."""

import asyncio
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.postgres.kit import BRISK, RETYPE, SPLIT, asked, migration, migrator, rows_of, token, until, users

from tidegate.actuators.postgres.migrator import Migrator
from tidegate.core.errors import EffectFailed, Location, Refused, Superseded
from tidegate.core.migrations.operations import (
    AddColumn,
    CreateConstraint,
    CreateIndex,
    IndexColumn,
    NewColumn,
    NewConstraint,
    RawSql,
)
from tidegate.core.migrations.phases import PHASES, Phase
from tidegate.core.migrations.state import Course, MigrationState

pytestmark = pytest.mark.real

NAMES = migration()
OLD = "SELECT name, age, note FROM users ORDER BY id"
NEW = "SELECT given, family, age, note FROM users ORDER BY id"
ANN = ("Ann1", "Doe1", 1, "n1")
LEFT = """
SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname LIKE '\\_tidegate%'
UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE '~tidegate%'
UNION ALL SELECT nspname FROM pg_namespace WHERE nspname LIKE 'public\\_%'
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'tidegate'::regnamespace
"""


def forth(engine: Migrator, to: Phase, attempt: int = 1) -> str:
    return asyncio.run(engine.forth(NAMES, to, token(attempt)))


def state(engine: Migrator) -> MigrationState:
    found = asyncio.run(engine.state(NAMES.name))
    assert found
    return found


def test_it_goes_forth_back_and_forth_to_the_end_with_every_write(url: str, tmp_path: Path) -> None:
    users(url, rows=2)
    engine = migrator(url, tmp_path)
    assert asyncio.run(engine.states()) == ()
    assert asyncio.run(engine.remembered(NAMES.name)) is None
    assert forth(engine, Phase.DUAL_WRITE) == "migration names: expand, dual-write done"
    asked(url, "INSERT INTO users VALUES (8, 'Old Way', '8')")
    asked(
        url,
        "SET search_path = public_names",
        "INSERT INTO users (id, given, family) VALUES (9, 'New', 'Way')",
    )
    assert forth(engine, Phase.SWITCH) == "migration names: backfill, verify, switch done"
    assert forth(engine, Phase.SWITCH) == "migration names: switch was done already"
    assert rows_of(url, "public_names", NEW)[0] == ANN
    said = asyncio.run(engine.back(NAMES, None, token(2)))
    assert said == "migration names: undid switch, verify, backfill, dual-write, expand"
    assert (state(engine).phase, state(engine).course, asked(url, LEFT)) == (None, Course.STILL, [])
    assert asked(url, "SELECT name FROM users WHERE id > 7 ORDER BY id") == [("Old Way",), ("New Way",)]
    forth(engine, Phase.CONTRACT, attempt=3)
    assert rows_of(url, "public", NEW) == rows_of(url, "public_names", NEW)
    assert len(rows_of(url, "public", NEW)) == 4
    found = state(engine)
    assert (found.phase, found.course, Path(found.restore_point).exists()) == (
        Phase.CONTRACT,
        Course.STILL,
        True,
    )
    assert asyncio.run(engine.remembered(NAMES.name)) == NAMES
    with pytest.raises(Refused, match=r"gave the old shape up at contract \(a restore point is at "):
        asyncio.run(engine.back(NAMES, None, token(4)))


def test_what_only_the_new_shape_could_say_is_kept_on_the_way_back(url: str, tmp_path: Path) -> None:
    users(url, rows=2)
    engine = migrator(url, tmp_path)
    likes = migration(AddColumn(table="users", column=NewColumn(name="likes", type="text", nullable=True)))
    asyncio.run(engine.forth(likes, Phase.SWITCH, token()))
    asked(url, "SET search_path = public_names", "UPDATE users SET likes = 'tea' WHERE id = 2")
    asyncio.run(engine.back(likes, None, token()))
    kept = asked(url, "SELECT key, value FROM tidegate_kept.names_users")
    assert kept == [({"id": "2"}, {"likes": "tea"})]


def test_whoever_may_write_the_table_may_write_it_in_both_shapes(url: str, tmp_path: Path) -> None:
    users(url, rows=1)
    forth(migrator(url, tmp_path), Phase.DUAL_WRITE)
    asked(
        url,
        "CREATE ROLE app",
        "GRANT SELECT, INSERT, UPDATE ON users TO app",
        "SET ROLE app; INSERT INTO users (id, name) VALUES (8, 'Old Way')",
        "SET ROLE app; SET search_path = public_names; INSERT INTO users (id, given, family) VALUES (9, 'New', 'Way')",
    )
    try:
        assert asked(url, "SELECT name FROM users WHERE id > 7 ORDER BY id") == [("Old Way",), ("New Way",)]
    finally:
        asked(url, "DROP OWNED BY app", "DROP ROLE app")


def test_each_phase_is_undone_by_itself(url: str, tmp_path: Path) -> None:
    users(url, rows=3)
    engine = migrator(url, tmp_path)
    forth(engine, Phase.SWITCH)
    for phase, to in zip(reversed(PHASES[1:-1]), reversed(PHASES[:-2]), strict=True):
        assert asyncio.run(engine.back(NAMES, to, token())) == f"migration names: undid {phase}"
        assert state(engine).phase is to
    assert (
        asyncio.run(engine.back(NAMES, Phase.SWITCH, token())) == "migration names: there was nothing to undo"
    )
    forth(engine, Phase.SWITCH)
    assert rows_of(url, "public_names", NEW)[0] == ANN


def test_there_is_nothing_to_undo_of_what_nobody_heard_of(url: str, tmp_path: Path) -> None:
    engine = migrator(url, tmp_path)
    assert asyncio.run(engine.back(NAMES, None, token())) == "migration names: there was nothing to undo"
    assert asyncio.run(engine.state(NAMES.name)) is None


def test_planning_changes_nothing_in_the_database(url: str, tmp_path: Path) -> None:
    users(url)
    unfolding = asyncio.run(migrator(url, tmp_path).planned(NAMES))
    assert [plan.phase for plan in unfolding.phases] == list(PHASES)
    assert asked(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE '%tidegate%'") == []


def test_what_the_schema_does_not_allow_is_refused_before_anything_is_changed(
    url: str, tmp_path: Path
) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    misread = replace(RETYPE, up="nothing::bigint", location=Location(file="m.yaml", line=9))
    lossy = replace(RETYPE, up="1")
    for wrong, said in ((misread, "m.yaml:9: .*"), (lossy, "would not come back as it was: 99 of")):
        for verb in (engine.planned, lambda each: engine.forth(each, Phase.EXPAND, token())):
            with pytest.raises(Refused, match=said):
                asyncio.run(verb(migration(wrong)))
    assert asked(url, "SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'") == [(4,)]
    assert asyncio.run(engine.states()) == ()


def test_one_migration_at_a_time_goes_through_a_schema(url: str, tmp_path: Path) -> None:
    users(url)
    engine, other = migrator(url, tmp_path), migration(RETYPE, name="ages")
    forth(engine, Phase.DUAL_WRITE)
    said = r"migration names of schema public is under way, at dual-write .*rollback names"
    for verb in (engine.planned, lambda each: engine.forth(each, Phase.EXPAND, token())):
        with pytest.raises(Refused, match=said):
            asyncio.run(verb(other))
    asyncio.run(engine.back(NAMES, None, token(2)))
    asyncio.run(engine.forth(other, Phase.CONTRACT, token()))
    assert [each.name for each in asyncio.run(engine.states())] == ["names", "ages"]


def test_another_migration_by_the_same_name_is_refused(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    forth(engine, Phase.EXPAND)
    with pytest.raises(Refused, match=r"the database knows another migration named names.*it is at expand"):
        asyncio.run(engine.forth(migration(SPLIT), Phase.SWITCH, token()))


def test_drift_since_it_was_planned_is_refused_until_it_is_planned_again(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    asyncio.run(engine.planned(NAMES))
    asked(
        url,
        "ALTER TABLE users ADD email text",
        "ALTER TABLE users ADD CHECK (note <> '')",
        "CREATE TABLE new ()",
    )
    with pytest.raises(Refused) as refused:
        forth(engine, Phase.EXPAND)
    assert [problem.message for problem in refused.value.problems] == [
        "since migration names was planned: column email of users is new",
        "since migration names was planned: constraint users_note_check of users is new",
    ]
    asyncio.run(engine.planned(NAMES))
    forth(engine, Phase.EXPAND)


def test_what_the_old_shape_lost_under_way_is_told(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    forth(engine, Phase.EXPAND)
    asked(url, "ALTER TABLE users RENAME note TO remark")
    with pytest.raises(
        Refused, match=r"since migration names began: column note of users is gone .put it back"
    ):
        forth(engine, Phase.SWITCH)
    asked(url, "ALTER TABLE users RENAME remark TO note")
    forth(engine, Phase.SWITCH)


def test_what_is_not_as_before_when_it_is_back_is_said(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    forth(engine, Phase.DUAL_WRITE)
    asked(url, "ALTER TABLE users ALTER note SET NOT NULL")
    said = asyncio.run(engine.back(NAMES, None, token()))
    assert said.endswith("expand; not as it was before: column note of users has changed")
    assert state(engine).problem == "not as it was before: column note of users has changed"


def test_an_older_attempt_is_superseded(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    forth(engine, Phase.EXPAND, attempt=2)
    with pytest.raises(Superseded, match="r1/migrate/1 is late"):
        forth(engine, Phase.SWITCH, attempt=1)
    assert state(engine).phase is Phase.EXPAND
    asyncio.run(engine.forth(NAMES, Phase.DUAL_WRITE, token(1, step="another")))
    forth(engine, Phase.SWITCH, attempt=2)


def test_a_newer_attempt_takes_over_from_one_that_is_at_it(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)

    async def story() -> None:
        with psycopg.connect(url) as holder:
            holder.execute("LOCK TABLE users IN SHARE MODE")
            first = asyncio.create_task(engine.forth(NAMES, Phase.SWITCH, token(1)))
            await until(lambda: waits(engine, "held by"))
            second = asyncio.create_task(engine.forth(NAMES, Phase.SWITCH, token(2)))
            await until(lambda: waits(engine, "another tidegate is at it"))
            holder.commit()
        with pytest.raises(Superseded):
            await first
        assert await second == "migration names: expand, dual-write, backfill, verify, switch done"

    asyncio.run(story())
    assert rows_of(url, "public_names", NEW)[0] == ANN


async def waits(engine: Migrator, said: str) -> bool:
    found = await engine.state(NAMES.name)
    return found is not None and said in found.waiting


def test_nobody_queues_behind_a_migration_that_waits_for_a_long_transaction(url: str, tmp_path: Path) -> None:
    users(url, rows=3)
    engine, brief = migrator(url, tmp_path), replace(NAMES, pace=replace(BRISK, lock_timeout=0.01))

    async def story() -> None:
        with psycopg.connect(url, application_name="report") as reader:
            reader.execute("SELECT count(*) FROM users")
            going = asyncio.create_task(engine.forth(brief, Phase.EXPAND, token()))
            await until(lambda: waits(engine, "(report, for "))
            for _ in range(20):
                asked(url, "SET lock_timeout = 200", "SELECT count(*) FROM users")
                await asyncio.sleep(0.01)
            assert not going.done()
            reader.commit()
            assert await going == "migration names: expand done"

    asyncio.run(story())
    assert state(engine).waiting == ""


def test_who_does_not_let_go_is_named_when_patience_is_over(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    hasty = replace(NAMES, pace=replace(BRISK, patience=0.5, lock_timeout=0.05))
    with psycopg.connect(url, application_name="report") as reader:
        reader.execute("SELECT count(*) FROM users")
        said = r"stopped at expand: .*: held by pid \d+ \(report, for \d+ s\); it was tried for"
        with pytest.raises(EffectFailed, match=said):
            asyncio.run(engine.forth(hasty, Phase.EXPAND, token()))
    found = state(engine)
    assert (found.phase, found.course, "report" in found.problem) == (None, Course.FAILED, True)
    forth(engine, Phase.EXPAND)
    assert state(engine).problem == ""


def test_shapes_that_do_not_match_stop_it_and_both_stay_whole(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    forth(engine, Phase.BACKFILL)
    asked(
        url,
        "ALTER TABLE users DISABLE TRIGGER USER",
        "UPDATE users SET _tidegate_new_given = 'Eve' WHERE id = 7",
        "ALTER TABLE users ENABLE TRIGGER USER",
    )
    with pytest.raises(
        EffectFailed, match=r"stopped at verify: the two shapes do not match: users: .*given.*id=7"
    ):
        forth(engine, Phase.SWITCH)
    found = state(engine)
    assert (found.phase, found.course) == (Phase.BACKFILL, Course.FAILED)
    assert not asyncio.run(engine.compared(NAMES)).matches
    asyncio.run(engine.back(NAMES, None, token()))
    assert asked(url, OLD)[6] == ("Ann7 Doe7", "7", "n7")


def test_shapes_are_compared_only_while_there_are_two(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    for phase in (Phase.EXPAND, Phase.CONTRACT):
        with pytest.raises(Refused, match="migration names has not two shapes to compare"):
            asyncio.run(engine.compared(NAMES))
        forth(engine, phase)
    with pytest.raises(Refused, match="migration names has not two shapes to compare"):
        asyncio.run(engine.compared(NAMES))


def test_rows_that_wait_for_the_backfill_are_no_mismatch_before_it(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    forth(engine, Phase.DUAL_WRITE)
    assert asyncio.run(engine.compared(NAMES)).matches


def test_an_index_that_waits_inside_the_server_says_for_whom(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    index = migration(CreateIndex(name="by_note", table="users", columns=(IndexColumn(column="note"),)))

    async def story() -> None:
        with psycopg.connect(url, application_name="report") as writer:
            writer.execute("UPDATE users SET note = '' WHERE id = 1")
            going = asyncio.create_task(engine.forth(index, Phase.EXPAND, token()))
            await until(lambda: waits(engine, "report"))
            writer.commit()
            await going

    asyncio.run(story())
    assert state(engine).waiting == ""


def test_rows_that_break_a_new_constraint_are_told_and_once_they_are_mended_it_goes_on(
    url: str, tmp_path: Path
) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    unique = CreateConstraint(
        table="users", constraint=NewConstraint(name="one_note", type="unique", columns=("note",))
    )
    asked(url, "UPDATE users SET note = 'hidden' WHERE id < 3")
    with pytest.raises(
        EffectFailed, match=r"stopped at verify: .*two rows of users are alike where .* unique"
    ) as raised:
        asyncio.run(engine.forth(migration(unique), Phase.SWITCH, token()))
    assert "hidden" not in str(raised.value)
    assert asked(url, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(1,)]
    asked(url, "UPDATE users SET note = id::text")
    asyncio.run(engine.forth(migration(unique), Phase.SWITCH, token()))
    assert asked(
        url, "SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = 'users'::regclass"
    ) == [("one_note",)]


def test_what_has_no_way_back_is_not_undone(url: str, tmp_path: Path) -> None:
    users(url)
    engine = migrator(url, tmp_path)
    once = migration(RawSql(up="UPDATE users SET note = NULL", irreversible="notes are not wanted any more"))
    asyncio.run(engine.forth(once, Phase.SWITCH, token()))
    asyncio.run(engine.back(once, Phase.EXPAND, token()))
    with pytest.raises(Refused, match=r"expand of migration names has no way back: .*notes are not wanted"):
        asyncio.run(engine.back(once, None, token()))
