"""What several folders share: one embedded Temporal server for all tests that only need a server.

Examples of properties may take as long as a busy machine needs, and are the same on every run.
"""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tidegate.temporal.embedded import EmbeddedTemporal
from tidegate.temporal.state_dir import StateDir

settings.register_profile("tidegate", deadline=None, derandomize=True)
settings.load_profile("tidegate")


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = EmbeddedTemporal(StateDir.open(tmp_path_factory.mktemp("temporal")))
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(server.start())
        yield server.address
    finally:
        loop.run_until_complete(server.stop())
        loop.close()
