"""Where services of a mesh get their flags."""

import stat
from pathlib import Path

import pytest

from tidegate.mesh.flag_source import FlagSource, flag_source, told
from tidegate.mesh.layout import Layout

HERE = FlagSource(address="127.0.0.1:4000", token="abc")
THERE = FlagSource(address="127.0.0.1:4001", token="abc")


def test_it_is_told_for_this_users_eyes_while_flags_are_served(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "mesh")
    with told(layout, HERE):
        assert flag_source(layout) == HERE
        assert stat.S_IMODE(layout.flags.stat().st_mode) == 0o600
    assert flag_source(layout) is None


def test_whoever_serves_them_since_is_left_alone(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    with told(layout, THERE):
        with told(layout, HERE):
            layout.flags.write_text('{"address": "127.0.0.1:4001", "token": "abc"}')
        assert flag_source(layout) == THERE


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"address": "x"}', "null"])
def test_what_cannot_be_read_is_nobody(tmp_path: Path, content: str) -> None:
    layout = Layout.of(tmp_path)
    layout.flags.write_text(content)
    assert flag_source(layout) is None
