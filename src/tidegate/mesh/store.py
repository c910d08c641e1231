"""The directory's lock and its two stored states.

`state.json` (wanted) is written before anything is done about it, `acked.json` once it has come about. A
process killed in between leaves a wanted state that the next change carries on from; a change that fails goes
back to the acknowledged one. Both are replaced by rename after `fsync`, so a reader needs no lock.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tidegate.core.errors import Unavailable
from tidegate.mesh import state as states
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import State

PATIENCE: Final = 60.0


def write(path: Path, content: str) -> None:
    """Replace a file so that a reader, or a crash, sees the old content or the new and nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


@contextmanager
def locked(layout: Layout, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the mesh exclusively; waits up to `patience` seconds for whoever holds it."""
    layout.root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait_for(descriptor, layout, patience)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, layout: Layout, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"the mesh in {layout.root} is held by another tidegate process for {patience:.0f} s now",
                    "wait for it to finish, or see with `fuser` which process holds the file `lock` there",
                ) from None
        time.sleep(0.01)


def load(layout: Layout) -> State:
    """The wanted state; raises `Unavailable` when there is no mesh here or it is of another format."""
    if (state := _read(layout.wanted)) is None:
        raise Unavailable(f"no mesh is up in {layout.root}", "start one with `tidegate mesh up FILE`")
    return state


def load_acked(layout: Layout) -> State | None:
    """The last state that came about, if any did."""
    return _read(layout.acked)


def save(layout: Layout, state: State) -> None:
    """Record what should be so, before doing anything about it."""
    write(layout.wanted, _dump(state))


def save_acked(layout: Layout, state: State) -> None:
    """Record that it is so."""
    write(layout.acked, _dump(state))


def _dump(state: State) -> str:
    return json.dumps(states.to_json(state))


def _read(path: Path) -> State | None:
    try:
        record: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Unavailable(
            f"{path} is damaged: {error}", "run `tidegate mesh down`, then `mesh up` again"
        ) from error
    if record.get("format") != states.FORMAT:
        raise Unavailable(
            f"{path} has format {record.get('format')!r}; this tidegate writes format {states.FORMAT}",
            "run `tidegate mesh down` with the tidegate that started it, or use another --dir",
        )
    return states.from_json(record)
