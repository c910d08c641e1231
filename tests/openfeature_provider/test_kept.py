"""The last good definitions in a file: whole or not there, and for its owner alone."""

from pathlib import Path

import pytest

from tidegate.openfeature.kept import Kept


def test_what_was_written_last_is_read(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "flags.json")
    assert kept.read() is None
    kept.write("first")
    kept.write("second — ü")
    assert kept.read() == "second — ü"
    assert [(each.name, each.stat().st_mode & 0o777) for each in tmp_path.iterdir()] == [
        ("flags.json", 0o600)
    ]


def test_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    path.write_bytes(b"\xff")
    assert Kept(path).read() is None
    assert Kept(tmp_path).read() is None


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "flags.json")
    kept.write("good")
    with pytest.raises(UnicodeEncodeError):
        kept.write("bad \ud800")
    assert (kept.read(), len(list(tmp_path.iterdir()))) == ("good", 1)


def test_where_there_is_no_folder_nothing_is_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "nowhere" / "flags.json")
    with pytest.raises(OSError, match="nowhere"):
        kept.write("good")
