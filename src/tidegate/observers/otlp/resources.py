"""Who pushed: instances of versions, and browsers that run one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.observers.otlp.semantics import BROWSER_PREFIXES, SESSION
from tidegate.otlp.attributes import LONGEST, MOST_ATTRIBUTES, attributes_of

TOO_MANY: Final = f"resources and data points have at most {MOST_ATTRIBUTES} attributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One instance of one version, or a browser that runs it.

    `id` differs between any two that differ in any attribute; an `instance` without a name is called by it.
    """

    id: bytes
    version: VersionedService
    instance: str
    browser: bool
    session: str | None = None


def resource_of(
    pairs: Sequence[KeyValue], front_ends: frozenset[ServiceName], *, by_browser: bool
) -> Resource | str:
    """The resource with these attributes, or why it is none; what came `by_browser` must be a front end."""
    if len(pairs) > MOST_ATTRIBUTES:
        return TOO_MANY
    attributes = attributes_of(pairs)
    name, version = attributes.get("service.name", ""), attributes.get("service.version", "")
    instance, session = attributes.get("service.instance.id", ""), attributes.get(SESSION)
    if not (name and version) or max(map(len, (name, version, instance, session or ""))) > LONGEST:
        return f"service.name and service.version are needed, and names have at most {LONGEST} characters"
    service = ServiceName(name)
    if by_browser and service not in front_ends:
        return f"{name!r} is no front end, and browsers speak of front ends only"
    id_ = named(pairs)
    return Resource(
        id=id_,
        version=VersionedService(service=service, version=Version(version)),
        instance=instance or id_.hex(),
        browser=service in front_ends or any(key.startswith(BROWSER_PREFIXES) for key in attributes),
        session=session,
    )


def named(pairs: Iterable[KeyValue], *also: str) -> bytes:
    """A name, of fixed size, for whatever has these attributes in any order."""
    written = sorted(pair.SerializeToString(deterministic=True) for pair in pairs)
    return blake2b(repr((also, written)).encode(), digest_size=16).digest()
