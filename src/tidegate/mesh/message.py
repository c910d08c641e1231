"""The vocabulary of Envoy's configuration: its messages as JSON values."""

from typing import Any, Final

from tidegate.mesh.layout import Layout

Config = dict[str, Any]

LOOPBACK: Final = "127.0.0.1"
TYPES: Final = {
    "cds": "envoy.config.cluster.v3.Cluster",
    "lds": "envoy.config.listener.v3.Listener",
    "rds": "envoy.config.route.v3.RouteConfiguration",
    "rtds": "envoy.service.runtime.v3.Runtime",
}


def typed(kind: str, **fields: Any) -> Config:
    """A message that says of which type it is."""
    return {"@type": f"type.googleapis.com/{kind}", **fields}


def extension(name: str, kind: str, **fields: Any) -> Config:
    """A part that Envoy finds by its type; `name` is what its messages call it."""
    return {"name": name, "typed_config": typed(kind, **fields)}


def address(port: int, host: str = LOOPBACK) -> Config:
    """Where something listens."""
    return {"socket_address": {"address": host, "port_value": port}}


def source(layout: Layout, kind: str) -> Config:
    """The file that one kind of resource is read from, again whenever it is replaced."""
    path = layout.resource(kind)
    watched = {"path": str(path), "watched_directory": {"path": str(path.parent)}}
    return {"resource_api_version": "V3", "path_config_source": watched}


def set_header(key: str, value: str) -> Config:
    """A header that takes the place of what was sent under its name."""
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
