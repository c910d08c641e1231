"""What is said to read events and rows, and to write them."""

from tests.core.migrations.move.places import ACCOUNTS, moved, operation, places

from tidegate.core.migrations.move import carrying, ranges
from tidegate.core.migrations.move.capture import captured


def _move(*, computed: bool) -> str:
    told = (
        operation(columns=(("name", "upper(name)"),), back=(("name", "lower(name)"),)) if computed else None
    )
    return carrying.pending(moved(places(told, here=(ACCOUNTS,))).forth)


def test_events_are_those_of_a_round_by_position() -> None:
    assert _move(computed=False) == (
        'SELECT position, key, event."row" AS "row" FROM "tidegate"."outbox_public_accounts" AS event '
        "WHERE NOT pg_visible_in_snapshot(transaction, %(seen)s::pg_snapshot) "
        "AND pg_visible_in_snapshot(transaction, %(until)s::pg_snapshot) "
        "AND position > %(position)s ORDER BY position LIMIT %(limit)s"
    )


def test_what_is_computed_is_computed_by_the_leader() -> None:
    said = _move(computed=True)
    assert "((upper(name))::text)::text" in said
    assert """(event."row" ->> 'id')::bigint AS "id\"""" in said


def test_rows_go_by_their_keys_and_come_with_every_column() -> None:
    move = moved(places())
    assert carrying.go(move.target) == (
        'DELETE FROM "public"."accounts" AS t USING jsonb_array_elements(%(gone)s::jsonb) AS gone(key) '
        """WHERE t."id" = (gone.key ->> 'id')::bigint"""
    )
    assert carrying.come_unless_there(move.forth) == (
        'INSERT INTO "public"."accounts" ("id", "name", "kind") OVERRIDING SYSTEM VALUE '
        "SELECT (come.fresh ->> 'id')::bigint, (come.fresh ->> 'name')::text, (come.fresh ->> 'kind')::text "
        'FROM jsonb_array_elements(%(come)s::jsonb) AS come(fresh) ON CONFLICT ("id") DO NOTHING'
    )


def test_ranges_are_of_the_same_keys_on_both_sides() -> None:
    move = moved(places())
    condition = ranges.within(move.source)
    assert condition == ranges.within(move.target)
    for said in (carrying.copies(move.forth), ranges.of_leader(move.forth), ranges.of_follower(move.forth)):
        assert condition in said
    assert ranges.checksum("SELECT 1").endswith("FROM (SELECT 1) AS ranged")
    assert ranges.hashes("SELECT 1").endswith("FROM (SELECT 1) AS ranged")
    assert "TABLESAMPLE" in ranges.drawn(move.source)


def test_the_rest_is_asked_of_the_outbox() -> None:
    source = moved(places()).source
    assert source.outbox in carrying.lag(source)
    assert source.outbox in carrying.forget(source)
    assert 'ORDER BY "id" DESC LIMIT 1' in carrying.end(source)


def test_the_carrier_is_neither_noted_nor_refused_and_the_trigger_comes_first() -> None:
    said = [statement.sql for statement in captured(moved(places()).source)]
    (trigger,) = (each for each in said if "AFTER INSERT" in each)
    assert trigger == (
        'CREATE OR REPLACE TRIGGER "!tidegate_outbox" AFTER INSERT OR UPDATE OR DELETE ON "public"."accounts" '
        "FOR EACH ROW WHEN (current_setting('tidegate.carrying', true) IS DISTINCT FROM 'on') "
        'EXECUTE FUNCTION "tidegate"."note_public_accounts"()'
    )
