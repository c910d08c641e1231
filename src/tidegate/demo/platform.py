"""Everything a story plays on, started as a user would: a mesh with load, and a tidegate, each its own process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tidegate.client import Client
from tidegate.core.errors import Unavailable
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout.state import ENDED
from tidegate.demo.evidence import Evidence
from tidegate.mesh import up as mesh
from tidegate.server.views import RolloutView
from tidegate.sources.change import read_change_and_catalog

START_SECONDS = 60.0
LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Platform:
    """A running mesh and tidegate in one folder; `kill` and `start` act on tidegate alone.

    Tidegate serves the `flags` of one file and migrates the `database` of another, if there is one. Tidegate and the
    services find `variables` in their environment.
    """

    folder: Path
    flags: Path | None = None
    database: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    server: subprocess.Popen[bytes] | None = None

    @property
    def mesh_dir(self) -> Path:
        """Where the mesh keeps its state and its logs."""
        return self.folder / "mesh"

    @property
    def evidence(self) -> Evidence:
        """What the data plane and the users saw, by their own logs."""
        return Evidence(logs=self.mesh_dir / "logs")

    def start(self) -> None:
        """Start tidegate and return when it answers."""
        log = (self.folder / "tidegate.log").open("ab")
        with log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "tidegate", "up", "--state-dir", str(self.folder), *self._options],
                env={**os.environ, **self.variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_answer()

    @property
    def _options(self) -> tuple[str, ...]:
        flags = () if self.flags is None else ("--flags", str(self.flags), "--flags-grpc-port", "0")
        return flags if self.database is None else (*flags, "--databases", str(self.database))

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(Unavailable):
                Client(self.folder).rollouts()
                return
            if time.monotonic() > deadline or (self.server and self.server.poll() is not None):
                raise Unavailable("tidegate did not start", f"its log is {self.folder / 'tidegate.log'}")
            time.sleep(LOOK_SECONDS)

    def kill_server(self) -> None:
        """`kill -9` for tidegate, whose Temporal server dies with it."""
        if self.server is not None:
            self.server.kill()
            self.server.wait()

    def kill_temporal(self) -> bool:
        """`kill -9` for the Temporal server alone; false when none was found at this moment."""
        database = str((self.folder / "temporal").resolve())
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                if b"--db-filename" in words and any(word.decode().startswith(database) for word in words):
                    os.kill(int(process.name), signal.SIGKILL)
                    return True
        return False

    def stop(self) -> None:
        """Stop tidegate as Ctrl-C would."""
        if self.server is None or self.server.poll() is not None:
            return
        self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(30)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def plan(self, change: Path) -> Plan:
        """The plan of a change file that has one."""
        read, catalog = read_change_and_catalog(change)
        made = make_plan(catalog, read)
        if not isinstance(made, Plan):
            raise TypeError(f"{change} is infeasible: {made}")
        return made

    def apply(self, plan: Plan) -> RolloutView:
        """Begin a rollout, as `tidegate apply` does."""
        return Client(self.folder).apply(plan)

    def approve(self, id_: str, step: str, owner: str) -> None:
        """Approve of a step, as `tidegate approve` does."""
        Client(self.folder).operate(id_, "approve", "the story goes on", step, owner)

    def quieten(self) -> None:
        """No more users: the mesh goes down."""
        mesh.down(self.mesh_dir)

    def look(self, id_: str) -> RolloutView | None:
        """A rollout as it stands; None while tidegate does not answer."""
        with suppress(Unavailable):
            return Client(self.folder).rollout(id_)
        return None

    def follow(self, id_: str, seconds: float) -> Iterator[RolloutView]:
        """A rollout whenever it has changed, until it has ended; TimeoutError if it takes longer."""
        deadline, shown = time.monotonic() + seconds, ""
        while time.monotonic() < deadline:
            view = self.look(id_)
            now = _gist(view) if view else shown
            if view is not None and now != shown:
                shown = now
                yield view
            if view is not None and view.phase in ENDED:
                return
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"rollout {id_} has not ended within {seconds:g} s")


def _gist(view: RolloutView) -> str:
    return view.phase + "".join(f"{s.id}{s.status}{s.exposure}" for wave in view.waves for s in wave)


@contextmanager
def platform(stage: Platform, mesh_file: Path) -> Iterator[Platform]:
    """Have it run for the length of a block; nothing is left running after it, whatever happens inside."""
    stage.folder.mkdir(parents=True, exist_ok=True)
    try:
        with _environment(stage.variables):
            mesh.up(stage.mesh_dir, mesh_file, load=True)
        stage.start()
        yield stage
    finally:
        stage.stop()
        with suppress(Unavailable):  # it never came up, or is down already
            mesh.down(stage.mesh_dir)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What processes started meanwhile find in their environment."""
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
