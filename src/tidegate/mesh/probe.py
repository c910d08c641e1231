"""Is this very version answering: directly, or through Envoy. Bounded in bytes and time."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Final

from tidegate.mesh.routes import PROBE
from tidegate.mesh.state import Instance, ServiceState, State, process_name

SECONDS: Final = 2.0
BYTES: Final = 64 * 1024


def direct(service: ServiceState, instance: Instance) -> str | None:
    """None when the version's own port answers as that version, else why not."""
    return _ask(instance.port, {}, service, instance)


def through_envoy(state: State, service: ServiceState, instance: Instance) -> str | None:
    """None when Envoy reaches that version, else why not. Such requests are not counted as evidence."""
    headers = {"Host": service.name, PROBE: process_name(service.name, instance.version)}
    return _ask(state.ports.probe, headers, service, instance)


def _ask(port: int, headers: Mapping[str, str], service: ServiceState, instance: Instance) -> str | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers=dict(headers))
        response = connection.getresponse()
        body = response.read(BYTES)
    except (OSError, HTTPException) as error:
        return f"{process_name(service.name, instance.version)} does not answer on port {port}: {error}"
    finally:
        connection.close()
    if response.status != 200:
        return f"{process_name(service.name, instance.version)} answers {response.status} on port {port}"
    return _mismatch(body, service, instance)


def _mismatch(body: bytes, service: ServiceState, instance: Instance) -> str | None:
    try:
        said = json.loads(body)
        found = (said["service"], said["version"], said["digest"])
    except (ValueError, KeyError, TypeError):
        return f"{process_name(service.name, instance.version)}: its port answers something else"
    if found == (service.name, instance.version, instance.digest):
        return None
    return f"expected {service.name} {instance.version} {instance.digest}, found {' '.join(map(str, found))}"
