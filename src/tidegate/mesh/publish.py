"""Put one configuration file before Envoy and know whether it was taken.

    written ──► version_text is ours ──► acknowledged
       │
       ├──────► a reject counter moved ─► the last good file is put back at once; Envoy's reason is in its log
       └──────► nothing in time ────────► the same, and the message says that it was not acknowledged

Envoy keeps the last good configuration in memory only: a rejected file left on disk would be what it reads
after a restart, so it must not stay there for a moment longer than needed.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from tidegate.core.errors import EffectFailed
from tidegate.mesh.admin import Admin
from tidegate.mesh.layout import Layout
from tidegate.mesh.listeners import INGRESS
from tidegate.mesh.message import Config
from tidegate.mesh.store import write

ACK_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.002

# How Envoy names what it says about each kind of file.
STATS: Final = {
    "cds": "cluster_manager.cds.",
    "lds": "listener_manager.lds.",
    "rds": f"http.{INGRESS}.rds.mesh.",
    "rtds": "runtime.",
}
VERSIONS: Final = {kind: f"{prefix}version_text" for kind, prefix in STATS.items()}
WARMING: Final = {
    "cds": "cluster_manager.warming_clusters",
    "lds": "listener_manager.total_listeners_warming",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One dynamic file: its version (generation and content) and its resources."""

    version: str
    resources: Sequence[Config]

    def dump(self) -> str:
        """The text that Envoy reads."""
        return json.dumps({"version_info": self.version, "resources": list(self.resources)})


def file_of(resources: Sequence[Config], generation: int) -> File:
    """A file named by its generation and its content."""
    content = json.dumps(list(resources), sort_keys=True)
    return File(
        version=f"g{generation}-{sha256(content.encode()).hexdigest()[:12]}", resources=tuple(resources)
    )


def read(layout: Layout, kind: str) -> File | None:
    """What lies on disk, or None when there is nothing readable."""
    try:
        record = json.loads(layout.resource(kind).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return File(version=record["version_info"], resources=tuple(record["resources"]))


def acknowledged(admin: Admin) -> Mapping[str, str]:
    """The version of each kind that Envoy serves by; empty where it has none."""
    found = admin.stats(_pattern(VERSIONS.values()))
    return {kind: str(found.get(name, "")) for kind, name in VERSIONS.items()}


class Publisher:
    """Brings files before one Envoy; `last_good` gives what to put back when the file on disk is not it.

    What Envoy serves by is asked once: as long as the directory's lock is held, only this publisher moves it.
    """

    def __init__(self, layout: Layout, admin: Admin, last_good: Callable[[str], File | None]) -> None:
        self._layout = layout
        self._admin = admin
        self._last_good = last_good
        self._served = dict(acknowledged(admin))

    def publish(self, kind: str, resources: Sequence[Config], generation: int) -> bool:
        """Bring one kind to `resources` and wait for the acknowledgement; False when it was so already."""
        on_disk = read(self._layout, kind)
        good = on_disk if on_disk and on_disk.version == self._served[kind] else None
        if good and good.resources == tuple(resources):
            return False
        wanted = file_of(resources, generation)
        before, offset = _stats(self._admin, kind), _log_size(self._layout)
        write(self._layout.resource(kind), wanted.dump())
        if failure := _await_ack(self._admin, kind, wanted.version, before):
            self._put_back(kind, good or self._last_good(kind))
            raise EffectFailed(self._complaint(kind, wanted, failure, offset))
        self._served[kind] = wanted.version
        return True

    def _put_back(self, kind: str, good: File | None) -> None:
        if good:
            write(self._layout.resource(kind), good.dump())

    def _complaint(self, kind: str, wanted: File, failure: str, offset: int) -> str:
        told = {
            "rejected": lambda: f"rejected {kind} {wanted.version}: {_reason(self._layout, offset)}",
            "late": lambda: f"did not acknowledge {kind} {wanted.version} within {ACK_SECONDS:.0f} s",
        }[failure]()
        return f"Envoy {told}; the last good configuration is kept"


def _stats(admin: Admin, kind: str) -> Mapping[str, Any]:
    counters = [STATS[kind] + name for name in REJECTIONS]
    return admin.stats(_pattern([*counters, VERSIONS[kind], WARMING.get(kind, VERSIONS[kind])]))


def _pattern(names: Iterable[str]) -> str:
    return "^(" + "|".join(map(re.escape, names)) + ")$"


COMPLAINTS: Final = ("reject", "rror", "fail", "nable")
SOURCE_PLACE: Final = re.compile(r"^(\[[^\]]*\])*\s*(\[source[^\]]*\]\s*)?")

REJECTIONS: Final = ("update_rejected", "update_failure", "load_error")


def _await_ack(admin: Admin, kind: str, version: str, before: Mapping[str, Any]) -> str:
    """Empty when acknowledged, else why not: `rejected` or `late`."""
    counters = [STATS[kind] + name for name in REJECTIONS]
    deadline = time.monotonic() + ACK_SECONDS
    while time.monotonic() < deadline:
        now = _stats(admin, kind)
        if any(now.get(name, 0) > before.get(name, 0) for name in counters):
            return "rejected"
        if now.get(VERSIONS[kind]) == version and not now.get(WARMING.get(kind, ""), 0):
            return ""
        time.sleep(POLL_SECONDS)
    return "late"


def _log_size(layout: Layout) -> int:
    log = layout.log("envoy")
    return log.stat().st_size if log.exists() else 0


def _reason(layout: Layout, offset: int) -> str:
    """What Envoy said in its log since `offset`; nowhere else does it give reasons."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        with layout.log("envoy").open("rb") as stream:
            stream.seek(offset)
            said = stream.read(64 * 1024).decode("utf-8", "replace")
        if lines := [line for line in said.splitlines() if any(word in line for word in COMPLAINTS)]:
            return " ".join(SOURCE_PLACE.sub("", line) for line in lines)[:1000]
        time.sleep(0.02)
    return "no reason in its log"
