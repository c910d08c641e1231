"""One process a name: a lock that lives and dies with its process. Standard library only, for quick starts.

The lock is a `flock` on the pid file, taken by the process itself. Whether it is held says whether the
process lives, so a recycled pid deceives nobody and a start killed half-way leaves nothing to clean up.
"""

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that holds a name; `started` is its start in clock ticks since boot."""

    pid: int
    started: int

    def __str__(self) -> str:
        return f"{self.pid}-{self.started}"


def started_at(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[19])  # the name before it may hold spaces and brackets


def acquire(path: Path, *, patience: float = 1.0) -> int | None:
    """Take the name for this process until it ends: the descriptor, or None when another process has it.

    Those who only look hold the lock for a moment as well; `patience` (seconds) outlasts them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while not _locked(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(0.01)
    pid = os.getpid()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": pid, "started": started_at(pid)}).encode(), 0)
    return descriptor


def holder(path: Path) -> Holder | None:
    """The process that has the name now, or None. Waits out the moment between taking and writing."""
    for _ in range(100):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            if _locked(descriptor, fcntl.LOCK_SH):
                return None
            found = _written(descriptor)
        finally:
            os.close(descriptor)
        if found and started_at(found.pid) == found.started:
            return found
        time.sleep(0.01)
    return None


def _locked(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _written(descriptor: int) -> Holder | None:
    try:
        record = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(pid=int(record["pid"]), started=int(record["started"]))
    except (ValueError, KeyError, TypeError):
        return None
