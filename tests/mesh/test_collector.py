"""Where a mesh's spans go: a token made once, and an address that may be there before the mesh is."""

import stat
from pathlib import Path

import pytest

from tidegate.mesh.collector import collector_port, set_collector, trace_token
from tidegate.mesh.layout import Layout


def test_the_token_is_made_once_and_for_one_user_only(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "mesh")
    token = trace_token(layout)
    assert len(token) >= 43
    assert trace_token(layout) == token
    assert trace_token(Layout.of(tmp_path / "other")) != token
    assert stat.S_IMODE(layout.token.stat().st_mode) == 0o600
    assert [path.name for path in layout.root.iterdir()] == ["trace-token"]


def test_the_address_waits_for_the_mesh(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    assert collector_port(layout) is None
    set_collector(layout, 4318)
    assert collector_port(layout) == 4318
    set_collector(layout, None)
    assert collector_port(layout) is None


@pytest.mark.parametrize("content", ["no port", "70000", "0", "-1", "\udcff"])
def test_what_is_no_port_is_no_address(tmp_path: Path, content: str) -> None:
    layout = Layout.of(tmp_path)
    layout.collector.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert collector_port(layout) is None
