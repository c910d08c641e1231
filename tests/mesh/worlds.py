"""A small mesh for tests: front → middle → back, and the files that describe its versions."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from tidegate.actuators.mesh import MeshActuator
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.steps import Deploy, Expose, Retire
from tidegate.mesh import store
from tidegate.mesh.layout import Layout
from tidegate.mesh.state import State
from tidegate.observers.envoy import EnvoyObserver
from tidegate.ports import Token
from tidegate.sources.mesh import digest_of

FRONT, MIDDLE, BACK = ServiceName("front"), ServiceName("middle"), ServiceName("back")
OLD, NEW = Version("1.0.0"), Version("2.0.0")
API = {"apiVersion": "tidegate.dev/v1alpha1"}


def call(service: str, sends: str, needs: str) -> dict[str, Any]:
    return {"service": service, "path": "/do", "sends": sends.split(), "needs": needs.split()}


def endpoint(requires: str, answers: str, *calls: Mapping[str, Any]) -> dict[str, Any]:
    return {"/do": {"requires": requires.split(), "answers": answers.split(), "calls": list(calls)}}


# The middle's new version needs what only the back's new version answers, which refuses old requests.
ENDPOINTS = {
    "front-1.0.0": endpoint("", "page", call("middle", "amount", "total")),
    "front-2.0.0": endpoint("", "page", call("middle", "amount", "total")),
    "middle-1.0.0": endpoint("amount", "total", call("back", "amount", "booked")),
    "middle-2.0.0": endpoint("amount", "total", call("back", "amount_minor", "booked_minor")),
    "middle-2.1.0": endpoint("amount", "total", call("back", "amount", "booked")),
    "back-1.0.0": endpoint("amount", "booked"),
    "back-2.0.0": endpoint("amount_minor", "booked_minor"),
    "back-2.1.0": endpoint("amount|amount_minor", "booked booked_minor"),
    "back-2.2.0": endpoint("amount", "booked"),
}
FAULTS: Mapping[str, list[dict[str, Any]]] = {"back-2.2.0": [{"latencyMs": 60}]}


def write_files(folder: Path) -> Path:
    """The mesh file and every version file beside it."""
    for name, endpoints in ENDPOINTS.items():
        service, _, version = name.partition("-")
        spec = {"version": version, "endpoints": endpoints, "faults": FAULTS.get(name, [])}
        document = {**API, "kind": "ServiceVersion", "metadata": {"name": service}, "spec": spec}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))
    services = [
        {"name": name, "artifact": f"{name}-1.0.0.yaml", "latencyMs": 1000} for name in (FRONT, MIDDLE, BACK)
    ]
    load = {"rate": 40, "users": 500, "journeys": [{"name": "visit", "path": "/do"}]}
    spec = {"entry": "front", "services": services, "load": load, "tracing": {"sampling": "100%"}}
    file = folder / "mesh.yaml"
    file.write_text(yaml.safe_dump({**API, "kind": "Mesh", "metadata": {"name": "test"}, "spec": spec}))
    return file


@dataclass(frozen=True, kw_only=True)
class World:
    """A running mesh, its two ports and its files."""

    layout: Layout
    folder: Path
    fresh: Iterator[int]

    @property
    def actuator(self) -> MeshActuator:
        return MeshActuator(self.layout.root)

    @property
    def observer(self) -> EnvoyObserver:
        return EnvoyObserver(self.layout.root)

    @cached_property
    def ingress(self) -> int:
        return self.state.ports.ingress

    @property
    def state(self) -> State:
        return store.load(self.layout)

    def deploy(self, service: ServiceName, version: Version = NEW, **more: Any) -> Deploy:
        artifact = f"{service}-{version}.yaml"
        digest = digest_of(self.folder / artifact)
        return Deploy(service=service, version=version, artifact=artifact, digest=digest, **more)

    def token(self, rollout: str, step: str = "step") -> Token:
        return Token(rollout=RolloutId(rollout), step=StepId(step), attempt=next(self.fresh))

    def tokens(self, rollout: str) -> Iterator[Token]:
        return (self.token(rollout) for _ in count())

    def visit(self, user: str = "u", request_id: str = "", service: ServiceName = FRONT) -> tuple[int, str]:
        """One request from outside: its status, and the version that answered."""
        connection = HTTPConnection("127.0.0.1", self.ingress, timeout=10)
        headers = {"Host": service, "x-user": user, **({"x-request-id": request_id} if request_id else {})}
        connection.request("GET", "/do", headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, response.headers.get("x-tg-version", "")


def expose(service: ServiceName, new: Version = NEW) -> Expose:
    return Expose(service=service, old=OLD, new=new)


def retire(service: ServiceName, version: Version = OLD) -> Retire:
    return Retire(service=service, version=version)


def eventually(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what must come about; how long it takes is not asserted."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def processes_of(layout: Layout) -> list[str]:
    """Command lines of every process that has the mesh's directory among its words."""
    listing = subprocess.run(["ps", "-eo", "stat,args", "-ww"], capture_output=True, text=True, check=True)
    lines = (line.split(None, 1) for line in listing.stdout.splitlines())
    return [args for stat, args in lines if str(layout.root) in args and not stat.startswith("Z")]
