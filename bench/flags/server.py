"""A tidegate that serves flags, as a process of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tidegate.core.errors import Unavailable
from tidegate.temporal.state_dir import ApiAddress, StateDir

SECONDS = 30.0


@contextmanager
def serving(definitions: Path, folder: Path) -> Iterator[ApiAddress]:
    """Serve what a file defines to everyone on this machine, on free ports, for the length of a block."""
    ports = ["--port", "0", "--grpc-port", "0"]
    command = [sys.executable, "-m", "tidegate", "flags", "serve", str(definitions), *ports, "--open"]
    with subprocess.Popen([*command, "--state-dir", str(folder)], stderr=subprocess.DEVNULL) as process:
        try:
            yield _address(folder)
        finally:
            process.terminate()


def _address(folder: Path) -> ApiAddress:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            return StateDir(folder).flags()
        except Unavailable:
            time.sleep(0.05)
    raise TimeoutError(f"nothing is served from {folder} after {SECONDS:g} s")
