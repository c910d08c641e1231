"""A shop whose payments change hands of a contract: what is on record, and calls as somebody saw them."""

import json
from collections.abc import Mapping
from typing import Any

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.conformance.exchange import Exchange
from tidegate.core.contracts.records import (
    Origin,
    Party,
    Record,
    RecordedSpecification,
    RecordedVersion,
    Records,
)
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Problem, Refused
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.mesh.tap import Tapped

WEB, PAY, API = ServiceName("web"), ServiceName("pay"), InterfaceName("pay-api")
OLD, NEW = Version("1.0.0"), Version("2.0.0")
SUBJECT = Subject(service=PAY, old=OLD, new=NEW)
ORIGIN = Origin(at="2026-01-01T00:00:00Z", by="ci")


def document(path: str, *required: str) -> dict[str, Any]:
    """An interface with one operation, whose answer must have some properties of text."""
    schema = {
        "type": "object",
        "required": list(required),
        "properties": {name: {"type": "string"} for name in required},
    }
    answer = {"description": "Done.", "content": {"application/json": {"schema": schema}}}
    operation = {"responses": {"200": answer}}
    info = {"title": "pay-api", "version": "1.0.0"}
    return {"openapi": "3.0.3", "info": info, "paths": {path: {"post": operation}}}


def specification(document: Mapping[str, Any], kind: Kind = Kind.OPENAPI) -> Specification:
    return Specification(kind=kind, name="api", root="api", documents={"api": dict(document)}, texts={})


FILES: Mapping[str, Specification] = {
    "1.json": specification(document("/v1/pay", "paid", "receipt")),
    "2.json": specification(document("/v2/pay", "paid")),
    "events.json": specification({"asyncapi": "3.0.0"}, Kind.ASYNCAPI),
    "graph": specification({}, Kind.GRAPHQL),
}


def load(file: str) -> Specification:
    if file not in FILES:
        raise Refused([Problem(message=f"{file} is damaged")])
    return FILES[file]


def offers(**versions: str) -> tuple[Provision, ...]:
    return tuple(
        Provision(interface=InterfaceName(name.replace("_", "-")), versions=tuple(numbers.split()))
        for name, numbers in versions.items()
    )


def recorded(
    service: ServiceName, version: Version, provides: tuple[Provision, ...] = (), needs: str = ""
) -> RecordedVersion:
    consumes = (Requirement(interface=API, range=needs),) if needs else ()
    return RecordedVersion(party=Party(service, version), provides=provides, consumes=consumes, origin=ORIGIN)


def specified(number: str, file: str, interface: InterfaceName = API) -> RecordedSpecification:
    return RecordedSpecification(interface=interface, version=number, file=file, origin=ORIGIN)


RECORDS: tuple[Record, ...] = (
    specified("1.0.0", "1.json"),
    specified("2.0.0", "2.json"),
    recorded(PAY, OLD, offers(pay_api="1.0.0")),
    recorded(PAY, NEW, offers(pay_api="1.0.0 2.0.0")),
    recorded(WEB, OLD, needs="^2.0.0"),
)


def records(*more: Record) -> Records:
    return Records.of((*RECORDS, *more))


def version(service: ServiceName, number: str) -> VersionedService:
    return VersionedService(service=service, version=Version(number))


def call(
    answered: Version,
    body: Mapping[str, Any] | bytes | None,
    *,
    path: str = "/v1/pay",
    status: int = 200,
    caller: VersionedService | None = None,
    unread: str = "",
) -> Tapped:
    """One call of pay."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    exchange = Exchange(
        method="POST", path=path, status=status, content_type="application/json", body=content, unread=unread
    )
    return Tapped(edge=CallEdge(caller=caller, callee=version(PAY, answered)), exchange=exchange)
