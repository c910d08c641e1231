"""Whatever is done to a journal behind the store's back is found, and where it begins."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tidegate.store.database import Store
from tidegate.store.records import Break

from .examples import NOON, entry, sqlite_url

ENTRIES = 6
KEYS = tuple(f"{number}{number}" for number in range(ENTRIES))  # two bytes apart: one flip makes no other key
COLUMNS = ("at", "rollout", "actor", "kind", "subject", "summary", "detail", "key", "previous_hash", "hash")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a journal."""
    folder = tmp_path_factory.mktemp("written")
    store = Store.open(sqlite_url(folder))
    for number, key in enumerate(KEYS):
        store.record(entry(key, summary=f"entry {number}", at=NOON + timedelta(seconds=number)))
    store.close()
    return folder / "store.sqlite"


def found_after(folder: Path, written: Path, *statements: tuple[str, tuple[Any, ...]]) -> Break | None:
    for leftover in folder.glob("store.sqlite*"):
        leftover.unlink()
    shutil.copy(written, folder)
    connection = sqlite3.connect(folder / "store.sqlite")
    with connection:
        for statement, values in statements:
            connection.execute(statement, values)
    connection.close()
    store = Store.open(sqlite_url(folder))
    try:
        return store.verify_journal()
    finally:
        store.close()


def stored(written: Path, column: str, number: int) -> bytes:
    connection = sqlite3.connect(written)
    query = f"SELECT CAST({column} AS BLOB) FROM journal WHERE sequence = ?"
    value: bytes = connection.execute(query, (number,)).fetchone()[0]
    connection.close()
    return value


TAMPERING = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
NUMBERS = st.integers(1, ENTRIES)
FLIPS = st.tuples(st.integers(min_value=0), st.integers(1, 255))


def test_untouched_it_holds(tmp_path: Path, written: Path) -> None:
    assert found_after(tmp_path, written) is None


@given(NUMBERS, st.sampled_from(COLUMNS), FLIPS)
@TAMPERING
def test_any_changed_byte_is_found_where_it_is(
    tmp_path: Path, written: Path, number: int, column: str, flip: tuple[int, int]
) -> None:
    """Bytes that are no longer text, too."""
    value = bytearray(stored(written, column, number))
    place, bits = flip
    value[place % len(value)] ^= bits
    change = f"UPDATE journal SET {column} = CAST(? AS TEXT) WHERE sequence = ?"
    broken = found_after(tmp_path, written, (change, (bytes(value), number)))
    assert broken is not None
    assert broken.sequence == number


@given(
    NUMBERS,
    st.sampled_from(COLUMNS),
    st.none() | st.binary(max_size=3) | st.integers(0, 9) | st.text(max_size=3),
)
@example(1, "detail", b"")
@example(1, "rollout", "r-1")
@example(1, "key", KEYS[0])
@example(1, "key", KEYS[1])
@example(1, "rollout", None)
@TAMPERING
def test_any_other_value_is_found(
    tmp_path: Path, written: Path, number: int, column: str, value: object
) -> None:
    if value is None and column != "rollout":
        value = ""
    change = f"UPDATE OR IGNORE journal SET {column} = ? WHERE sequence = ?"
    broken = found_after(tmp_path, written, (change, (value, number)))
    kept = str(value).encode() == stored(written, column, number)
    taken = column == "key" and value in KEYS
    assert (broken is None) == (kept or taken)


@given(st.sets(NUMBERS, min_size=1))
@example({ENTRIES})
@example(set(range(1, ENTRIES + 1)))
@TAMPERING
def test_any_removed_rows_are_found(tmp_path: Path, written: Path, numbers: set[int]) -> None:
    removals = [("DELETE FROM journal WHERE sequence = ?", (number,)) for number in numbers]
    broken = found_after(tmp_path, written, *removals)
    assert broken is not None
    assert broken.sequence == min(numbers)
    assert "missing" in broken.reason


def test_moved_and_forged_rows_are_found(tmp_path: Path, written: Path) -> None:
    swap = [
        ("UPDATE journal SET sequence = ? WHERE sequence = ?", pair) for pair in ((99, 2), (2, 3), (3, 99))
    ]
    assert found_after(tmp_path, written, *swap) == Break(
        sequence=2, reason="it does not continue the entry before it"
    )
    copied = ", ".join(each for each in COLUMNS if each != "key")
    last = "FROM journal WHERE sequence = 6"
    forged = f"INSERT INTO journal (sequence, key, {copied}) SELECT 7, 'x', {copied} {last}"
    assert found_after(tmp_path, written, (forged, ())) == Break(
        sequence=7, reason="it does not continue the entry before it"
    )


def test_an_end_that_was_rewritten_is_found(tmp_path: Path, written: Path) -> None:
    cut = [("DELETE FROM journal WHERE sequence = 6", ()), ("UPDATE journal_head SET sequence = 5", ())]
    broken = found_after(tmp_path, written, *cut)
    assert broken == Break(sequence=5, reason="it is not the entry that was written last")
    broken = found_after(tmp_path, written, ("DELETE FROM journal_head", ()))
    assert broken == Break(sequence=0, reason="the record of the last entry is missing")
