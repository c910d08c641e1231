"""One running mesh for all tests that need one; each leaves it as it found it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tidegate.mesh import up as meshes
from tidegate.mesh.layout import Layout

from .worlds import World, processes_of, write_files


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("mesh")
    layout = Layout.of(folder / "run")
    try:
        meshes.up(layout.root, write_files(folder), load=False)
        yield World(layout=layout, folder=folder, fresh=count(1))
    finally:
        meshes.down(layout.root)
    assert processes_of(layout) == []


@pytest.fixture(autouse=True)
def as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves versions behind breaks the next one: say so where it happened."""
    yield
    if "world" in request.fixturenames:
        shared: World = request.getfixturevalue("world")
        live = {s.name: [i.version for i in s.live] for s in shared.state.services.values()}
        assert all(versions == ["1.0.0"] for versions in live.values()), live
