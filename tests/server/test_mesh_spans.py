"""The mesh's spans come here while somebody is here, in whatever order both appear."""

from pathlib import Path

from tidegate.mesh import store
from tidegate.mesh.collector import collector_port, set_collector
from tidegate.mesh.layout import Layout
from tidegate.server.mesh_spans import mesh_spans


async def test_spans_come_here_as_long_as_this_lasts(tmp_path: Path) -> None:
    layout, told = Layout.of(tmp_path), list[str]()
    async with mesh_spans(layout, 4318, told.append):
        assert collector_port(layout) == 4318
    assert collector_port(layout) is None
    assert told == []


async def test_who_asked_for_them_since_keeps_them(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    async with mesh_spans(layout, 4318, lambda _: None):
        set_collector(layout, 4319)
    assert collector_port(layout) == 4319


async def test_a_mesh_that_cannot_be_told_is_no_reason_to_stop(tmp_path: Path) -> None:
    layout, told = Layout.of(tmp_path), list[str]()
    store.write(layout.wanted, "no state")
    async with mesh_spans(layout, 4318, told.append):
        pass
    assert [line.partition(": ")[0] for line in told] == [
        f"the mesh in {tmp_path} was not told to send spans here",
        f"the mesh in {tmp_path} was not told to send spans here no more",
    ]
