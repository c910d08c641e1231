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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from tidegate.core.errors import EffectFailed
from tidegate.mesh.admin import Admin
from tidegate.mesh.layout import Layout
from tidegate.mesh.render import INGRESS, Config
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


def acknowledged(admin: Admin, kind: str) -> str:
    """The version of a kind that Envoy serves by; empty when it has none."""
    return str(_stats(admin, kind).get(VERSIONS[kind], ""))


def publish(layout: Layout, admin: Admin, kind: str, wanted: File, last_good: File | None) -> bool:
    """Bring one kind to `wanted` and wait for the acknowledgement; False when it was so already.

    `last_good` is put back when Envoy does not take it; what lies on disk now is, when Envoy serves by it.
    """
    before = _stats(admin, kind)
    on_disk = read(layout, kind)
    served = before.get(VERSIONS[kind], "")
    if on_disk and on_disk.version == served:
        if on_disk.resources == tuple(wanted.resources):
            return False
        last_good = on_disk
    offset = _log_size(layout)
    write(layout.resource(kind), wanted.dump())
    if failure := _await_ack(admin, kind, wanted.version, before):
        if last_good:
            write(layout.resource(kind), last_good.dump())
        reason = _reason(layout, offset) if failure == "rejected" else f"no answer within {ACK_SECONDS:.0f} s"
        verb = "rejected" if failure == "rejected" else "did not acknowledge"
        raise EffectFailed(
            f"Envoy {verb} {kind} {wanted.version}: {reason}; the last good configuration is kept"
        )
    return True


def _stats(admin: Admin, kind: str) -> Mapping[str, Any]:
    names = (*(STATS[kind] + name for name in REJECTIONS), VERSIONS[kind], WARMING.get(kind, VERSIONS[kind]))
    pattern = "^(" + "|".join(name.replace(".", r"\.") for name in names) + ")$"
    return admin.stats(pattern)


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
