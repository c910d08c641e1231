"""What contract gives up is in files that are whole, and comes back from them value by value."""

import gzip
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.core.migrations.shapes import SPLIT, UNFOLDING
from tests.postgres.asking import Connection, connected, planted
from tests.postgres.shapes import make

from tidegate.actuators.postgres import restore_points
from tidegate.actuators.postgres.dumps import digest, dumped
from tidegate.actuators.postgres.restore_points import restored, take
from tidegate.core.errors import EffectFailed
from tidegate.core.ids import DatabaseName
from tidegate.core.migrations.restore import Dump
from tidegate.core.migrations.unfolding import Reshape, Return, Unfolding

pytestmark = pytest.mark.real

AWKWARD = ["", "\\N", "a\tb\nc\r\nd", "Ünï\u2028cödé 🌊", "quo\"te's \\ back", "x" * 5000]


class Usage:
    """Of a disk that is nearly full."""

    free = 1000


SHOP = DatabaseName("shop")


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def taken(url: str, folder: Path, unfolding: Unfolding = UNFOLDING) -> Path:
    return Path(connected(url, lambda connection: take(connection, SHOP, unfolding, folder)))


def test_dropped_columns_come_back_value_by_value(url: str, tmp_path: Path) -> None:
    make(url, 300)
    with psycopg.connect(url) as connection:
        for number, text in enumerate([*AWKWARD, None], 1):
            connection.execute('UPDATE users SET "full" = %s WHERE id = %s', (text, number))
    before = rows(url, 'SELECT id, "full" FROM users ORDER BY id')
    place = taken(url, tmp_path)
    planted(url, "DROP SCHEMA public_first CASCADE", 'ALTER TABLE users DROP COLUMN "full"')
    said = connected(url, lambda connection: restored(connection, place))
    assert said == "300 of 300 rows of users have their old columns beside the new ones"
    assert rows(url, 'SELECT id, "_tidegate_restored_full" FROM users ORDER BY id') == before


def test_they_come_back_after_contract_renamed_table_and_key_to_the_rows_that_are_still_there(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(url, 3000)
    renamed = replace(SPLIT, new_table="people", new=(("id", "no"), *SPLIT.new[1:]))
    before = rows(url, 'SELECT id, "full" FROM users WHERE id % 7 > 0 ORDER BY id')
    place = taken(url, tmp_path, replace(UNFOLDING, reshapes=(renamed,)))
    planted(
        url,
        "DROP SCHEMA public_first, public_split CASCADE",
        'ALTER TABLE users DROP COLUMN "full"',
        "ALTER TABLE users RENAME COLUMN id TO no",
        "ALTER TABLE users RENAME TO people",
        "DELETE FROM people WHERE no % 7 = 0",
    )
    monkeypatch.setattr(restore_points, "PAGES", 1)
    said = connected(url, lambda connection: restored(connection, place))
    assert said == "2572 of 3000 rows of people have their old columns beside the new ones"
    assert rows(url, "SELECT no, _tidegate_restored_full FROM people ORDER BY no") == before


def test_a_busy_table_is_not_waited_for(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(url, 30)
    place = taken(url, tmp_path)
    monkeypatch.setattr(restore_points, "LOCK_MILLISECONDS", 50)
    with psycopg.connect(url) as holder:
        holder.execute("SELECT FROM users LIMIT 1")
        with pytest.raises(
            EffectFailed, match="cannot be put back now: canceling statement due to lock timeout"
        ):
            connected(url, lambda connection: restored(connection, place))


def test_types_keep_every_digit(url: str, tmp_path: Path) -> None:
    planted(
        url,
        "CREATE TYPE mood AS ENUM ('so', 'la la')",
        'CREATE TABLE "odd %s ""one" (a int, b text, n numeric, f float8, t timestamptz, d interval, y bytea,'
        " j jsonb, l text[], m mood, PRIMARY KEY (b, a))",
        """INSERT INTO "odd %s ""one" VALUES
        (1, 'k', 12345678901234567890.000100, 0.1::float8 + 0.2, '2024-02-29 23:59:59.999999+02', '1 mon -3 days',
         '\\x00ff0a', '{"a": [1, null]}', ARRAY['x', NULL, 'NULL', 'a,b'], 'la la'),
        (2, 'k', 'NaN', '-Infinity', 'infinity', NULL, '', 'null', '{}', NULL)""",
    )
    name = 'odd %s "one'
    fields = tuple((column, column) for column in "abnftdyjlm")
    dropped = tuple(Return(column=column, type="", down="") for column in "nftdyjlm")
    reshape = Reshape(table=name, new_table=name, key=("b", "a"), old=fields, new=fields, dropped=dropped)
    query = 'SELECT t.a, {}::text FROM "odd %s ""one" AS t ORDER BY a'
    values = ", ".join(f"t.{column}" for column in "nftdyjlm")
    before = rows(url, query.format(f"ROW({values})"))
    place = taken(url, tmp_path, replace(UNFOLDING, reshapes=(reshape,)))
    connected(url, lambda connection: restored(connection, place))
    again = ", ".join(f"t._tidegate_restored_{column}" for column in "nftdyjlm")
    assert rows(url, query.format(f"ROW({again})")) == before


def test_a_hidden_table_comes_back_whole_and_says_how_it_was_defined(url: str, tmp_path: Path) -> None:
    planted(
        url,
        "CREATE TABLE logs (id int PRIMARY KEY, said text DEFAULT 'hm', twice int GENERATED ALWAYS AS (id * 2) STORED)",
        "CREATE INDEX logs_said ON logs (said)",
        "INSERT INTO logs SELECT i, CASE WHEN i > 2 THEN 'x' || i END FROM generate_series(1, 5) AS i",
    )
    before = rows(url, "SELECT * FROM logs")
    place = taken(url, tmp_path, replace(UNFOLDING, reshapes=(), hidden=("logs",)))
    planted(url, "DROP TABLE logs")
    said = [connected(url, lambda connection: restored(connection, place)) for _ in range(2)]
    assert said[0] == said[1] == '5 rows of logs are in "public"."_tidegate_restored_logs"'
    assert rows(url, "SELECT * FROM _tidegate_restored_logs") == before
    manifest = (place / "manifest.json").read_text()
    assert "CREATE INDEX logs_said ON public.logs USING btree (said)" in manifest
    assert "ADD CONSTRAINT logs_pkey PRIMARY KEY (id)" in manifest


def test_it_is_the_same_one_while_nothing_changes_and_another_afterwards(url: str, tmp_path: Path) -> None:
    make(url, 50)
    first, again = taken(url, tmp_path), taken(url, tmp_path)
    planted(url, "UPDATE users SET \"full\" = 'Al So' WHERE id = 7")
    later = taken(url, tmp_path)
    assert (first == again, first == later) == (True, False)
    assert sorted(tmp_path.joinpath("shop").iterdir()) == sorted([first, later])


def test_files_are_for_their_owner_alone(url: str, tmp_path: Path) -> None:
    make(url, 50)
    place = taken(url, tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (place, *place.iterdir())}
    assert modes == {place.name: 0o700, "001_users.copy.gz": 0o600, "manifest.json": 0o600}


@pytest.mark.parametrize("harm", ["cut", "changed", "other rows", "gone"])
def test_a_damaged_one_is_never_put_back_nor_taken_for_good(url: str, tmp_path: Path, harm: str) -> None:
    make(url, 50)
    place = taken(url, tmp_path)
    file = place / "001_users.copy.gz"
    whole = file.read_bytes()
    harms: dict[str, bytes | None] = {
        "cut": whole[:-9],
        "changed": whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
        "other rows": gzip.compress(b"1\tEve\n"),
        "gone": None,
    }
    file.unlink()
    if (content := harms[harm]) is not None:
        file.write_bytes(content)
    with pytest.raises(EffectFailed, match="its files are not as its manifest"):
        connected(url, lambda connection: restored(connection, place))
    assert taken(url, tmp_path) == place
    assert file.read_bytes() == whole
    assert len(list(tmp_path.joinpath("shop").glob("*.damaged-*"))) == 1


def test_what_is_written_wrong_is_found_before_anything_is_given_up(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(url, 50)

    async def lossy(connection: Connection, dump: Dump, path: Path) -> str:
        await dumped(connection, dump, path)
        return _without_a_row(path)

    monkeypatch.setattr(restore_points, "dumped", lossy)
    with pytest.raises(EffectFailed, match="holds 49 rows that are not the 50"):
        taken(url, tmp_path)
    assert list(tmp_path.joinpath("shop").iterdir()) == []


def _without_a_row(path: Path) -> str:
    rest = gzip.decompress(path.read_bytes()).splitlines(keepends=True)[1:]
    path.write_bytes(gzip.compress(b"".join(rest)))
    return digest(path)


def test_a_disk_without_room_is_refused_before_a_byte_is_written(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(url, 50)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage())
    with pytest.raises(EffectFailed, match=r"no room for the restore point: .* has 1000 bytes free"):
        taken(url, tmp_path)
    assert list(tmp_path.joinpath("shop").iterdir()) == []


def test_a_migration_that_gives_nothing_up_has_an_empty_one(url: str, tmp_path: Path) -> None:
    place = taken(url, tmp_path, replace(UNFOLDING, reshapes=()))
    assert connected(url, lambda connection: restored(connection, place)) == "there was nothing to bring back"
