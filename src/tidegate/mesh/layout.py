"""Where things lie in a mesh directory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_DIR: Final = Path(".tidegate/mesh")

# The folders a mesh may delete again; nothing else in the directory is ever touched.
CONFIG: Final = "envoy"
RUN: Final = "run"
LOGS: Final = "logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of one mesh; `root` is absolute, because processes outlive the working directory."""

    root: Path

    @staticmethod
    def of(directory: Path | str) -> "Layout":
        """The layout of a directory given by a user."""
        return Layout(root=Path(directory).absolute())

    @property
    def lock(self) -> Path:
        """Held exclusively by whoever changes the mesh."""
        return self.root / "lock"

    @property
    def wanted(self) -> Path:
        """The state that should be, written before anything is done about it."""
        return self.root / "state.json"

    @property
    def acked(self) -> Path:
        """The last state that came about completely: where a failed change goes back to."""
        return self.root / "acked.json"

    @property
    def token(self) -> Path:
        """The token that spans are sent with (`mesh.collector`)."""
        return self.root / "trace-token"

    @property
    def collector(self) -> Path:
        """The port where spans are received."""
        return self.root / "collector"

    @property
    def flags(self) -> Path:
        """Where services get their feature flags (`mesh.flag_source`)."""
        return self.root / "flags.json"

    @property
    def config(self) -> Path:
        """Envoy's files."""
        return self.root / CONFIG

    @property
    def bootstrap(self) -> Path:
        """Envoy's static configuration."""
        return self.config / "bootstrap.json"

    def resource(self, kind: str) -> Path:
        """Envoy's dynamic file of one kind (`cds`, `lds`, `rds`, `rtds`).

        A folder each: Envoy watches folders, and a rename reloads every file watched there.
        """
        return self.config / kind / f"{kind}.json"

    @property
    def run(self) -> Path:
        """One lock file (with the pid) and one specification for each process."""
        return self.root / RUN

    def pid(self, name: str) -> Path:
        """The lock and pid file of a process."""
        return self.run / f"{name}.pid"

    def spec(self, name: str) -> Path:
        """What a process is to do; without this file it stops at once."""
        return self.run / f"{name}.json"

    @property
    def logs(self) -> Path:
        """Logs; they stay when the mesh goes down."""
        return self.root / LOGS

    def log(self, name: str) -> Path:
        """What a process wrote to its standard output and error."""
        return self.logs / f"{name}.log"

    @property
    def access(self) -> Path:
        """The data plane's own record: one JSON line for every call through Envoy."""
        return self.logs / "access.jsonl"

    @property
    def load(self) -> Path:
        """The load generator's record: one JSON line for every user request."""
        return self.logs / "load.jsonl"
