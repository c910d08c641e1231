"""Tidegate is killed: an application goes on with what it had, and with what is served once it is there again."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openfeature.event import ProviderEvent
from openfeature.provider import ProviderStatus
from tests.openfeature_provider.watching import Application, application
from tests.server.flags.served import checkout, flag_set

from tidegate.core.flags.document import document
from tidegate.openfeature import TidegateProvider

SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Server:
    """Serves a file by gRPC, on the same port each time it is started."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "flags.json"
        self.port = free_port()
        self._state = folder / "state"

    def define(self, default: str) -> None:
        self.file.write_text(json.dumps(document(flag_set(checkout(default)))))

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run until the block is left, and then be killed."""
        where = ["--port", "0", "--grpc-port", str(self.port), "--state-dir", str(self._state)]
        command = [sys.executable, "-m", "tidegate", "flags", "serve", str(self.file), *where, "--open"]
        with subprocess.Popen(command) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGKILL)


@pytest.fixture
def app() -> Iterator[Application]:
    with application("killed") as made:
        yield made


@pytest.mark.real
async def test_an_application_outlives_tidegate(app: Application, tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.define("on")
    with server.running():
        provider = TidegateProvider(f"127.0.0.1:{server.port}", wait_seconds=SECONDS)
        assert await app.use(provider) == "ready"
        assert await app.checkout() == (True, "on")
    await app.told(ProviderEvent.PROVIDER_STALE)
    assert (await app.checkout(), app.client.get_provider_status()) == ((True, "on"), ProviderStatus.STALE)
    server.define("off")
    with server.running():
        await app.told(ProviderEvent.PROVIDER_READY)
        assert (await app.checkout(), app.client.get_provider_status()) == (
            (False, "off"),
            ProviderStatus.READY,
        )
