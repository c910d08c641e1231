"""Start, find and stop the processes of a mesh. They are detached: they outlive whoever started them.

A process takes its lock itself (`pidlock`), so starting twice runs it once, and a process that was started by
a tidegate killed in the next instant is found all the same.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from tidegate.core.errors import EffectFailed
from tidegate.mesh import pidlock
from tidegate.mesh.layout import Layout

STOP_SECONDS: Final = 10.0

_children: Final[set[int]] = set()  # started by this very process and not yet seen to end


MEANT: Final = "TIDEGATE_MESH_"
"""Variables that begin so are handed to the services of a mesh."""


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter, without the user's site and environment."""
    return [sys.executable, "-P", "-m", module, *arguments]


def start(layout: Layout, name: str, command: Sequence[str]) -> int:
    """Start a process detached and give its pid; its output goes to its log."""
    layout.logs.mkdir(parents=True, exist_ok=True)
    with layout.log(name).open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=_environment(),
        )
    process.returncode = 0  # it outlives us: its object must not complain that it still runs
    _children.add(process.pid)
    return process.pid


def ended(pid: int) -> bool:
    """Whether a process that was started here has ended."""
    _reap()
    return pidlock.started_at(pid) == 0


def last_line(layout: Layout, name: str) -> str:
    """The last thing a process said in its log."""
    try:
        lines = layout.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip()[:500] for line in reversed(lines) if line.strip()), "")


def _environment() -> Mapping[str, str]:
    """What a process needs, and what is meant for services of a mesh; nothing else of ours, such as its secrets."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name in kept or name.startswith(MEANT)}


def running(layout: Layout, name: str) -> bool:
    """Whether a process of that name lives."""
    return pidlock.holder(layout.pid(name)) is not None


def names(layout: Layout) -> tuple[str, ...]:
    """Every name that has, or had, a process here."""
    return tuple(sorted(path.name.removesuffix(".pid") for path in layout.run.glob("*.pid")))


def stop(layout: Layout, stopping: Iterable[str], *, seconds: float = STOP_SECONDS) -> None:
    """Ask processes to finish, wait up to `seconds`, then end them.

    The specification goes first: a process that is only now starting sees that it is not wanted any more.
    """
    pending = set(stopping)
    for name in pending:
        layout.spec(name).unlink(missing_ok=True)
        _signal(layout, name, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while pending := {name for name in pending if running(layout, name)}:
        if time.monotonic() > deadline:
            break
        _reap()
        time.sleep(0.02)
    for name in pending:
        _signal(layout, name, signal.SIGKILL)
    _wait_killed(layout, pending)
    _reap()


def _wait_killed(layout: Layout, pending: Iterable[str]) -> None:
    deadline = time.monotonic() + 5
    for name in pending:
        while running(layout, name):
            if time.monotonic() > deadline:
                raise EffectFailed(
                    f"process {name} does not end, not even when killed; see {layout.pid(name)}"
                )
            time.sleep(0.02)


def _signal(layout: Layout, name: str, number: signal.Signals) -> None:
    """Signal the process that holds the name; a file descriptor of it keeps a reused pid safe."""
    if not (holder := pidlock.holder(layout.pid(name))):
        return
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(holder.pid)
        try:
            if pidlock.holder(layout.pid(name)) == holder:
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _reap() -> None:
    """Let go of processes that this one started and that have ended; they would stay as zombies."""
    for pid in tuple(_children):
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                continue
        _children.discard(pid)
