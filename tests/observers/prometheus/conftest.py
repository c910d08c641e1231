"""One Prometheus for all tests that need no other; each test has pods of its own, as a job of its own."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .worlds import Job, Pod, Server, running, serving

JOBS = 10
PODS = 3


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ExitStack() as stack:
        jobs = [
            Job(name=f"job{number}", pods=[stack.enter_context(serving(Pod())) for _ in range(PODS)])
            for number in range(JOBS)
        ]
        yield stack.enter_context(running(tmp_path_factory.mktemp("prometheus"), jobs))


@pytest.fixture(scope="session")
def _unused(prometheus: Server) -> list[Job]:
    return list(prometheus.jobs)


@pytest.fixture
def job(_unused: list[Job]) -> Job:
    """Three pods that are scraped and have no metrics yet."""
    return _unused.pop()
