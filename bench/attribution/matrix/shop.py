"""Eight services, four calls deep, and what a release of one may do differently.

    web /browse ─► catalog  ─► pricing
                            ─► stock
        /buy    ─► cart     ─► pricing
                ─► checkout ─► payments ─► ledger
                            ─► stock

Three services can bear little more than they get: beyond that they fail a share of everybody's requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tidegate.core.ids import ServiceName, Version

OLD, NEW = Version("1.0.0"), Version("2.0.0")
ENTRY: Final = ServiceName("web")
RATE: Final = 60
"""Users' requests a second; half of them browse."""

SPARE: Final = 1.6
"""So many times of what it gets may come to a service before it is overloaded."""

OVERLOADED: Final = 0.3
"""The share of requests that an overloaded service fails."""

Spec = dict[str, Any]


def _call(service: str, path: str, sends: str, needs: str, checks: str = "") -> Spec:
    return {
        "service": service,
        "path": path,
        "sends": sends.split(),
        "needs": needs.split(),
        "checks": checks.split(),
    }


def _endpoint(requires: str, checks: str, answers: str, *calls: Spec) -> Spec:
    fields = {"requires": requires.split(), "checks": checks.split(), "answers": answers.split()}
    return {**fields, "calls": list(calls)}


def _overload(share: float) -> list[Spec]:
    """Of a service that gets this share of the users' requests."""
    return [{"errorRate": OVERLOADED, "when": {"rate": SPARE * share * RATE}}]


_QUOTE = _call("pricing", "/quote", "item", "price")

ENDPOINTS: Final[Mapping[str, Mapping[str, Spec]]] = {
    "web": {
        "/browse": _endpoint("", "", "page", _call("catalog", "/list", "item", "price have", "price have")),
        "/buy": _endpoint(
            "",
            "",
            "page",
            _call("cart", "/lines", "item", "lines price", "price"),
            _call("checkout", "/order", "amount item", "order"),
        ),
    },
    "catalog": {
        "/list": _endpoint("item", "", "price have", _QUOTE, _call("stock", "/have", "item", "have")),
    },
    "cart": {"/lines": _endpoint("item", "", "lines price", _QUOTE)},
    "checkout": {
        "/order": _endpoint(
            "amount item",
            "",
            "order",
            _call("payments", "/pay", "amount currency", "paid"),
            _call("stock", "/reserve", "item", "reserved"),
        )
    },
    "payments": {
        "/pay": _endpoint(
            "amount currency", "amount", "paid", _call("ledger", "/book", "amount currency", "booked")
        )
    },
    "ledger": {"/book": _endpoint("amount currency", "currency", "booked")},
    "pricing": {"/quote": _endpoint("item", "item", "price")},
    "stock": {
        "/have": _endpoint("item", "item", "have"),
        "/reserve": _endpoint("item", "item", "reserved"),
    },
}
LOAD: Final[Spec] = {
    "rate": RATE,
    "users": 100_000,
    "journeys": [{"name": "browse", "path": "/browse"}, {"name": "buy", "path": "/buy"}],
}
SERVICES: Final = tuple(map(ServiceName, ENDPOINTS))
LIMITS: Final[Mapping[str, list[Spec]]] = {
    "payments": _overload(0.5),
    "ledger": _overload(0.5),
    "pricing": _overload(1.0),
    "stock": _overload(1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A new version of a service: faults of its own, and what is different about its calls to `callee`.

    It makes the call `times` as often; all but the first of them it can do without.
    """

    faults: tuple[Mapping[str, Any], ...] = ()
    callee: str = ""
    retries: int = 0
    times: int = 1


HARMLESS: Final = Release()


def spec(service: str, version: Version, release: Release = HARMLESS) -> Spec:
    """The `spec` of a version's file."""
    endpoints = {path: _with(endpoint, release) for path, endpoint in ENDPOINTS[service].items()}
    return {
        "version": version,
        "latency": {"medianMs": 3, "jitter": 0.3},
        "endpoints": endpoints,
        "faults": [*LIMITS.get(service, ()), *map(dict, release.faults)],
    }


def _with(endpoint: Spec, release: Release) -> Spec:
    return {**endpoint, "calls": [made for call in endpoint["calls"] for made in _calls(call, release)]}


def _calls(call: Spec, release: Release) -> list[Spec]:
    if call["service"] != release.callee:
        return [call]
    needed = {**call, "retries": release.retries}
    return [needed, *([{**needed, "optional": True}] * (release.times - 1))]


def write(folder: Path, service: str, version: Version, name: str, release: Release = HARMLESS) -> Path:
    """The file of a version, written into `folder`."""
    return _written(folder / f"{name}.yaml", "ServiceVersion", service, spec(service, version, release))


def write_mesh(folder: Path) -> Path:
    """The file of the whole shop, with the versions that it starts with."""
    services = []
    for service in SERVICES:
        name = f"{service}-{OLD}"
        write(folder, service, OLD, name)
        services.append({"name": service, "artifact": f"{name}.yaml"})
    about = {
        "entry": ENTRY,
        "services": services,
        "tracing": {"sampling": "100%"},
        "accessLog": False,
    }
    return _written(folder / "mesh.yaml", "Mesh", "matrix", about)


def _written(path: Path, kind: str, name: str, about: Spec) -> Path:
    document = {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": about,
    }
    path.write_text(yaml.dump(document, Dumper=_Plain), encoding="utf-8")
    return path


class _Plain(yaml.SafeDumper):
    """Writes out what is said twice; the files have no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """Always."""
        del data
        return True
